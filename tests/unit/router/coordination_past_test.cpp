#include "coordination_past.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

HistoryEntry entry(std::string what, std::string node, std::int64_t at) {
    HistoryEntry made;
    made.what = std::move(what);
    made.node = std::move(node);
    made.at = at;
    made.done = true;
    made.weight_before = 7;
    return made;
}

TEST(CoordinationPastTest, NotesComeBackAsTheyWentTheOpenOneFirst) {
    HistoryEntry odd = entry("death", "n", 5);
    odd.reason = "line\nbreak";
    const HistoryEntry open = entry("add", "m", 0);
    EXPECT_EQ(parse_notes(encode_notes(std::vector{odd, open})), (std::vector{open, odd}));
    EXPECT_TRUE(parse_notes("").empty());
    EXPECT_EQ(parse_notes("rubbish\n" + encode(odd)), std::vector{odd});
}

TEST(CoordinationPastTest, OfTooManyNotesTheOpenOneAndTheLatestAreKept) {
    std::vector<HistoryEntry> many(1'000, entry("death", std::string(60, 'x'), 5));
    many[0].at = 1;
    many.push_back(entry("add", "m", 0));
    const std::string note = encode_notes(many);
    EXPECT_LT(note.size(), 64U << 10U);
    const auto kept = parse_notes(note);
    EXPECT_GT(kept.size(), 100U);
    EXPECT_TRUE(is_open(kept.front()));
    EXPECT_EQ(kept[1].at, 5);
}

TEST(CoordinationPastTest, WhoDiedMayComeBackAndWhoWasRemovedMayNot) {
    std::deque<HistoryEntry> history{entry("death", "a", 1), entry("evict", "b", 2),
                                     entry("death", "c", 3), entry("return", "c", 4),
                                     entry("death", "d", 5), entry("remove", "d", 6)};
    history.push_back(entry("remove", "a", 7));
    history.back().done = false;
    const auto known = fallen(history, 600, 3);
    ASSERT_EQ(known.size(), 2U);
    EXPECT_EQ(known.at("a").weight, 7U);
    EXPECT_FALSE(known.at("b").flaps);
}

TEST(CoordinationPastTest, PinsOfWhoDiedAreKnownUntilAnOperatorPinsOrUnpinsTheChannel) {
    std::deque<HistoryEntry> history{entry("death", "a", 1)};
    history.back().pins = {"x", "y", "z"};
    const auto pins = [&] { return fallen(history, 600, 3).at("a").pins; };
    EXPECT_EQ(pins(), (std::vector<std::string>{"x", "y", "z"}));
    history.push_back(entry("pin", "b", 2));
    history.back().channel = "y";
    history.push_back(entry("unpin", "", 3));
    history.back().channel = "x";
    history.push_back(entry("unpin", "", 4));
    history.back().channel = "z";
    history.back().done = false;
    EXPECT_EQ(pins(), std::vector<std::string>{"z"}) << "what was refused changed nothing";
    history.push_back(entry("evict", "a", 5));
    EXPECT_TRUE(pins().empty()) << "it had none any more";
}

TEST(CoordinationPastTest, WhoFallsTooOftenWithinTheWindowFlapsUntilItIsAdded) {
    std::deque<HistoryEntry> history;
    for (const std::int64_t at : {0, 700, 1'200}) history.push_back(entry("death", "a", at + 1));
    EXPECT_FALSE(fallen(history, 600, 3).at("a").flaps) << "never three within ten minutes";
    EXPECT_TRUE(fallen(history, 600, 2).at("a").flaps);
    history.push_back(entry("death", "a", 9'000));
    EXPECT_TRUE(fallen(history, 600, 2).at("a").flaps) << "once is enough";
    history.push_back(entry("add", "a", 9'001));
    EXPECT_TRUE(fallen(history, 600, 2).empty());
    history.push_back(entry("death", "a", 9'002));
    EXPECT_FALSE(fallen(history, 600, 2).at("a").flaps);
}

}  // namespace
}  // namespace ringcast::router::detail
