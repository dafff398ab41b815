#include "coordination_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using Removal = ViewRecord::Removal;

/// A member that nobody reaches, though its host does not say that it has ended: frozen, or cut
/// off.
class RemovalTest : public CoordinationTest {
protected:
    RemovalTest() { world.silent_have_ended = false; }

    void freeze(const std::string& id, int port) {
        world.silent.insert("10.0.0.1:" + std::to_string(port));
        complain({id});
    }

    /// Redis-2 is frozen, and its removal announced.
    void announce() {
        found();
        freeze("redis-2", 7002);
        tell_and_wait(500ms);
        ASSERT_EQ(world.record().removals, (std::vector<Removal>{{"redis-2", ViewNumber{2}}}));
        ASSERT_EQ(world.number(), 1U);
    }

    void yield(const std::string& id, std::uint64_t number) {
        world.yields[id] = std::to_string(number);
        player.tell();
    }
};

TEST_F(RemovalTest, ItIsAnnouncedAfterTheGraceAndRemovedWhenItsLeaseHasEnded) {
    announce();

    player.advance(5'999ms);
    EXPECT_EQ(world.number(), 1U);
    player.advance(1ms);

    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_TRUE(world.record().removals.empty());
    EXPECT_GT(world.record().in_force.number, ViewNumber{2}) << "no number is given twice";
    EXPECT_EQ(parse_history_entry(world.history.back())->reason,
              "neither the coordinator nor most gateways reach it; its lease has ended");
}

TEST_F(RemovalTest, ItIsRemovedAtOnceWhenItsAgentSaysThatItGaveUpTheLease) {
    announce();
    player.advance(700ms);
    EXPECT_EQ(world.number(), 1U);

    yield("redis-2", 2);

    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_EQ(parse_history_entry(world.history.back())->reason,
              "neither the coordinator nor most gateways reach it; it gave up its lease");
}

TEST_F(RemovalTest, AnAcknowledgementOfAnEarlierAnnouncementCountsForNothing) {
    announce();
    yield("redis-2", 1);
    world.yields["redis-2"] = "2nd";
    player.tell();
    world.yields["redis-2"] = "";
    player.tell();
    yield("redis-3", 2);
    player.advance(1s);
    EXPECT_EQ(world.number(), 1U);
}

TEST_F(RemovalTest, AProbeThatIsAnsweredLiftsTheRemoval) {
    announce();
    player.advance(2s);
    world.silent.clear();
    player.advance(2s);

    EXPECT_TRUE(world.record().removals.empty());
    EXPECT_EQ(world.record().removals_changed, ViewNumber{3});
    EXPECT_EQ(world.number(), 1U);
    yield("redis-2", 2);
    player.advance(60s);
    EXPECT_EQ(world.number(), 1U);
}

TEST_F(RemovalTest, SoDoGatewaysThatReachItAgain) {
    announce();
    complain({});
    tell_and_wait(0s);
    EXPECT_TRUE(world.record().removals.empty());
}

TEST_F(RemovalTest, WhoFallsSilentAgainIsAnnouncedAnewAndWaitsAsLong) {
    announce();
    player.advance(5s);
    world.silent.clear();
    player.advance(2s);
    ASSERT_TRUE(world.record().removals.empty());
    yield("redis-2", 2);

    freeze("redis-2", 7002);
    tell_and_wait(2s);
    EXPECT_EQ(world.record().removals, (std::vector<Removal>{{"redis-2", ViewNumber{4}}}));
    player.advance(4s);
    EXPECT_EQ(world.number(), 1U);
    player.advance(3s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

/// The lease is certain to end only when whoever renews it without ZooKeeper would have heard.
TEST_F(RemovalTest, TheLeaseIsCountedFromWhenHalfOfTheMembersWereTold) {
    world.register_node("redis-4", 7004);
    found();
    world.unfenceable = {"10.0.0.1:7003", "10.0.0.1:7004"};
    freeze("redis-2", 7002);
    tell_and_wait(20s);
    EXPECT_EQ(world.number(), 1U);
    ASSERT_EQ(player.machine.status().removals.size(), 1U);
    EXPECT_EQ(player.machine.status().removals[0].waits_for, "half of the members to be told");
    EXPECT_FALSE(player.machine.status().removals[0].lease_ends);

    world.unfenceable = {"10.0.0.1:7004"};
    player.advance(5'100ms);
    EXPECT_EQ(player.machine.status().removals.at(0).waits_for, "the end of its lease");
    EXPECT_EQ(world.number(), 1U);
    player.advance(6s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3", "redis-4"}));
    EXPECT_TRUE(player.machine.status().removals.empty());
}

TEST_F(RemovalTest, MembersAreToldOfTheAnnouncementUnderItsNumber) {
    announce();
    EXPECT_EQ(world.told_of_view.at("10.0.0.1:7001"), 2U);
    EXPECT_EQ(world.told_of_view.at("10.0.0.1:7003"), 2U);
    world.silent.clear();
    player.advance(2s);
    EXPECT_EQ(world.told_of_view.at("10.0.0.1:7001"), 3U) << "that it is lifted, too";
    EXPECT_EQ(world.told_of_view.at("10.0.0.1:7002"), 3U);
}

TEST_F(RemovalTest, ARefusedConnectionIsNoEndWhileAnAgentAnnouncesTheNode) {
    world.silent_have_ended = true;
    announce();
    player.advance(1s);
    EXPECT_EQ(world.number(), 1U) << "somebody may refuse in its name";

    world.nodes.erase("redis-2");
    player.tell();
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_EQ(parse_history_entry(world.history.back())->reason,
              "neither the coordinator nor most gateways reach it; nothing listens there");
}

/// What was refused before may have been started since, and been given a lease.
TEST_F(RemovalTest, OnlyAConnectionTriedAfterTheAnnouncementShowsThatNothingListens) {
    found();
    world.silent_have_ended = true;
    world.nodes.erase("redis-2");
    freeze("redis-2", 7002);
    tell_and_wait(499ms);
    ASSERT_TRUE(world.record().removals.empty());
    world.silent_have_ended = false;
    player.advance(1s);
    EXPECT_EQ(world.record().removals.size(), 1U);
    EXPECT_EQ(world.number(), 1U);

    world.silent_have_ended = true;
    player.advance(1s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

TEST_F(RemovalTest, TheNextCoordinatorCountsFromItsOwnFirstSight) {
    announce();
    player.advance(5s);
    Player next(world);
    next.lead();
    next.advance(5'900ms);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(world.record().removals[0].number, ViewNumber{2}) << "announced once";
    next.advance(200ms);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

TEST_F(RemovalTest, TheNextCoordinatorBelievesAnAcknowledgementThatCameBefore) {
    announce();
    world.yields["redis-2"] = "2";
    Player next(world);
    next.lead();
    EXPECT_EQ(world.number(), 1U) << "it has to see for itself that the member is dead";
    next.advance(500ms);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

TEST_F(RemovalTest, TheNextCoordinatorLiftsARemovalOfAMemberThatAnswers) {
    announce();
    world.silent.clear();
    complain({});
    Player next(world);
    next.lead();
    EXPECT_TRUE(world.record().removals.empty());
}

TEST_F(RemovalTest, SeveralAreAnnouncedTogetherAndEachIsRemovedInItsTime) {
    world.register_node("redis-4", 7004);
    found();
    freeze("redis-1", 7001);
    freeze("redis-2", 7002);
    complain({"redis-1", "redis-2"});
    tell_and_wait(500ms);
    ASSERT_EQ(world.record().removals,
              (std::vector<Removal>{{"redis-1", ViewNumber{2}}, {"redis-2", ViewNumber{2}}}));

    yield("redis-2", 2);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3", "redis-4"}));
    ASSERT_EQ(world.record().removals, (std::vector<Removal>{{"redis-1", ViewNumber{2}}}));
    player.advance(6s);
    EXPECT_EQ(world.members(), (Lines{"redis-3", "redis-4"}));
}

TEST_F(RemovalTest, WhenTooManyAreGoneNobodyIsAnnounced) {
    found();
    freeze("redis-1", 7001);
    freeze("redis-2", 7002);
    complain({"redis-1", "redis-2"});
    tell_and_wait(60s);
    EXPECT_TRUE(world.record().removals.empty());
    EXPECT_EQ(world.number(), 1U);
}

TEST_F(RemovalTest, NothingElseIsBegunMeanwhile) {
    announce();
    world.request(Request::Kind::remove, "redis-1");
    player.tell();
    EXPECT_FALSE(world.record().proposal);
    EXPECT_EQ(player.machine.status().waiting,
              "it waits until redis-2, whose removal is announced, has gone or answers");

    yield("redis-2", 2);
    EXPECT_EQ(world.members(), Lines{"redis-3"});
}

TEST_F(RemovalTest, AnOldOwnerThatFreezesInTheFenceIsGoneWithoutOnlyWhenItsLeaseHasEnded) {
    found();
    world.register_node("redis-4", 7004);
    player.tell();
    world.unfenceable = {"10.0.0.1:7002"};
    world.request(Request::Kind::add, "redis-4");
    player.tell();
    ASSERT_EQ(world.record().proposal.value().stage, Stage::fence);
    freeze("redis-2", 7002);
    tell_and_wait(1s);
    ASSERT_EQ(world.record().removals, (std::vector<Removal>{{"redis-2", ViewNumber{3}}}));
    EXPECT_EQ(world.number(), 1U);
    player.advance(4s);
    EXPECT_EQ(world.number(), 1U);

    player.advance(3s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3", "redis-4"}));
    EXPECT_TRUE(world.record().removals.empty());
}

}  // namespace
}  // namespace ringcast::router::detail
