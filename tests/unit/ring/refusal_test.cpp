#include "ring_world.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringcast::ring::testing {
namespace {

Errc refused(std::vector<Member> members) {
    const Outcome<Ring> outcome = Ring::genesis(std::move(members));
    EXPECT_FALSE(outcome);
    return outcome.refusal().why;
}

TEST(RefusalTest, ARingNeedsAMember) {
    EXPECT_EQ(refused({}), Errc::no_members);
    EXPECT_EQ(Ring::next(*Ring::genesis(members(2)), {}).refusal().why, Errc::no_members);
}

TEST(RefusalTest, TwoMembersCannotShareAnId) {
    const Outcome<Ring> outcome = Ring::genesis({{"b", 1, ""}, {"a", 1, ""}, {"b", 2, ""}});

    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.refusal().why, Errc::duplicate_id);
    EXPECT_EQ(outcome.refusal().what, "b");
    EXPECT_EQ(outcome.refusal().text(), "two members have one id: b");
}

TEST(RefusalTest, AWeightIsFromOneToAMillion) {
    EXPECT_EQ(refused({{"a", 0, ""}}), Errc::bad_weight);
    EXPECT_EQ(refused({{"a", weight_max + 1, ""}}), Errc::bad_weight);
    EXPECT_TRUE(Ring::genesis({{"a", weight_max, ""}}));
}

TEST(RefusalTest, ANegativeWeightArrivesAsAnAbsurdOne) {
    EXPECT_EQ(refused({{"a", static_cast<std::uint32_t>(-1), ""}}), Errc::bad_weight);
}

TEST(RefusalTest, AnIdIsPrintableAndNotEmpty) {
    EXPECT_EQ(refused({{"", 1, ""}}), Errc::bad_id);
    EXPECT_EQ(refused({{"a\n", 1, ""}}), Errc::bad_id);
    EXPECT_EQ(refused({{std::string("a\0b", 3), 1, ""}}), Errc::bad_id);
    EXPECT_EQ(refused({{"k\xc3\xb6ln", 1, ""}}), Errc::bad_id);
    EXPECT_EQ(refused({{"a\x7f", 1, ""}}), Errc::bad_id);
    EXPECT_EQ(refused({{std::string(256, 'a'), 1, ""}}), Errc::bad_id);
    EXPECT_TRUE(Ring::genesis({{std::string(255, 'a'), 1, ""}, {" ~", 1, ""}}));
}

TEST(RefusalTest, AZoneIsPrintableAndMayBeEmpty) {
    EXPECT_EQ(refused({{"a", 1, "eu\tcentral"}}), Errc::bad_zone);
    EXPECT_EQ(refused({{"a", 1, std::string(256, 'z')}}), Errc::bad_zone);
    EXPECT_TRUE(Ring::genesis({{"a", 1, ""}}));
}

TEST(RefusalTest, ThereCanBeAsManyMembersAsArcsAndNotMore) {
    std::vector<Member> many = members(arc_count + 1);
    EXPECT_EQ(refused(many), Errc::too_many_members);
    many.pop_back();

    const Outcome<Ring> full = Ring::genesis(many);

    ASSERT_TRUE(full);
    for (std::size_t i = 0; i < arc_count; ++i) {
        ASSERT_EQ(full->arcs_of(static_cast<MemberIndex>(i)), 1u);
    }
    for (std::size_t arc = 0; arc < arc_count; arc += 97) {
        const auto line = full->successors(static_cast<Arc>(arc));
        ASSERT_NE(line[0], full->owners()[arc]);
        ASSERT_NE(line[0], line[1]);
    }
    many.pop_back();
    EXPECT_TRUE(Ring::next(*full, many));
    EXPECT_TRUE(full->without(many.back().id));
}

TEST(RefusalTest, ATableHasAnOwnerForEachArc) {
    const std::vector<MemberIndex> owners(arc_count, 1);
    const auto restored = [&](std::span<const MemberIndex> table) {
        return Ring::restore(members(2), table, {}, 0);
    };

    EXPECT_TRUE(restored(owners));
    EXPECT_EQ(restored(std::span(owners).first(arc_count - 1)).refusal().why, Errc::bad_owners);
    std::vector<MemberIndex> longer = owners;
    longer.push_back(0);
    EXPECT_EQ(restored(longer).refusal().why, Errc::bad_owners);
    std::vector<MemberIndex> stranger = owners;
    stranger[4711] = 2;
    EXPECT_EQ(restored(stranger).refusal().why, Errc::bad_owners);
    EXPECT_EQ(restored(stranger).refusal().what, "owner 2");
    EXPECT_EQ(restored({}).refusal().why, Errc::bad_owners);
}

TEST(RefusalTest, StretchesTakeUpTheWholeCircle) {
    const auto restored = [&](std::vector<Stretch> stretches) {
        return Ring::restore(members(2), stretches, {}, 0);
    };

    EXPECT_TRUE(restored({{0, 1}, {1, arc_count - 1}}));
    EXPECT_EQ(restored({{0, 1}, {1, arc_count - 2}}).refusal().what, "65535 arcs");
    EXPECT_EQ(restored({{0, 1}, {1, arc_count}}).refusal().why, Errc::bad_owners);
    EXPECT_EQ(restored({{0, 0xffff'ffff}, {1, arc_count + 1}}).refusal().why, Errc::bad_owners);
    EXPECT_EQ(restored({{0, 1}, {2, arc_count - 1}}).refusal().what, "owner 2");
    EXPECT_EQ(restored({}).refusal().why, Errc::bad_owners);
}

TEST(RefusalTest, AViewWithBadMembersIsRefusedLikeAnyOther) {
    const std::vector<MemberIndex> owners(arc_count, 0);

    EXPECT_EQ(Ring::restore({}, owners, {}, 0).refusal().why, Errc::no_members);
    EXPECT_EQ(Ring::restore({{"a", 0, ""}}, owners, {}, 0).refusal().why, Errc::bad_weight);
    EXPECT_EQ(
        Ring::restore({{"b", 1, ""}, {"a", 1, ""}, {"b", 1, ""}}, owners, {}, 0).refusal().why,
        Errc::duplicate_id);
}

TEST(RefusalTest, OnlyAMemberCanDieAndNotTheLast) {
    const Ring ring = *Ring::genesis(members(1));

    EXPECT_EQ(ring.without("stranger").refusal().why, Errc::unknown_member);
    EXPECT_EQ(ring.without(node_id(0)).refusal().why, Errc::no_members);
}

TEST(RefusalTest, APinNamesAChannelAndAMember) {
    const Ring ring = *Ring::genesis(members(2));

    EXPECT_EQ(ring.with_pins({{"chat:1", "stranger"}}).refusal().why, Errc::bad_pin);
    EXPECT_EQ(ring.with_pins({{"", node_id(0)}}).refusal().why, Errc::bad_pin);
    EXPECT_EQ(ring.with_pins({{std::string(256, 'c'), node_id(0)}}).refusal().why, Errc::bad_pin);
    EXPECT_EQ(
        Ring::restore(ring.members(), ring.owners(), {{"chat:1", "stranger"}}, 0).refusal().why,
        Errc::bad_pin);
}

}  // namespace
}  // namespace ringcast::ring::testing
