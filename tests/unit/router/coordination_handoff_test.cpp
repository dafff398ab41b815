#include "coordination_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr auto kind_add = Request::Kind::add;
constexpr auto kind_remove = Request::Kind::remove;

/// A handoff that stands still in a stage: g-gw-2 acknowledges nothing, or an old owner does not
/// answer.
class HandoffTest : public CoordinationTest {
protected:
    HistoryEntry last_told() const { return parse_history_entry(world.history.back()).value(); }

    std::string begin() {
        found();
        world.register_node("redis-4", 7004);
        world.stalled = {"g-gw-2"};
        std::string name = world.request(kind_add, "redis-4");
        player.tell();
        EXPECT_TRUE(world.record().proposal);
        return name;
    }

    /// All have prepared, and redis-1 cannot be fenced.
    std::string begin_fence() {
        std::string name = begin();
        world.unfenceable = {"10.0.0.1:7001"};
        world.stalled.clear();
        player.tell();
        EXPECT_EQ(world.record().proposal.value().stage, Stage::fence);
        return name;
    }

    void go_on() {
        world.stalled.clear();
        world.unfenceable.clear();
        tell_and_wait(1s);
    }
};

TEST_F(HandoffTest, NothingIsFencedBeforeAllGatewaysHavePrepared) {
    const std::string name = begin();

    const ViewRecord proposed = world.record();
    EXPECT_EQ(proposed.in_force.number, ViewNumber{1});
    EXPECT_EQ(proposed.proposal.value().stage, Stage::prepare);
    EXPECT_EQ(proposed.proposal.value().next.number, ViewNumber{2});
    EXPECT_EQ(proposed.proposal.value().rate, 20'000U);
    EXPECT_EQ(proposed.request, name);
    const HandoffProgress progress = player.machine.status().handoff.value();
    EXPECT_EQ(progress.stage, "prepare");
    EXPECT_EQ(progress.request, name);
    EXPECT_EQ(progress.waiting_for, Lines{"g-gw-2"});
    EXPECT_TRUE(std::ranges::all_of(world.fences, [](const auto& one) { return one.second == 0; }));
    EXPECT_EQ(world.queue.size(), 1U);

    go_on();

    const ViewRecord after = world.record();
    EXPECT_EQ(after.in_force, proposed.proposal.value().next);
    EXPECT_EQ(after.previous, ViewNumber{1});
    EXPECT_FALSE(after.proposal);
    EXPECT_EQ(after.step, 1U);
    EXPECT_EQ(after.acknowledged, (Lines{"g-gw-1", "g-gw-2"}));
    EXPECT_EQ(world.fences, (std::map<std::string, std::uint64_t>{{"10.0.0.1:7001", 2},
                                                                  {"10.0.0.1:7002", 2},
                                                                  {"10.0.0.1:7003", 2},
                                                                  {"10.0.0.1:7004", 0}}));
    EXPECT_EQ(world.told_of_view.size(), 4U);
    for (const auto& [address, view] : world.told_of_view) EXPECT_EQ(view, 2U) << address;
    EXPECT_TRUE(world.acks.empty());
    EXPECT_TRUE(world.queue.empty());
    EXPECT_FALSE(player.machine.status().handoff);
}

TEST_F(HandoffTest, HistorySaysHowLongEachPhaseTook) {
    begin();
    player.advance(300ms);
    world.unfenceable = {"10.0.0.1:7003"};
    world.stalled.clear();
    player.tell();
    player.advance(70ms);
    world.unfenceable.clear();
    world.stalled = {"g-gw-1"};
    player.advance(30ms);
    ASSERT_EQ(world.number(), 2U);
    EXPECT_EQ(player.machine.status().handoff->stage, "leave");
    EXPECT_EQ(player.machine.status().handoff->waiting_for, Lines{"g-gw-1"});
    player.advance(500ms);
    world.stalled.clear();
    player.tell();

    const HistoryEntry entry = last_told();
    EXPECT_TRUE(entry.done);
    EXPECT_EQ(entry.phases, (HistoryEntry::Phases{300, 100, 500}));
    EXPECT_EQ(entry.took_ms, 900);
    EXPECT_EQ(entry.steps, 1U);
    EXPECT_EQ(entry.gateways, 2U);
    EXPECT_EQ(entry.weight_before, 0U);
    EXPECT_EQ(entry.weight, 100U);
}

TEST_F(HandoffTest, OnlyTheGatewaysReadAfterTheProposalAreAllThereAre) {
    found();
    player.slow_gateways = true;
    world.request(kind_remove, "redis-1");
    world.gateways.erase("g-gw-2");
    player.tell();
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare) << world.told().back();

    // It had registered before, and the list that was known lagged behind.
    world.register_gateway("gw-2");
    world.stalled = {"g-gw-2"};
    player.take(player.machine.gateways_read(world.now, world.gateways));
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);
    EXPECT_EQ(player.machine.status().handoff->waiting_for, Lines{"g-gw-2"});
    world.stalled.clear();
    player.tell();
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(HandoffTest, WhenAllGatewaysVanishAtOnceNothingIsFenced) {
    begin();
    world.gateways.clear();
    tell_and_wait(10s);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);

    world.register_gateway("gw-9");
    player.tell();
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(HandoffTest, AnEntryThatIsNoGatewaysIsNotWaitedFor) {
    found();
    world.gateways["unlike"] = "rubbish";
    world.stalled = {"unlike"};
    world.request(kind_remove, "redis-1");
    player.tell();
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(HandoffTest, AcknowledgementsOfAnotherNumberDoNotCount) {
    begin();
    player.take(player.machine.acknowledged(world.now, ViewNumber{1}, AckStage::prepare,
                                            {"g-gw-1", "g-gw-2"}));
    EXPECT_TRUE(world.record().proposal);
}

TEST_F(HandoffTest, AGatewayThatStallsPastTheLimitAbortsItAndItsNumberIsNotUsedAgain) {
    const std::string name = begin();
    player.advance(119s);
    EXPECT_TRUE(world.record().proposal);
    player.advance(1s);

    EXPECT_FALSE(world.record().proposal);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(world.record().last, ViewNumber{2});
    const HistoryEntry entry = last_told();
    EXPECT_FALSE(entry.done);
    EXPECT_EQ(entry.request, name);
    EXPECT_EQ(entry.reason, "not prepared within 120 s: g-gw-2");
    EXPECT_EQ(entry.view, 1U);
    EXPECT_EQ(entry.took_ms, 120'000);
    EXPECT_TRUE(world.queue.empty());
    EXPECT_EQ(player.machine.status().requests_refused, 1U);
    EXPECT_EQ(player.machine.status().handoffs_aborted, 1U);

    world.stalled.clear();
    world.request(kind_add, "redis-4");
    tell_and_wait(1s);
    EXPECT_EQ(world.number(), 3U);
    EXPECT_EQ(world.record().previous, ViewNumber{1});
    EXPECT_EQ(world.numbers, (std::vector<std::uint64_t>{1, 2, 1, 3}));
}

TEST_F(HandoffTest, NothingIsFencedWhileTheCoordinatorDoesNotReachAnOldOwner) {
    begin();
    world.silent = {"10.0.0.1:7001"};  // for gateways it is well
    world.stalled.clear();
    tell_and_wait(10s);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);
    world.silent.clear();
    player.advance(1s);
    EXPECT_EQ(world.number(), 2U);

    world.silent = {"10.0.0.1:7001"};
    world.request(kind_remove, "redis-4");
    world.request(kind_remove, "redis-1");
    tell_and_wait(120s);
    EXPECT_EQ(world.number(), 3U) << "redis-4 alone lost arcs";
    EXPECT_EQ(last_told().reason,
              "not prepared within 120 s: the coordinator does not reach redis-1");
}

TEST_F(HandoffTest, WhilePausedItNeitherGoesOnNorIsAborted) {
    begin();
    world.config = R"({"paused":true,"prepare_seconds_max":10})";
    player.tell();
    player.advance(100s);
    world.stalled.clear();
    tell_and_wait(100s);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);
    EXPECT_TRUE(player.machine.status().paused);

    world.config = "{}";
    player.tell();
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(HandoffTest, WhilePausedDeathsAreHandledAndNothingElseIsBegun) {
    world.config = R"({"paused":true})";
    found();
    world.request(kind_remove, "redis-1");
    player.tell();
    EXPECT_EQ(world.number(), 1U);
    EXPECT_NE(player.machine.status().waiting.find("paused"), std::string::npos);
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    EXPECT_EQ(world.told().back(), "death redis-2 done view=3");
}

TEST_F(HandoffTest, ARequestThatIsTakenBackBeforeTheFenceIsAborted) {
    const std::string name = begin();
    world.queue.clear();
    player.tell();

    EXPECT_FALSE(world.record().proposal);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(last_told().request, name);
    EXPECT_EQ(last_told().reason, "cancelled by an operator");
    EXPECT_FALSE(last_told().done);
}

TEST_F(HandoffTest, AfterTheFirstFenceItIsTooLateToTakeItBack) {
    begin_fence();
    world.queue.clear();
    player.tell();
    player.advance(10s);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::fence);

    go_on();
    EXPECT_EQ(world.number(), 2U);
    EXPECT_TRUE(last_told().done);
}

TEST_F(HandoffTest, AMemberThatDiesBeforeTheFenceAbortsItAndTheRequestIsDoneAfterwards) {
    begin();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_EQ(world.number(), 4U) << "2 was proposed, 3 announced";
    EXPECT_EQ(world.record().proposal.value().next.number, ViewNumber{5}) << "tried again at once";

    world.stalled.clear();
    player.tell();
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3", "redis-4"}));
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "death redis-2 done view=4",
                                   "add redis-4 done view=5"}));
}

TEST_F(HandoffTest, ANewcomerThatDiesBeforeTheFenceIsRefused) {
    begin();
    die("redis-4", 7004);
    complain({"redis-4"});
    tell_and_wait(3s);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(world.told().back(), "add redis-4 refused view=1");
    EXPECT_TRUE(world.queue.empty());
}

TEST_F(HandoffTest, WhileTheOnlyMemberIsDeadNothingIsProposed) {
    world.nodes.erase("redis-2");
    world.nodes.erase("redis-3");
    found();
    die("redis-1", 7001);
    complain({"redis-1"});
    tell_and_wait(1s);
    world.register_node("redis-4", 7004);
    world.request(kind_add, "redis-4");
    tell_and_wait(10s);
    EXPECT_EQ(world.numbers, std::vector<std::uint64_t>{1});
    EXPECT_EQ(player.machine.status().waiting, "it waits for redis-1, which nobody reaches");

    world.register_node("redis-1", 7001);
    world.silent.clear();
    complain({});
    tell_and_wait(2s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-4"}));
}

TEST_F(HandoffTest, AMemberThatMovesBeforeTheFenceAbortsItForAMoment) {
    begin();
    world.register_node("redis-2", 8002);
    world.silent = {"10.0.0.1:7002"};
    world.stalled.clear();
    player.tell();
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "address redis-2 done view=4",
                                   "add redis-4 done view=5"}))
        << "2 was proposed, 3 announced";
}

TEST_F(HandoffTest, AnOldOwnerThatDiesInTheFenceIsSkippedAndBuriedByTheNextView) {
    begin_fence();
    die("redis-1", 7001);
    complain({"redis-1"});
    tell_and_wait(2s);

    EXPECT_EQ(world.members(), (Lines{"redis-2", "redis-3", "redis-4"}));
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "death redis-1 done view=5",
                                   "add redis-4 done view=2"}));
    EXPECT_EQ(world.record().previous, ViewNumber{2});
}

TEST_F(HandoffTest, AnOldOwnerThatDoesNotAnswerIsFencedAgainUntilItDoes) {
    begin_fence();
    player.advance(30s);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().handoff->stage, "fence");
    EXPECT_EQ(player.machine.status().handoff->waiting_for, Lines{"redis-1"});
    world.unfenceable.clear();
    player.advance(5s);
    EXPECT_EQ(world.number(), 2U);
    EXPECT_EQ(world.fences.at("10.0.0.1:7001"), 2U);
}

TEST_F(HandoffTest, WhoDoesNotLeaveIsWaitedForUntilTheLimit) {
    found();
    world.request(kind_remove, "redis-1");
    world.request(kind_add, "redis-1");
    world.stalled = {"g-gw-1"};
    player.tell();
    world.acks[2][AckStage::prepare].insert("g-gw-1");
    player.tell_acks();
    ASSERT_EQ(world.number(), 2U);
    player.advance(59s);
    EXPECT_EQ(world.told().size(), 1U);
    EXPECT_FALSE(world.record().proposal) << "one after the other";
    player.advance(1s);
    EXPECT_EQ(world.told().back(), "remove redis-1 done view=2");
    EXPECT_EQ(last_told().phases.leave_ms, 60'000);
    EXPECT_EQ(world.record().proposal.value().next.number, ViewNumber{3});
}

TEST_F(HandoffTest, LateAcknowledgementsAreSweptAway) {
    begin();
    player.advance(120s);
    ASSERT_FALSE(world.record().proposal);
    player.advance(3600s);
    world.acks[2][AckStage::prepare].insert("g-gw-2");
    player.tell_acks();
    EXPECT_FALSE(world.acks.empty()) << "who else is late is waited for";
    player.advance(2s);
    EXPECT_TRUE(world.acks.empty());
}

TEST_F(HandoffTest, AcknowledgementsOfAHandoffUnderWayAreNotSweptAway) {
    begin();
    player.tell_acks();
    player.advance(30s);
    ASSERT_TRUE(world.record().proposal);
    EXPECT_FALSE(world.acks.empty());
    EXPECT_EQ(player.count<SweepAcks>(), 0U);
}

TEST_F(HandoffTest, TheNextCoordinatorGoesOnInEachStage) {
    begin();
    Player second(world);
    second.lead();
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);
    EXPECT_EQ(second.machine.status().handoff->waiting_for, Lines{"g-gw-2"});

    world.unfenceable = {"10.0.0.1:7001"};
    world.stalled.clear();
    second.tell();
    second.advance(1s);
    Player third(world);
    third.lead();
    EXPECT_EQ(world.record().proposal.value().stage, Stage::fence);

    world.stalled = {"g-gw-1"};
    world.unfenceable.clear();
    third.advance(1s);
    ASSERT_EQ(world.number(), 2U);
    EXPECT_EQ(world.told().size(), 1U);
    Player fourth(world);
    fourth.lead();
    EXPECT_EQ(fourth.machine.status().handoff->stage, "leave");
    world.stalled.clear();
    fourth.tell();
    EXPECT_EQ(world.told().back(), "add redis-4 done view=2");
    EXPECT_EQ(last_told().by, "eve");
    EXPECT_TRUE(world.queue.empty());
}

TEST_F(HandoffTest, WhoTakesOverDoesNotTrustAQueueReadBeforeTheView) {
    begin();
    Player second(world);
    second.take(second.machine.lead(world.now));
    // The list of gateways is what everything is known to be later than; it comes last.
    EXPECT_TRUE(world.record().proposal);
    EXPECT_EQ(second.count<WriteView>(), 0U);
}

/// The coordinator dies after each single action of every kind of handoff, and another goes on from
/// what the znodes hold. Whatever the point: each request has its one entry and is done; numbers
/// never go back; no fence without a barrier.
TEST_F(HandoffTest, ACrashAfterAnyActionIsMadeGood) {
    for (std::size_t lives_for = 1; lives_for != 120; ++lives_for) {
        World fresh = world;
        Player founder(fresh);
        founder.lead();
        founder.advance(2s);
        fresh.register_node("redis-4", 7004);
        fresh.request({.kind = kind_add, .node = "redis-4", .steps = {25, 50, 100}});
        fresh.request({.kind = Request::Kind::pin, .node = "redis-4", .channel = "news"});
        fresh.request({.kind = Request::Kind::weight, .node = "redis-1", .weight = 50});
        fresh.request({.kind = kind_remove, .node = "redis-2", .steps = {50, 100}});
        fresh.request({.kind = Request::Kind::unpin, .channel = "news"});

        Player one(fresh);
        one.lives_for = lives_for;
        one.lead();
        Player next(fresh);
        next.lead();
        next.advance(1s);

        EXPECT_EQ(fresh.told(), (Lines{"genesis done view=1", "add redis-4 done view=4",
                                       "pin redis-4 done view=5", "weight redis-1 done view=6",
                                       "remove redis-2 done view=8", "unpin done view=9"}))
            << "dies after " << lives_for;
        EXPECT_EQ(fresh.members(), (Lines{"redis-1", "redis-3", "redis-4"}));
        EXPECT_EQ(fresh.number(), 9U) << lives_for;
        EXPECT_TRUE(std::ranges::is_sorted(fresh.numbers)) << lives_for;
        EXPECT_TRUE(fresh.queue.empty()) << lives_for;
        EXPECT_TRUE(fresh.acks.empty()) << lives_for;
        for (const auto& [address, view] : fresh.told_of_view) {
            EXPECT_EQ(view, address == "10.0.0.1:7002" ? 8U : 9U) << address << " " << lives_for;
        }
        for (const std::string& data : fresh.history) {
            const HistoryEntry entry = parse_history_entry(data).value();
            EXPECT_EQ(entry.steps, entry.what == "add"       ? 3U
                                   : entry.what == "remove"  ? 2U
                                   : entry.what == "genesis" ? 0U
                                                             : 1U);
        }
    }
}

/// The same while a gateway never prepares: aborted, once, whoever does it.
TEST_F(HandoffTest, ACrashAroundAnAbortIsMadeGood) {
    for (std::size_t lives_for = 1; lives_for != 25; ++lives_for) {
        World fresh = world;
        Player founder(fresh);
        founder.lead();
        founder.advance(2s);
        fresh.stalled = {"g-gw-2"};
        fresh.request(kind_remove, "redis-2");
        Player one(fresh);
        one.lives_for = lives_for;
        one.lead();
        one.advance(130s);
        Player next(fresh);
        next.lead();
        next.advance(130s);

        EXPECT_EQ(fresh.told(), (Lines{"genesis done view=1", "remove redis-2 refused view=1"}))
            << lives_for;
        EXPECT_FALSE(fresh.record().proposal);
        EXPECT_EQ(fresh.record().last, ViewNumber{2}) << "and no other number was taken";
        EXPECT_TRUE(fresh.queue.empty());
    }
}

}  // namespace
}  // namespace ringcast::router::detail
