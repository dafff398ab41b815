// When most members are gone at once, none is removed: what that means while the members themselves
// change. Without a handoff it is in coordination_death_test.cpp.
#include "coordination_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// Redis-4 is to join the members from redis-1 on.
class GuardTest : public CoordinationTest {
protected:
    /// It stands still in prepare.
    void propose(int members) {
        for (int i = members + 1; i <= 3; ++i) world.nodes.erase("redis-" + std::to_string(i));
        found();
        world.register_node("redis-4", 7004);
        world.stalled = {"g-gw-2"};
        world.request(Request::Kind::add, "redis-4");
        player.tell();
        ASSERT_EQ(world.record().proposal.value().stage, Stage::prepare);
    }

    /// It stands still in fence: redis-1 cannot be told.
    void fence(int members) {
        propose(members);
        world.unfenceable = {"10.0.0.1:7001"};
        world.stalled.clear();
        player.tell();
        ASSERT_EQ(world.record().proposal.value().stage, Stage::fence);
    }

    void all_die(const std::vector<int>& numbers) {
        Lines ids;
        for (const int i : numbers) {
            ids.push_back("redis-" + std::to_string(i));
            die(ids.back(), 7000 + i);
        }
        complain(ids);
        tell_and_wait(2s);
    }

    void all_are_back(const std::vector<int>& numbers) {
        for (const int i : numbers) world.register_node("redis-" + std::to_string(i), 7000 + i);
        world.silent.clear();
        world.unfenceable.clear();
        complain({});
        tell_and_wait(2s);
    }

    std::uint64_t alarms() const { return player.machine.status().mass_vanish_alarms; }
};

TEST_F(GuardTest, WhoJoinsIsThereToTakeOverFromTheOnlyMemberThatDiesInTheFence) {
    fence(1);
    all_die({1});
    EXPECT_EQ(world.members(), Lines{"redis-4"});
    EXPECT_EQ(alarms(), 0U);
}

TEST_F(GuardTest, WhoJoinsIsCountedWhenMembersDieInTheFence) {
    fence(3);
    all_die({1, 2});
    EXPECT_EQ(world.members(), (Lines{"redis-3", "redis-4"})) << "two of four";
    EXPECT_EQ(alarms(), 0U);
}

TEST_F(GuardTest, WhoJoinsAndDiesInTheFenceIsCountedToo) {
    fence(2);
    all_die({1, 4});
    EXPECT_EQ(world.record().proposal.value().stage, Stage::fence) << "two of three";
    EXPECT_TRUE(world.record().removals.empty());
}

TEST_F(GuardTest, WhenTooManyAreGoneInTheFenceTheAlarmIsRaisedOnceAndItGoesOnWhenTheyAreBack) {
    fence(3);
    all_die({1, 2, 3});
    player.advance(60s);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::fence);
    EXPECT_TRUE(world.record().removals.empty());
    EXPECT_EQ(alarms(), 1U);

    all_are_back({1, 2, 3});
    EXPECT_EQ(world.members().size(), 4U);
    EXPECT_EQ(alarms(), 1U);
}

TEST_F(GuardTest, BeforeTheFenceWhoWasToJoinDoesNotKeepAMemberThatDiesWithIt) {
    propose(2);
    all_die({1, 4});
    EXPECT_EQ(world.members(), Lines{"redis-2"}) << "one of two";
    EXPECT_EQ(alarms(), 0U);
}

TEST_F(GuardTest, BeforeTheFenceAProposalIsDroppedHoweverManyDieAndTheRequestWaitsForThem) {
    propose(3);
    world.stalled.clear();
    all_die({1, 2, 3});
    EXPECT_FALSE(world.record().proposal);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(world.queue.size(), 1U);
    EXPECT_EQ(alarms(), 1U);

    player.advance(200s);
    all_are_back({1, 2, 3});
    EXPECT_EQ(world.members().size(), 4U);
    EXPECT_EQ(world.told().back(), "add redis-4 done view=3");
}

}  // namespace
}  // namespace ringcast::router::detail
