#include "recipes/sequence.hpp"

#include "tree.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace ringcast::membership {
namespace {

TEST(SequenceTest, TheNumberIsTheLastTenDigitsAfterThePrefix) {
    EXPECT_EQ(sequence_of("c-gw1-0000000012", "c-"), 12U);
    EXPECT_EQ(sequence_of("0000000000", ""), 0U);
    EXPECT_EQ(sequence_of("c-9999999999", "c-"), 9'999'999'999U);
}

TEST(SequenceTest, NamesNotMadeByTheServiceHaveNoNumber) {
    for (const auto* name : {"", "c-", "c-12", "d-0000000012", "c-00000000-1", "c-000000001x",
                             "0000000012", "c-+000000012", "c- 000000012"}) {
        EXPECT_EQ(sequence_of(name, "c-"), std::nullopt) << name;
    }
}

TEST(SequenceTest, NamesAreSortedByTheirNumbersNotByTheirText) {
    const auto sorted =
        in_sequence({"c-a-0000000010", "c-z-0000000002", "rubbish", "c-m-0000000009"}, "c-");

    EXPECT_EQ(sorted,
              (std::vector<std::string>{"c-z-0000000002", "c-m-0000000009", "c-a-0000000010"}));
}

TEST(SequenceTest, PathsAreJoinedAndTakenApart) {
    EXPECT_EQ(join("/", "a"), "/a");
    EXPECT_EQ(join("/a", "b"), "/a/b");
    EXPECT_EQ(parent_of("/a/b"), "/a");
    EXPECT_EQ(parent_of("/a"), "/");
    EXPECT_EQ(name_of_path("/a/b"), "b");
}

TEST(SequenceTest, RandomBytesAreNeverANumberUnlessTheyEndInTenDigits) {
    for (std::uint32_t seed = 1; seed <= 2'000; ++seed) {
        std::mt19937 random(seed);
        std::string name;
        for (auto size = random() % 24; size > 0; --size) {
            name += random() % 2 == 0 ? static_cast<char>('0' + random() % 10)
                                      : static_cast<char>(random() % 256);
        }
        const auto last_other = name.find_last_not_of("0123456789");
        const auto digits =
            last_other == std::string::npos ? name.size() : name.size() - 1 - last_other;
        EXPECT_EQ(sequence_of(name, "").has_value(), digits >= 10) << "seed " << seed;
    }
}

TEST(TreeTest, PathsThatTheServiceRefusesAreRefused) {
    for (const auto* path :
         {"/", "/a", "/a/b", "/a.b", "/..a", "/a..", "/...", "/\xc3\xa4", "/a b"}) {
        EXPECT_TRUE(is_valid_path(path, false)) << path;
    }
    for (const auto* path : {"", "a", "//", "/a/", "/a//b", "/.", "/..", "/a/./b", "/a/..",
                             "/a\x1f", "/a\x7f", "/\xc2\x80", "/\xc2\x9f"}) {
        EXPECT_FALSE(is_valid_path(path, false)) << path;
    }
    EXPECT_TRUE(is_valid_path("/a/", true));
    EXPECT_FALSE(is_valid_path("/a//", true));
}

TEST(TreeTest, TheEndOfASessionIsOneTransaction) {
    Tree tree;
    Tree::Changes changes;
    std::string made;
    for (const auto* path : {"/p", "/q"}) {
        ASSERT_FALSE(tree.create(path, "", Mode::persistent, 0, 1, made, changes));
    }
    for (const auto* path : {"/p/1", "/p/2", "/q/1"}) {
        ASSERT_FALSE(tree.create(path, "", Mode::ephemeral, 7, 1, made, changes));
    }
    ASSERT_FALSE(tree.create("/q/other", "", Mode::ephemeral, 8, 1, made, changes));
    changes.clear();

    tree.end_session(7, changes);

    std::vector<std::string> names;
    Stat p;
    Stat q;
    ASSERT_FALSE(tree.children("/p", names, p));
    EXPECT_TRUE(names.empty());
    ASSERT_FALSE(tree.children("/q", names, q));
    EXPECT_EQ(names, std::vector<std::string>{"other"});
    EXPECT_EQ(p.children_changed, q.children_changed);
    EXPECT_EQ(changes.size(), 6U);
}

}  // namespace
}  // namespace ringcast::membership
