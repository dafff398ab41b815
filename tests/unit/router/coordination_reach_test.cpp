#include "coordination_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// The coordinator does not reach a node that all others reach.
class ReachTest : public CoordinationTest {
protected:
    ReachTest() { player.is_next = false; }

    /// All have prepared, and this one does not reach redis-1 any more.
    void begin_fence() {
        found();
        world.register_node("redis-4", 7004);
        world.stalled = {"g-gw-2"};
        world.request(Request::Kind::add, "redis-4");
        player.tell();
        // The probe before the first fence is answered, what follows is not.
        world.unfenceable = {"10.0.0.1:7001"};
        world.stalled.clear();
        player.tell();
        ASSERT_EQ(world.record().proposal.value().stage, Stage::fence);
        world.unfenceable.clear();
        player.cut_off_from = {"10.0.0.1:7001"};
    }

    std::size_t times() const { return player.machine.status().stepped_aside; }
};

TEST_F(ReachTest, WhoCannotFenceAnOldOwnerStepsAsideAndTheNextGoesOn) {
    begin_fence();
    player.advance(1'999ms);
    EXPECT_EQ(player.count<StepAside>(), 0U);
    player.advance(1ms);
    EXPECT_EQ(player.count<StepAside>(), 1U);
    EXPECT_FALSE(player.machine.status().leading);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::fence) << "only forward";

    Player next(world);
    next.lead();
    EXPECT_EQ(world.number(), 2U);
    EXPECT_EQ(world.fences.at("10.0.0.1:7001"), 2U);
    EXPECT_EQ(world.told().back(), "add redis-4 done view=2");
}

TEST_F(ReachTest, WhoIsReachedInTimeIsFencedByTheSame) {
    begin_fence();
    player.advance(1s);
    player.cut_off_from.clear();
    player.advance(1s);
    EXPECT_EQ(world.number(), 2U);
    player.advance(60s);
    EXPECT_EQ(times(), 0U);
}

TEST_F(ReachTest, TheOnlyGatewayGoesOnTrying) {
    begin_fence();
    world.gateways.erase("g-gw-2");
    tell_and_wait(60s);
    EXPECT_EQ(times(), 0U);
    player.cut_off_from.clear();
    player.advance(2s);
    EXPECT_EQ(world.number(), 2U);
}

/// Its lease would be counted anew by each.
TEST_F(ReachTest, WhoIsTakenForDeadByMostIsWaitedForAndNotPassedOn) {
    begin_fence();
    world.silent.insert("10.0.0.1:7001");
    world.silent_have_ended = false;
    complain({"redis-1"});
    tell_and_wait(5s);
    EXPECT_EQ(times(), 0U);
    ASSERT_EQ(world.record().removals.size(), 1U);
    player.advance(3s);
    EXPECT_EQ(world.members(), (Lines{"redis-2", "redis-3", "redis-4"}));
    EXPECT_EQ(times(), 0U);
}

/// Its removal is announced and can neither end nor be lifted before the handoff goes on.
TEST_F(ReachTest, WhoWasTakenForDeadAndIsReachedAgainByTheOthersIsPassedOn) {
    begin_fence();
    world.silent.insert("10.0.0.1:7001");
    world.silent_have_ended = false;
    complain({"redis-1"});
    tell_and_wait(5s);
    ASSERT_EQ(world.record().removals.size(), 1U);
    ASSERT_EQ(times(), 0U);

    world.silent.clear();
    complain({});
    tell_and_wait(2s);
    EXPECT_EQ(times(), 1U);

    Player next(world);
    next.lead();
    next.advance(2s);
    EXPECT_EQ(world.number(), 2U);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-2", "redis-3", "redis-4"}));
}

/// It has no lease, so it is not waited for; but nobody else is there to be told.
TEST_F(ReachTest, WhoCannotTellTheOnlyMemberThatHasMovedStepsAside) {
    world.nodes.erase("redis-2");
    world.nodes.erase("redis-3");
    begin_fence();
    world.register_node("redis-1", 8001);
    player.tell();
    world.yields["redis-1"] = "3";
    tell_and_wait(1'999ms);
    EXPECT_EQ(times(), 0U);
    player.advance(1ms);
    EXPECT_EQ(times(), 1U);

    Player next(world);
    next.lead();
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-4"}));
}

/// Nobody is left to end its lease there, nor is there another member to be told of that.
TEST_F(ReachTest, AlsoWhenItsFormerAgentIsThereNoMore) {
    world.nodes.erase("redis-2");
    world.nodes.erase("redis-3");
    begin_fence();
    world.register_node("redis-1", 8001);
    tell_and_wait(2s);
    EXPECT_EQ(times(), 1U);

    Player next(world);
    next.lead();
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-4"}));
}

TEST_F(ReachTest, EachTimeItIsMorePatientUntilAHandoffIsDone) {
    begin_fence();
    for (const auto patience : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        const auto before = times();
        player.advance(patience - 1ms);
        EXPECT_EQ(times(), before) << patience.count();
        player.advance(1ms);
        EXPECT_EQ(times(), before + 1) << patience.count();
        player.lead();
    }
    player.cut_off_from.clear();
    player.advance(2s);
    ASSERT_EQ(world.number(), 2U);

    world.request(Request::Kind::remove, "redis-4");
    world.unfenceable = {"10.0.0.1:7004"};
    player.tell();
    ASSERT_EQ(world.record().proposal.value().stage, Stage::fence);
    player.advance(2s);
    EXPECT_EQ(times(), 8U);
}

TEST_F(ReachTest, WhoCannotTellHalfOfTheMembersOfARemovalStepsAside) {
    found();
    world.silent.insert("10.0.0.1:7003");
    world.silent_have_ended = false;
    player.cut_off_from = {"10.0.0.1:7001", "10.0.0.1:7002"};
    complain({"redis-3"});
    tell_and_wait(500ms);
    ASSERT_EQ(world.record().removals.size(), 1U);
    player.advance(1'900ms);
    EXPECT_EQ(times(), 0U);
    player.advance(100ms);
    EXPECT_EQ(times(), 1U);

    Player next(world);
    next.lead();
    next.advance(6s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-2"}));
}

/// To this one too many are gone, and all gateways reach them.
TEST_F(ReachTest, WhoCannotTellHalfOfTheMembersThatOthersHaveMovedStepsAsideToo) {
    found();
    player.cut_off_from = {"10.0.0.1:7001", "10.0.0.1:7002", "10.0.0.1:7003"};
    world.register_node("redis-1", 8001);
    world.register_node("redis-2", 8002);
    player.tell();
    ASSERT_EQ(world.record().removals.size(), 2U);
    world.yields = {{"redis-1", "2"}, {"redis-2", "2"}};
    tell_and_wait(1'999ms);
    EXPECT_EQ(times(), 0U);
    EXPECT_EQ(world.number(), 1U);
    player.advance(1ms);
    EXPECT_EQ(times(), 1U);

    Player next(world);
    next.lead();
    EXPECT_EQ(world.record().in_force.addresses[0], (Address{"10.0.0.1", 8001}));
    EXPECT_EQ(world.record().in_force.addresses[1], (Address{"10.0.0.1", 8002}));
}

TEST_F(ReachTest, WhoCannotTellTheOnlyMemberThatItHasMovedStepsAsideToo) {
    world.nodes.erase("redis-2");
    world.nodes.erase("redis-3");
    found();
    player.cut_off_from = {"10.0.0.1:7001"};
    world.register_node("redis-1", 8001);
    tell_and_wait(1'999ms);
    EXPECT_EQ(times(), 0U);
    player.advance(1ms);
    EXPECT_EQ(times(), 1U);

    Player next(world);
    next.lead();
    next.advance(6s);
    EXPECT_EQ(world.record().in_force.addresses[0], (Address{"10.0.0.1", 8001}));
}

TEST_F(ReachTest, WhenTooManyAreGoneThatIsNobodysFault) {
    found();
    world.silent = {"10.0.0.1:7003"};
    world.silent_have_ended = false;
    complain({"redis-3"});
    tell_and_wait(499ms);
    world.silent = {"10.0.0.1:7001", "10.0.0.1:7002", "10.0.0.1:7003"};
    player.advance(1ms);
    ASSERT_EQ(world.record().removals.size(), 1U);
    complain({"redis-1", "redis-2", "redis-3"});
    tell_and_wait(60s);
    EXPECT_EQ(times(), 0U);
}

}  // namespace
}  // namespace ringcast::router::detail
