#include "coordination_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using Removal = ViewRecord::Removal;

/// Redis-2 registers at another address. What it was may live on at the former one, where the
/// coordinator may reach it or not.
class MovedMemberTest : public CoordinationTest {
protected:
    const Address former{"10.0.0.1", 7002};
    const Address latter{"10.0.0.1", 8002};

    void move() {
        world.register_node("redis-2", 8002);
        player.tell();
    }

    void silence() {
        world.silent.insert(former.text());
        world.silent_have_ended = false;
    }

    /// It has moved, and is waited for.
    void announce() {
        found();
        move();
        ASSERT_EQ(world.record().removals, (std::vector<Removal>{{"redis-2", ViewNumber{2}}}));
        ASSERT_EQ(address(), former);
    }

    void yield(std::uint64_t number) {
        world.yields["redis-2"] = std::to_string(number);
        player.tell();
    }

    Address address() const { return world.record().in_force.addresses[1]; }
    std::string reason() const { return parse_history_entry(world.history.back())->reason; }
};

TEST_F(MovedMemberTest, WhatHasEndedAtTheFormerAddressIsNotWaitedForAndNoArcMoves) {
    found();
    const ring::Ring before = world.record().in_force.ring;
    world.silent.insert(former.text());
    move();

    EXPECT_EQ(address(), latter);
    EXPECT_EQ(world.record().in_force.ring, before);
    EXPECT_TRUE(world.record().removals.empty());
    EXPECT_EQ(world.told().back(), "address redis-2 done view=3");
    EXPECT_EQ(reason(),
              "moved from 10.0.0.1:7002 to 10.0.0.1:8002; at the former address nothing listens "
              "there");
}

TEST_F(MovedMemberTest, WhatAnswersAtTheFormerAddressLosesItsLeaseFirst) {
    announce();
    player.advance(5'999ms);
    EXPECT_EQ(address(), former);
    player.advance(1ms);
    EXPECT_EQ(address(), latter);
    EXPECT_TRUE(world.record().removals.empty());
    EXPECT_GT(world.record().in_force.number, ViewNumber{2}) << "no number is given twice";
}

TEST_F(MovedMemberTest, SoDoesWhatIsSilentThere) {
    found();
    silence();
    move();
    player.advance(5'999ms);
    EXPECT_EQ(address(), former);
    player.advance(1ms);
    EXPECT_EQ(address(), latter);
}

TEST_F(MovedMemberTest, ItGoesAtOnceWhenTheAgentThereGaveUpTheLease) {
    announce();
    yield(1);
    player.advance(1s);
    EXPECT_EQ(address(), former) << "that was for another announcement";
    yield(2);
    EXPECT_EQ(address(), latter);
}

/// What was refused before may have been started since, and been given a lease.
TEST_F(MovedMemberTest, OnlyAConnectionTriedAfterTheAnnouncementShowsThatNothingListens) {
    found();
    world.silent.insert(former.text());
    die("redis-2", 7002);
    tell_and_wait(333ms);
    world.silent_have_ended = false;
    move();
    player.advance(1s);
    EXPECT_EQ(address(), former);
    world.silent_have_ended = true;
    player.advance(1s);
    EXPECT_EQ(address(), latter);
}

TEST_F(MovedMemberTest, TheLeaseIsCountedFromWhenHalfOfTheMembersWereTold) {
    world.register_node("redis-4", 7004);
    found();
    world.unfenceable = {"10.0.0.1:7003", "10.0.0.1:7004"};
    move();
    player.advance(20s);
    EXPECT_EQ(address(), former);
    world.unfenceable = {"10.0.0.1:7004"};
    player.advance(5'100ms);
    EXPECT_EQ(address(), former);
    player.advance(6s);
    EXPECT_EQ(address(), latter);
}

TEST_F(MovedMemberTest, AMemberThatComesBackAtAnotherAddressWithinTheGraceIsNotRemoved) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(400ms);
    move();
    player.advance(50ms);
    complain({});
    tell_and_wait(5s);

    EXPECT_EQ(world.members().size(), 3U);
    EXPECT_EQ(world.told().back(), "address redis-2 done view=3");
}

TEST_F(MovedMemberTest, WhoIsTakenForDeadAndComesBackElsewhereMovesInsteadByTheSameAnnouncement) {
    found();
    silence();
    complain({"redis-2"});
    tell_and_wait(500ms);
    ASSERT_EQ(world.record().removals, (std::vector<Removal>{{"redis-2", ViewNumber{2}}}));
    player.advance(3s);
    move();
    player.advance(2'900ms);
    EXPECT_EQ(address(), former);
    EXPECT_EQ(world.record().removals, (std::vector<Removal>{{"redis-2", ViewNumber{2}}}));
    player.advance(100ms);
    EXPECT_EQ(world.members().size(), 3U);
    EXPECT_EQ(address(), latter);
}

TEST_F(MovedMemberTest, WhoRegistersAtTheFormerAddressAgainStays) {
    announce();
    world.register_node("redis-2", 7002);
    player.tell();
    EXPECT_TRUE(world.record().removals.empty());
    yield(2);
    player.advance(60s);
    EXPECT_EQ(address(), former);
}

TEST_F(MovedMemberTest, WhoseEntryVanishesBeforeItCameIntoForceStaysWhereItAnswers) {
    announce();
    world.nodes.erase("redis-2");
    player.tell();
    EXPECT_TRUE(world.record().removals.empty());
    EXPECT_EQ(address(), former);
}

TEST_F(MovedMemberTest, TheNextCoordinatorCountsFromItsOwnFirstSightAndGoesOn) {
    announce();
    player.advance(5s);
    Player next(world);
    next.lead();
    next.advance(5'900ms);
    EXPECT_EQ(address(), former);
    EXPECT_EQ(world.record().removals[0].number, ViewNumber{2}) << "announced once";
    next.advance(200ms);
    EXPECT_EQ(address(), latter);
}

/// The coordinator dies after each single action, and another goes on from what the znodes hold.
TEST_F(MovedMemberTest, ACrashAfterAnyActionIsMadeGood) {
    for (std::size_t lives_for = 1; lives_for != 20; ++lives_for) {
        World fresh = world;
        Player founder(fresh);
        founder.lead();
        founder.advance(2s);
        fresh.register_node("redis-2", 8002);
        Player one(fresh);
        one.lives_for = lives_for;
        one.lead();
        one.advance(6s);
        Player next(fresh);
        next.lead();
        next.advance(6s);
        EXPECT_EQ(fresh.told(), (Lines{"genesis done view=1", "address redis-2 done view=3"}))
            << lives_for;
        EXPECT_TRUE(fresh.record().removals.empty()) << lives_for;
    }
}

/// Nothing is taken from anybody: the network need not be spared.
TEST_F(MovedMemberTest, ManyMayMoveAtOnceAndEachTakesEffectInItsTime) {
    found();
    for (const int port : {1, 2, 3}) {
        world.register_node("redis-" + std::to_string(port), 8000 + port);
        world.silent.insert("10.0.0.1:" + std::to_string(7000 + port));
    }
    complain({"redis-1", "redis-2", "redis-3"});
    player.tell();
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "address redis-1 done view=3",
                                   "address redis-2 done view=4", "address redis-3 done view=5"}));
    EXPECT_EQ(player.machine.status().mass_vanish_alarms, 0U);
}

/// There is nobody to be told, and what is silent may be a cluster of its own.
TEST_F(MovedMemberTest, WhenMostHaveMovedAndTheirHostsAreSilentAnOperatorHasToVouchForThem) {
    found();
    for (const int port : {1, 2, 3}) {
        world.register_node("redis-" + std::to_string(port), 8000 + port);
        world.silent.insert("10.0.0.1:" + std::to_string(7000 + port));
    }
    world.silent_have_ended = false;
    tell_and_wait(60s);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().removals.at(0).waits_for, "half of the members to be told");

    world.config = R"({"vanish_percent_max":100})";
    tell_and_wait(5'900ms);
    EXPECT_EQ(world.number(), 1U) << "as long as a lease, all the same";
    player.advance(100ms);
    EXPECT_EQ(world.told().size(), 4U);
    EXPECT_EQ(world.record().in_force.addresses[2], (Address{"10.0.0.1", 8003}));
}

/// Who is cut off there has nobody but its own Redis to vouch for it, and that knows better.
TEST_F(MovedMemberTest, TheOnlyMemberIsToldItselfAndGoesWhenItsLeaseHasEnded) {
    world.nodes.erase("redis-1");
    world.nodes.erase("redis-3");
    found();
    move();
    player.advance(5'999ms);
    EXPECT_EQ(world.told_of_view.at(former.text()), 2U);
    EXPECT_EQ(world.record().in_force.addresses[0], former);
    player.advance(1ms);
    EXPECT_EQ(world.record().in_force.addresses[0], latter);
}

TEST_F(MovedMemberTest, TheOnlyMemberThatCannotBeToldMayVouchForItself) {
    world.nodes.erase("redis-1");
    world.nodes.erase("redis-3");
    found();
    silence();
    move();
    complain({"redis-2"});
    tell_and_wait(60s);
    EXPECT_EQ(world.record().in_force.addresses[0], former);
    EXPECT_EQ(player.machine.status().stepped_aside, 0U) << "no other would reach it";
}

TEST_F(MovedMemberTest, NothingElseIsBegunMeanwhile) {
    announce();
    world.request(Request::Kind::remove, "redis-1");
    player.tell();
    EXPECT_FALSE(world.record().proposal);
    EXPECT_EQ(player.machine.status().waiting,
              "it waits until redis-2, which has moved, has no lease at its former address");
    yield(2);
    EXPECT_EQ(world.members(), (Lines{"redis-2", "redis-3"}));
}

TEST_F(MovedMemberTest, AnOldOwnerThatMovesInTheFenceIsFencedWhereItWas) {
    found();
    world.register_node("redis-4", 7004);
    world.unfenceable = {former.text()};
    world.request(Request::Kind::add, "redis-4");
    player.tell();
    ASSERT_EQ(world.record().proposal.value().stage, Stage::fence);
    world.unfenceable.clear();
    move();
    player.advance(1s);
    EXPECT_EQ(world.number(), 2U);
    EXPECT_EQ(world.fences.at(former.text()), 2U);
    player.advance(6s);
    EXPECT_EQ(address(), latter);
}

TEST_F(MovedMemberTest, WhereThatIsNotPossibleTheHandoffGoesOnWhenItsLeaseHasEndedThere) {
    found();
    world.register_node("redis-4", 7004);
    world.unfenceable = {former.text()};
    world.request(Request::Kind::add, "redis-4");
    player.tell();
    ASSERT_EQ(world.record().proposal.value().stage, Stage::fence);
    silence();
    move();
    ASSERT_EQ(world.record().removals, (std::vector<Removal>{{"redis-2", ViewNumber{3}}}));
    player.advance(5'900ms);
    EXPECT_EQ(world.number(), 1U);
    player.advance(200ms);
    EXPECT_EQ(world.members().size(), 4U);
    EXPECT_EQ(address(), latter);
}

}  // namespace
}  // namespace ringcast::router::detail
