#include "ring_world.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>
#include <string_view>

namespace ringcast::ring::testing {
namespace {

/// Distinct, never the owner, of new zones as long as there are any, and as many as there can be.
void check_lines(const Ring& ring) {
    const std::vector<Member>& all = ring.members();
    std::map<std::string_view, std::size_t> zone_numbers;
    std::vector<std::size_t> zone_of;
    for (const Member& member : all) {
        zone_of.push_back(zone_numbers.emplace(member.zone, zone_numbers.size()).first->second);
    }
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        std::array<MemberIndex, 1 + successor_count> line{ring.owners()[arc]};
        std::size_t length = 1;
        std::size_t zones = 1;
        for (const MemberIndex next : ring.successors(static_cast<Arc>(arc))) {
            if (length == all.size()) {
                if (next != no_member) RC_FAIL("more in line than there are members");
                continue;
            }
            if (next >= all.size()) RC_FAIL("a place is empty");
            bool new_zone = true;
            for (std::size_t i = 0; i < length; ++i) {
                if (line[i] == next) RC_FAIL("twice in line");
                if (zone_of[line[i]] == zone_of[next]) new_zone = false;
            }
            if (!new_zone && zones < zone_numbers.size()) RC_FAIL("a zone twice before all once");
            line[length++] = next;
            if (new_zone) ++zones;
        }
    }
}

/// What follows when a member dies: each that may take over gets the floor or the ceiling of its
/// weighted part of what the dead one had.
void check_loss(const Ring& ring, MemberIndex dead) {
    const std::vector<Member>& all = ring.members();
    const bool other_zones = std::any_of(all.begin(), all.end(), [&](const Member& member) {
        return member.zone != all[dead].zone;
    });
    const auto may_follow = [&](std::size_t member) {
        return member != dead && (!other_zones || all[member].zone != all[dead].zone);
    };
    std::uint64_t weight = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (may_follow(i)) weight += all[i].weight;
    }
    const std::uint64_t lost = ring.arcs_of(dead);

    const Ring after = *ring.without(all[dead].id);

    const Pair pair(ring, after);
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        const bool was_lost = ring.owners()[arc] == dead;
        const MemberIndex heir =
            was_lost ? ring.successors(static_cast<Arc>(arc))[0] : ring.owners()[arc];
        if (pair.owner_after[arc] != pair.number_before[heir]) RC_FAIL("not the first in line");
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i == dead) continue;
        const auto index = static_cast<MemberIndex>(i);
        const std::uint64_t gained = after.arcs_of(*after.find(all[i].id)) - ring.arcs_of(index);
        const std::uint64_t scaled = may_follow(i) ? lost * all[i].weight : 0;
        RC_ASSERT(gained == scaled / weight ||
                  (gained == scaled / weight + 1 && scaled % weight != 0));
    }
}

RC_GTEST_PROP(SuccessorsTest, LinesAreDistinctAndSpreadOverZones, ()) {
    Ring ring = *Ring::genesis(some_members());
    check_lines(ring);

    ring = *Ring::next(ring, changed(ring.members(), *any_change()));
    check_lines(ring);
}

RC_GTEST_PROP(SuccessorsTest, LosingAMemberSpreadsItsArcsOverTheOthersByWeight, ()) {
    Ring ring = *Ring::genesis(some_members());
    RC_PRE(ring.members().size() > 1u);
    const auto changes = *rc::gen::resize(4, rc::gen::container<std::vector<Change>>(any_change()));
    for (const Change& change : changes) ring = *Ring::next(ring, changed(ring.members(), change));
    RC_PRE(ring.members().size() > 1u);

    const auto dead = *rc::gen::inRange<std::size_t>(0, ring.members().size());
    check_loss(ring, static_cast<MemberIndex>(dead));
}

TEST(SuccessorsTest, AllOthersTakeOverTheSameWhoeverDies) {
    const Ring ring = *Ring::genesis(members(10));

    for (MemberIndex dead = 0; dead < 10; ++dead) check_loss(ring, dead);
}

TEST(SuccessorsTest, TwoDeathsInARowSpreadToo) {
    const Ring hurt = *Ring::genesis(zoned_members(30, 3))->without(node_id(4));

    check_loss(hurt, 11);
    check_lines(*hurt.without(hurt.members()[11].id));
}

/// How often each member stands in each column.
std::array<std::vector<std::size_t>, successor_count> columns(const Ring& ring) {
    std::array<std::vector<std::size_t>, successor_count> counts;
    counts.fill(std::vector<std::size_t>(ring.members().size(), 0));
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        const auto line = ring.successors(static_cast<Arc>(arc));
        for (std::size_t column = 0; column < successor_count; ++column) {
            if (line[column] != no_member) ++counts[column][line[column]];
        }
    }
    return counts;
}

TEST(SuccessorsTest, EachColumnIsBalancedAmongEqualMembers) {
    for (const std::size_t count : {4u, 10u, 100u, 1000u}) {
        const double average = static_cast<double>(arc_count) / static_cast<double>(count);
        const Ring ring = *Ring::genesis(members(count));
        for (const std::vector<std::size_t>& column : columns(ring)) {
            const auto [least, most] = std::minmax_element(column.begin(), column.end());
            // One arc for rounding, and one in thirty for the last few that nobody else could take.
            EXPECT_GE(static_cast<double>(*least), average * 29 / 30 - 1) << count;
            EXPECT_LE(static_cast<double>(*most), average * 31 / 30 + 1) << count;
        }
    }
}

TEST(SuccessorsTest, EachColumnIsBalancedAcrossEqualZones) {
    for (const std::size_t zones : {2u, 3u, 5u}) {
        const std::size_t count = zones * 8;
        const double average = static_cast<double>(arc_count) / static_cast<double>(count);
        const Ring ring = *Ring::genesis(zoned_members(count, zones));
        for (const std::vector<std::size_t>& column : columns(ring)) {
            const auto [least, most] = std::minmax_element(column.begin(), column.end());
            EXPECT_GE(static_cast<double>(*least), average * 29 / 30 - 1) << zones;
            EXPECT_LE(static_cast<double>(*most), average * 31 / 30 + 1) << zones;
        }
    }
}

TEST(SuccessorsTest, WithThreeMembersBothOthersAreInLineEverywhere) {
    const Ring ring = *Ring::genesis(members(3));

    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        const auto line = ring.successors(static_cast<Arc>(arc));
        ASSERT_NE(line[0], line[1]);
        ASSERT_EQ(line[0] + line[1] + ring.owners()[arc], 0 + 1 + 2);
        ASSERT_EQ(line[2], no_member);
    }
}

TEST(SuccessorsTest, ANewMemberDisturbsFewLines) {
    const Ring before = *Ring::genesis(members(50));
    const Ring after = *Ring::next(before, members(51));

    std::size_t disturbed = 0;
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        if (owner_id(before, arc) != owner_id(after, arc)) continue;
        const MemberIndex was = before.successors(static_cast<Arc>(arc))[0];
        const MemberIndex is = after.successors(static_cast<Arc>(arc))[0];
        if (before.members()[was].id != after.members()[is].id) ++disturbed;
    }

    // One in fifty has to change for the new one to be in line at all.
    EXPECT_LT(disturbed, arc_count / 10);
}

TEST(SuccessorsTest, OneHeavyMemberAndAFarSmallZoneDoNotUpsetTheLine) {
    std::vector<Member> skewed = members(40, 1);
    skewed[17].weight = weight_max;
    skewed[3].zone = "far";

    const Ring ring = *Ring::genesis(skewed);

    check_lines(ring);
    for (MemberIndex dead = 0; dead < 40; ++dead) check_loss(ring, dead);
}

}  // namespace
}  // namespace ringcast::ring::testing
