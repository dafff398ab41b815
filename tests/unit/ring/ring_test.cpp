#include "ringcast/ring/ring.hpp"

#include "ring_world.hpp"
#include "ringcast/ring/diff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace ringcast::ring::testing {
namespace {

TEST(RingTest, TheFirstRingHasOneBlockAMember) {
    const Ring ring = *Ring::genesis(members(3));

    std::size_t borders = 0;
    for (std::size_t arc = 1; arc < arc_count; ++arc) {
        if (ring.owners()[arc] != ring.owners()[arc - 1]) ++borders;
    }
    EXPECT_EQ(borders, 2u);
    EXPECT_EQ(ring.arcs_of(0), 21'846u);
    EXPECT_EQ(ring.arcs_of(1), 21'845u);
    EXPECT_EQ(ring.arcs_of(2), 21'845u);
}

TEST(RingTest, ASingleMemberOwnsEverythingAndHasNoSuccessor) {
    const Ring ring = *Ring::genesis(members(1));

    EXPECT_EQ(ring.arcs_of(0), arc_count);
    EXPECT_EQ(ring.owner("anything"), 0);
    EXPECT_EQ(ring.successors(0), (std::array{no_member, no_member, no_member}));
}

TEST(RingTest, MembersAreSortedById) {
    const Ring ring = *Ring::genesis({{"c", 3, "z"}, {"a", 1, ""}, {"b", 2, ""}});

    EXPECT_EQ(ring.members(), (std::vector<Member>{{"a", 1, ""}, {"b", 2, ""}, {"c", 3, "z"}}));
    EXPECT_EQ(ring.find("b"), MemberIndex{1});
    EXPECT_EQ(ring.find("bb"), std::nullopt);
    EXPECT_EQ(ring.find(""), std::nullopt);
}

TEST(RingTest, TheOwnerOfAChannelIsTheOwnerOfItsArc) {
    const Ring ring = *Ring::genesis(members(7), 42);

    for (int i = 0; i < 1000; ++i) {
        const std::string channel = "chat:room-" + std::to_string(i);
        ASSERT_EQ(ring.arc(channel), arc_at(point(channel, 42)));
        ASSERT_EQ(ring.owner(channel), ring.owner_of(ring.arc(channel)));
        ASSERT_EQ(ring.owner(channel), ring.owners()[ring.arc(channel)]);
    }
}

TEST(RingTest, TheSeedChangesWhereChannelsLieAndTheDigest) {
    const Ring one = *Ring::genesis(members(5), 1);
    const Ring two = *Ring::genesis(members(5), 2);

    EXPECT_NE(one.arc("chat:room"), two.arc("chat:room"));
    EXPECT_NE(one.digest(), two.digest());
    EXPECT_EQ(Ring::next(two, members(6))->seed(), 2u);
    EXPECT_EQ(two.without(node_id(0))->seed(), 2u);
}

TEST(RingTest, RingsThatRouteAlikeButDifferInAMemberDiffer) {
    std::vector<Member> other_zone = members(2);
    other_zone[1].zone = "elsewhere";

    EXPECT_NE(*Ring::genesis(members(2, 1)), *Ring::genesis(members(2, 2)));
    EXPECT_NE(*Ring::genesis(members(2)), *Ring::genesis(other_zone));
}

TEST(RingTest, ANewMemberTakesFromAllAndOnlyItGains) {
    const Ring before = *Ring::genesis(members(10));

    const Ring after = *Ring::next(before, members(11));

    const Diff changes = diff(before, after);
    EXPECT_EQ(changes.runs.size(), 10u);
    EXPECT_EQ(changes.arcs_moved(), 5957u);  // 65,536 / 11 and one of the nine that are left over
    for (const ring::Run& run : changes.runs) EXPECT_EQ(after.members()[run.to].id, node_id(10));
}

TEST(RingTest, AWeightThatRisesAndFallsMovesTheDifferenceOnly) {
    std::vector<Member> heavier = members(3, 1);
    heavier[1].weight = 2;
    const Ring before = *Ring::genesis(members(3, 1));

    const Ring after = *Ring::next(before, heavier);
    const Ring again = *Ring::next(after, members(3, 1));

    EXPECT_EQ(after.arcs_of(1), 32'768u);
    EXPECT_EQ(diff(before, after).arcs_moved(), 32'768u - 21'845u);
    EXPECT_EQ(diff(after, again).arcs_moved(), 32'768u - again.arcs_of(1));
}

TEST(RingTest, AMemberTooLightForAnArcStaysAMember) {
    std::vector<Member> skewed = {
        {"feather", 1, ""}, {"iron", weight_max, ""}, {"lead", weight_max, ""}};

    const Ring ring = *Ring::genesis(skewed);

    EXPECT_EQ(ring.arcs_of(0), 0u);
    EXPECT_EQ(ring.arcs_of(1) + ring.arcs_of(2), arc_count);
    EXPECT_EQ(ring.successors(0)[1], 0) << "it is in line behind the other heavy one";
    skewed.erase(skewed.begin() + 1, skewed.end());
    EXPECT_EQ(Ring::next(ring, skewed)->arcs_of(0), arc_count);
    EXPECT_EQ(arcs_moved(ring, *ring.without("feather")), 0);
}

TEST(RingTest, ItsStretchesAreItsOwnersInShort) {
    const Ring ring = *Ring::genesis(members(7))->without(node_id(3));

    std::vector<MemberIndex> owners;
    MemberIndex before = no_member;
    for (const Stretch& stretch : ring.stretches()) {
        EXPECT_NE(stretch.owner, std::exchange(before, stretch.owner));
        owners.insert(owners.end(), stretch.length, stretch.owner);
    }

    EXPECT_TRUE(std::ranges::equal(owners, ring.owners()));
    EXPECT_EQ(*Ring::restore(ring.members(), ring.stretches(), {}, 0), ring);
}

TEST(RingTest, AViewMayNameItsMembersInAnyOrder) {
    const Ring ring = *Ring::genesis(members(3));
    const std::vector<Member> turned(ring.members().rbegin(), ring.members().rend());
    std::vector<MemberIndex> owners;
    for (const MemberIndex owner : ring.owners())
        owners.push_back(static_cast<MemberIndex>(2 - owner));

    EXPECT_EQ(*Ring::restore(turned, owners, {}, 0), ring);
    owners[5] = 3;
    EXPECT_EQ(Ring::restore(turned, owners, {}, 0).refusal().why, Errc::bad_owners);
}

TEST(RingTest, FairnessReturnsAfterADeath) {
    const Ring whole = *Ring::genesis(members(7));
    const Ring hurt = *whole.without(node_id(3));

    const Ring healed = *Ring::next(hurt, hurt.members());

    EXPECT_EQ(arcs_moved(hurt, healed), movement_min(hurt, hurt.members()));
    for (MemberIndex i = 0; i < 6; ++i) {
        EXPECT_GE(healed.arcs_of(i), 10'922u);
        EXPECT_LE(healed.arcs_of(i), 10'923u);
    }
}

TEST(RingTest, ThreadsMayReadOneRingAndAskForItsSuccessorsAtOnce) {
    const Ring ring = *Ring::genesis(zoned_members(20, 3));
    const Ring reference = *Ring::genesis(zoned_members(20, 3));
    std::atomic<int> differences = 0;
    std::vector<std::thread> threads;

    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&differences, &reference, copy = ring] {
            for (std::size_t arc = 0; arc < arc_count; arc += 13) {
                const Arc one = static_cast<Arc>(arc);
                if (copy.successors(one) != reference.successors(one)) ++differences;
                if (copy.owner_of(one) != reference.owner_of(one)) ++differences;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(differences, 0);
}

}  // namespace
}  // namespace ringcast::ring::testing
