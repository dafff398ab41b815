#include "coordination.hpp"

#include "coordination_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using testing::Test;

constexpr auto kind_add = Request::Kind::add;
constexpr auto kind_remove = Request::Kind::remove;

/// Three nodes and two gateways; `founded` has the first view, too.
class CoordinationTest : public Test {
protected:
    World world;
    Player player{world};

    CoordinationTest() {
        for (int i = 1; i <= 3; ++i) world.register_node("redis-" + std::to_string(i), 7000 + i);
        world.register_gateway("gw-1");
        world.register_gateway("gw-2");
    }

    void found() {
        player.lead();
        player.advance(2s);
        ASSERT_EQ(world.number(), 1U);
        player.done.clear();
    }

    void die(const std::string& id, int port) {
        world.nodes.erase(id);
        world.silent.insert("10.0.0.1:" + std::to_string(port));
    }

    void complain(const std::vector<std::string>& of) {
        world.register_gateway("gw-1", of);
        world.register_gateway("gw-2", of);
    }

    void tell_and_wait(std::chrono::milliseconds time) {
        player.tell();
        player.advance(time);
    }
};

// --- The first view.

TEST_F(CoordinationTest, TheFirstViewIsMadeOfAllNodesOnceTheyHaveSettled) {
    player.lead();
    player.advance(999ms);
    EXPECT_FALSE(world.view);

    player.advance(1ms);

    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-2", "redis-3"}));
    EXPECT_EQ(world.record().in_force.addresses[1], (Address{"10.0.0.1", 7002}));
    EXPECT_EQ(world.told(), Lines{"genesis done view=1"});
    EXPECT_EQ(player.machine.status().views_made, 1U);
    EXPECT_EQ(player.machine.status().view, ViewNumber{1});
}

TEST_F(CoordinationTest, ANewcomerMakesTheFirstViewWaitAgain) {
    player.lead();
    player.advance(900ms);
    world.register_node("redis-4", 7004);
    tell_and_wait(900ms);
    EXPECT_FALSE(world.view);

    player.advance(100ms);

    EXPECT_EQ(world.members().size(), 4U);
}

TEST_F(CoordinationTest, NewsOfANodeThatIsKnownDoesNotMakeTheFirstViewWait) {
    player.lead();
    player.advance(900ms);
    world.register_node("redis-3", 7003, 200);
    tell_and_wait(100ms);

    EXPECT_EQ(world.record().in_force.ring.members()[2].weight, 200U);
}

TEST_F(CoordinationTest, TheFirstViewWaitsForEnoughNodes) {
    Player patient(world, {.genesis_nodes_min = 4});
    patient.lead();
    patient.advance(10s);
    EXPECT_FALSE(world.view);

    world.register_node("redis-4", 7004);
    patient.tell();
    patient.advance(1s);

    EXPECT_EQ(world.members().size(), 4U);
}

TEST_F(CoordinationTest, WithoutNodesThereIsNoFirstView) {
    world.nodes.clear();
    player.lead();
    player.advance(10s);
    EXPECT_FALSE(world.view);
}

TEST_F(CoordinationTest, AnEmptyViewZnodeCountsAsNoView) {
    world.view = ViewRead{"", 3, 9};
    player.lead();
    player.advance(1s);
    EXPECT_EQ(world.number(), 1U);
}

TEST_F(CoordinationTest, AFirstViewAfterOthersGoesOnCountingWhereHistoryEnds) {
    HistoryEntry entry;
    entry.what = "add";
    entry.done = true;
    entry.view = 41;
    world.history.push_back(encode(entry));
    player.lead();
    player.advance(1s);
    EXPECT_EQ(world.number(), 42U);
}

TEST_F(CoordinationTest, WhoDoesNotLeadDoesNothing) {
    player.tell();
    player.advance(10s);
    EXPECT_TRUE(player.done.empty());
}

TEST_F(CoordinationTest, WhoResignedDoesNothing) {
    found();
    world.request(kind_remove, "redis-1");
    player.machine.resign();
    tell_and_wait(10s);
    EXPECT_TRUE(player.done.empty());
    EXPECT_FALSE(player.machine.status().leading);
}

// --- Requests.

TEST_F(CoordinationTest, ANodeOnStandbyIsAddedOnRequest) {
    found();
    world.register_node("redis-4", 7004);
    player.tell();
    EXPECT_EQ(world.number(), 1U) << "a newcomer alone changes nothing";

    const std::string name = world.request(kind_add, "redis-4");
    player.tell();

    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-2", "redis-3", "redis-4"}));
    EXPECT_EQ(world.told().back(), "add redis-4 done view=2");
    EXPECT_TRUE(world.queue.empty());
    EXPECT_EQ(world.record().request, name);
    const HistoryEntry entry = *parse_history_entry(world.history.back());
    EXPECT_EQ(entry.request, name);
    EXPECT_EQ(entry.by, "eve");
    EXPECT_EQ(entry.arcs_moved, ring::arc_count / 4);
    EXPECT_EQ(entry.at, world.now.unix_seconds);
    EXPECT_EQ(player.machine.status().requests_done, 1U);
}

TEST_F(CoordinationTest, AMemberIsRemovedOnRequestAndStaysOnStandby) {
    found();
    world.request(kind_remove, "redis-2");
    player.tell();
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_EQ(world.record().in_force.addresses[1], (Address{"10.0.0.1", 7003}));

    world.request(kind_add, "redis-2");
    player.tell();

    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-2", "redis-3"}));
    EXPECT_EQ(world.number(), 3U);
}

TEST_F(CoordinationTest, RequestsAreDoneInOrderEachOnce) {
    found();
    world.register_node("redis-4", 7004);
    world.request(kind_add, "redis-4");
    world.request(kind_remove, "redis-1");
    world.request(kind_add, "redis-4");
    world.request(kind_add, "redis-1");
    player.tell();

    EXPECT_EQ(world.told(),
              (Lines{"genesis done view=1", "add redis-4 done view=2", "remove redis-1 done view=3",
                     "add redis-4 done view=3", "add redis-1 done view=4"}));
    EXPECT_TRUE(world.queue.empty());
}

/// Which requests change nothing, whether they count as done, and what the operator is told.
TEST_F(CoordinationTest, RequestsThatChangeNothingAreAnsweredInHistory) {
    struct Row {
        Request::Kind kind;
        const char* node;
        bool done;
        const char* reason;
    };
    found();
    world.register_node("redis-4", 7004);
    world.register_node("redis-5", 7001);
    world.register_node("redis-6", 7006);
    world.silent.insert("10.0.0.1:7006");

    for (const Row& row : {
             Row{kind_add, "redis-1", true, "redis-1 is a member already"},
             Row{kind_add, "redis-9", false,
                 "redis-9 has not registered: start its ringcast-node and try again (on standby: "
                 "redis-4, redis-5, redis-6)"},
             Row{kind_add, "redis-5", false,
                 "redis-5 registered the address 10.0.0.1:7001, which is that of member redis-1"},
             Row{kind_add, "redis-6", false,
                 "redis-6 has registered but does not answer the coordinator at 10.0.0.1:7006: "
                 "look at "
                 "its Redis and the network between"},
             Row{kind_remove, "redis-4", true, "redis-4 is not a member: it is on standby"},
             Row{kind_remove, "redis-9", false,
                 "redis-9 is neither a member nor on standby (members: redis-1, redis-2, redis-3)"},
         }) {
        const std::string name = world.request(row.kind, row.node);
        player.tell();

        const HistoryEntry entry = *parse_history_entry(world.history.back());
        EXPECT_EQ(entry.request, name) << row.reason;
        EXPECT_EQ(entry.done, row.done) << row.reason;
        EXPECT_EQ(entry.reason, row.reason);
        EXPECT_EQ(entry.view, 1U);
        EXPECT_TRUE(world.queue.empty()) << row.reason;
    }
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().requests_done, 2U);
    EXPECT_EQ(player.machine.status().requests_refused, 4U);
}

TEST_F(CoordinationTest, TheLastMemberIsNotRemoved) {
    found();
    for (const char* id : {"redis-1", "redis-2", "redis-3"}) world.request(kind_remove, id);
    player.tell();

    EXPECT_EQ(world.members(), Lines{"redis-3"});
    EXPECT_EQ(world.told().back(), "remove redis-3 refused view=3");
    EXPECT_EQ(parse_history_entry(world.history.back())->reason,
              "redis-3 is the last member: add another node before it goes");
}

TEST_F(CoordinationTest, ARequestThatCannotBeReadIsRefusedAndDoesNotBlockTheNext) {
    found();
    world.queue.emplace_back("r-rubbish", "{\xff");
    world.request(kind_remove, "redis-1");
    player.tell();

    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "request refused view=1",
                                   "remove redis-1 done view=2"}));
    EXPECT_TRUE(world.queue.empty());
    EXPECT_EQ(player.machine.status().unreadable_entries, 1U);
}

TEST_F(CoordinationTest, RequestsWaitForTheFirstView) {
    world.request(kind_remove, "redis-1");
    player.lead();
    EXPECT_EQ(world.queue.size(), 1U);
    player.advance(1s);
    EXPECT_EQ(world.members(), (Lines{"redis-2", "redis-3"}));
}

// --- A node that dies.

TEST_F(CoordinationTest, AMemberThatNobodyReachesIsRemovedAfterTheGrace) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});

    tell_and_wait(499ms);
    EXPECT_EQ(world.number(), 1U);
    player.advance(1ms);

    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_EQ(world.told().back(), "death redis-2 done view=2");
    EXPECT_GE(parse_history_entry(world.history.back())->took_ms, 500);
    EXPECT_EQ(player.machine.status().nodes_removed, 1U);
}

TEST_F(CoordinationTest, TheArcsOfADeadMemberGoToTheirFirstSuccessorsAndNoOtherMoves) {
    found();
    const ring::Ring before = world.record().in_force.ring;
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);

    EXPECT_EQ(world.record().in_force.ring, *before.without("redis-2"));
}

/// Every combination of what is seen of a member; only the last kills it.
TEST_F(CoordinationTest, OnlyWhoIsUnreachableForTheCoordinatorAndMostGatewaysIsDead) {
    struct Row {
        bool entry_gone;
        bool silent;
        int complaints;
        bool removed;
    };
    for (const Row& row : {
             Row{true, false, 0, false},
             Row{true, false, 2, false},
             Row{false, false, 2, false},
             Row{true, true, 0, false},
             Row{true, true, 1, false},
             Row{false, true, 1, false},
             Row{false, true, 2, true},
             Row{true, true, 2, true},
         }) {
        World fresh = world;
        Player one(fresh);
        one.lead();
        one.advance(2s);
        if (row.entry_gone) fresh.nodes.erase("redis-2");
        if (row.silent) fresh.silent.insert("10.0.0.1:7002");
        for (int i = 1; i <= row.complaints; ++i) {
            fresh.register_gateway("gw-" + std::to_string(i), {"redis-2"});
        }
        one.tell();
        one.advance(30s);

        EXPECT_EQ(fresh.number(), row.removed ? 2U : 1U)
            << row.entry_gone << row.silent << row.complaints;
    }
}

TEST_F(CoordinationTest, AGatewayThatSaysNothingReadableDoesNotCountAsComplaining) {
    found();
    world.gateways["g-3"] = "rubbish";
    world.gateways["g-4"] = "rubbish";
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(10s);
    EXPECT_EQ(world.number(), 1U) << "two of four are not most";

    world.gateways.erase("g-4");
    tell_and_wait(1s);
    EXPECT_EQ(world.number(), 2U) << "two of three are";
    EXPECT_EQ(player.machine.status().unreadable_entries, 2U);
}

TEST_F(CoordinationTest, AGatewayThatIsRegisteredTwiceHasOneVoice) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    GatewayEntry again;
    again.id = "gw-2";
    world.gateways["g-gw-3-late"] = encode(again);
    tell_and_wait(10s);
    EXPECT_EQ(world.number(), 1U) << "the later entry of gw-2 complains of nothing";
}

TEST_F(CoordinationTest, AnAnswerWithinTheGraceSavesTheMember) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(350ms);
    world.silent.clear();
    player.advance(100ms);
    world.silent.insert("10.0.0.1:7002");
    player.advance(900ms);
    EXPECT_EQ(world.number(), 1U);

    // The next probe after an answer comes a second later; the count starts there.
    player.advance(1'000ms);
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(CoordinationTest, AMemberThatFlapsWithinTheGraceStays) {
    found();
    for (int i = 0; i != 20; ++i) {
        die("redis-2", 7002);
        complain({"redis-2"});
        tell_and_wait(400ms);
        world.register_node("redis-2", 7002);
        world.silent.clear();
        complain({});
        tell_and_wait(200ms);
    }
    EXPECT_EQ(world.number(), 1U);
}

TEST_F(CoordinationTest, ADeadMemberThatComesBackIsOnStandby) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    world.register_node("redis-2", 7002);
    world.silent.clear();
    complain({});
    tell_and_wait(10s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

TEST_F(CoordinationTest, WhenTooManyAreGoneAtOnceNothingIsRemovedAndAnAlarmIsRaisedOnce) {
    found();
    die("redis-1", 7001);
    die("redis-2", 7002);
    complain({"redis-1", "redis-2"});
    tell_and_wait(60s);

    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().mass_vanish_alarms, 1U);
    EXPECT_EQ(std::count_if(player.said.begin(), player.said.end(),
                            [](const std::string& text) { return text.starts_with("too many"); }),
              1);
}

TEST_F(CoordinationTest, WhenEnoughOfTheManyComeBackTheOthersAreRemoved) {
    found();
    die("redis-1", 7001);
    die("redis-2", 7002);
    complain({"redis-1", "redis-2"});
    tell_and_wait(10s);
    world.register_node("redis-1", 7001);
    world.silent.erase("10.0.0.1:7001");
    complain({"redis-2"});
    tell_and_wait(1s);

    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

TEST_F(CoordinationTest, HalfOfTheMembersMayDieAtOnce) {
    world.register_node("redis-4", 7004);
    found();
    die("redis-1", 7001);
    die("redis-2", 7002);
    complain({"redis-1", "redis-2"});
    tell_and_wait(2s);

    EXPECT_EQ(world.members(), (Lines{"redis-3", "redis-4"}));
    EXPECT_EQ(world.told().size(), 3U) << "one entry for each";
    EXPECT_EQ(player.machine.status().mass_vanish_alarms, 0U);
}

TEST_F(CoordinationTest, AllEntriesVanishingWithTheirSessionsChangesNothing) {
    found();
    const auto nodes = std::exchange(world.nodes, {});
    tell_and_wait(5s);
    world.nodes = nodes;
    tell_and_wait(5s);

    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().mass_vanish_alarms, 0U);
}

TEST_F(CoordinationTest, OfManyThatVanishedTheOneThatIsReallyDeadIsRemoved) {
    found();
    world.nodes.clear();
    world.silent.insert("10.0.0.1:7003");
    complain({"redis-3"});
    tell_and_wait(1s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-2"}));
}

TEST_F(CoordinationTest, TheLastMemberIsNotBuried) {
    world.nodes.erase("redis-2");
    world.nodes.erase("redis-3");
    Player reckless(world, {.vanish_percent_max = 100});
    reckless.lead();
    reckless.advance(2s);
    die("redis-1", 7001);
    complain({"redis-1"});
    reckless.tell();
    reckless.advance(5s);

    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(reckless.machine.status().mass_vanish_alarms, 1U);
}

TEST_F(CoordinationTest, ADeathDoesNotWaitForAProbeOfANewcomer) {
    found();
    world.request(kind_add, "redis-9");
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "add redis-9 refused view=1",
                                   "death redis-2 done view=2"}));
}

// --- Another address.

TEST_F(CoordinationTest, AMemberThatRegistersAtAnotherAddressKeepsItsArcs) {
    found();
    const ring::Ring before = world.record().in_force.ring;
    world.register_node("redis-2", 8002);
    player.tell();

    EXPECT_EQ(world.number(), 2U);
    EXPECT_EQ(world.record().in_force.ring, before);
    EXPECT_EQ(world.record().in_force.addresses[1], (Address{"10.0.0.1", 8002}));
    EXPECT_EQ(world.told().back(), "address redis-2 done view=2");
}

TEST_F(CoordinationTest, AMemberThatComesBackAtAnotherAddressWithinTheGraceIsNotRemoved) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(400ms);
    world.register_node("redis-2", 8002);
    tell_and_wait(50ms);
    complain({});
    tell_and_wait(5s);

    EXPECT_EQ(world.members().size(), 3U);
    EXPECT_EQ(world.told().back(), "address redis-2 done view=2");
}

// --- The view znode.

TEST_F(CoordinationTest, AWriteThatWasRefusedIsDecidedAgainFromWhatIsThere) {
    found();
    player.write_error = membership::Errc::bad_version;
    world.request(kind_remove, "redis-1");
    player.tell();

    EXPECT_EQ(player.count<WriteView>(), 2U);
    EXPECT_EQ(player.count<ReadView>(), 1U);
    EXPECT_EQ(world.told().back(), "remove redis-1 done view=2");
}

TEST_F(CoordinationTest, WhatAnotherWroteIsTheStateFromThenOn) {
    found();
    Player other(world);
    other.lead();
    world.request(kind_remove, "redis-1");
    other.tell();
    world.request(kind_remove, "redis-2");
    player.tell();

    EXPECT_EQ(world.members(), Lines{"redis-3"});
    EXPECT_EQ(world.number(), 3U);
}

TEST_F(CoordinationTest, AWriteThatFailsForALongerTimeIsTriedAgainLaterAndSaidOnce) {
    found();
    player.said.clear();
    world.request(kind_remove, "redis-1");
    for (std::size_t attempt = 1; attempt != 4; ++attempt) {
        player.write_error = membership::Errc::no_permission;
        tell_and_wait(999ms);
        EXPECT_EQ(player.count<WriteView>(), attempt);
        player.write_error = membership::Errc::no_permission;
        player.advance(1ms);
    }
    player.write_error.clear();
    player.advance(1s);
    EXPECT_EQ(world.told().back(), "remove redis-1 done view=2");
    EXPECT_EQ(
        std::count_if(player.said.begin(), player.said.end(),
                      [](const std::string& text) { return text.starts_with("cannot write"); }),
        1);
}

TEST_F(CoordinationTest, ADamagedOrDeletedViewIsWrittenAgainByWhoKnowsIt) {
    found();
    const std::string bytes = world.view->bytes;
    world.view = ViewRead{"rubbish", 5, ++world.transactions};
    player.take(player.machine.view_read(world.now, world.view));
    EXPECT_EQ(world.view->bytes, bytes);

    world.view.reset();
    player.take(player.machine.view_read(world.now, world.view));
    EXPECT_EQ(world.view->bytes, bytes);
    EXPECT_EQ(player.machine.status().unreadable_entries, 1U);
    EXPECT_EQ(world.told().size(), 1U);
}

TEST_F(CoordinationTest, ADamagedViewThatNobodyKnowsIsLeftAloneAndSaidOnce) {
    world.view = ViewRead{"rubbish", 5, 1};
    world.request(kind_add, "redis-1");
    player.lead();
    tell_and_wait(10s);
    player.machine.resign();
    player.lead();

    EXPECT_EQ(player.count<WriteView>(), 0U);
    EXPECT_EQ(world.view->bytes, "rubbish");
    EXPECT_EQ(player.machine.status().unreadable_entries, 1U);
}

TEST_F(CoordinationTest, AProposalLeftBehindIsDroppedBeforeAnyFenceAndCarriedOutAfterIt) {
    for (const Stage stage : {Stage::prepare, Stage::fence}) {
        World fresh = world;
        Player first(fresh);
        first.lead();
        first.advance(2s);
        ViewRecord record = fresh.record();
        View next = record.in_force;
        next.number = successor(next.number);
        next.addresses[0].port = 9;
        record.proposal = ViewRecord::Proposal{next, stage};
        fresh.view->bytes = encode(record);
        fresh.view->modified = ++fresh.transactions;
        fresh.nodes["redis-1"] = fresh.nodes["redis-1"];

        Player second(fresh);
        second.take(second.machine.lead(fresh.now));

        EXPECT_FALSE(fresh.record().proposal);
        EXPECT_EQ(fresh.number(), stage == Stage::prepare ? 1U : 2U);
    }
}

// --- Rubbish and hand-over.

TEST_F(CoordinationTest, RubbishInEveryEntryIsIgnoredCountedAndSaidOnce) {
    found();
    world.nodes["redis-8"] = "rubbish";
    world.nodes["redis-2"] = "";
    world.gateways["g-rubbish"] = "[]";
    world.history.push_back("rubbish");
    player.said.clear();
    tell_and_wait(10s);
    tell_and_wait(10s);
    player.take(player.machine.history_read(world.now, world.history));

    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().unreadable_entries, 4U);
}

/// The coordinator dies after each number of actions, and another takes over from what the znodes
/// hold. Whatever the number, requests are done in order and once, and each has its one entry.
TEST_F(CoordinationTest, TheNextCoordinatorGoesOnFromAnyPoint) {
    for (std::size_t lives_for = 1; lives_for != 40; ++lives_for) {
        World fresh = world;
        fresh.register_node("redis-4", 7004);
        fresh.nodes.erase("redis-3");
        for (int i = 0;; ++i) {
            ASSERT_LT(i, 100);
            Player one(fresh);
            one.lives_for = lives_for + static_cast<std::size_t>(i);
            one.lead();
            one.advance(1s);
            if (fresh.view && fresh.requests == 0) {
                fresh.register_node("redis-3", 7003);
                fresh.request(kind_add, "redis-3");
                fresh.request(kind_add, "redis-9");
                fresh.request(kind_remove, "redis-1");
                fresh.request(kind_add, "redis-1");
                if (!one.dead()) one.tell();
            }
            if (fresh.requests != 0 && fresh.queue.empty()) break;
        }
        Player last(fresh);
        last.lead();
        last.advance(1s);

        EXPECT_EQ(fresh.told(), (Lines{"genesis done view=1", "add redis-3 done view=2",
                                       "add redis-9 refused view=2", "remove redis-1 done view=3",
                                       "add redis-1 done view=4"}))
            << "dies after " << lives_for;
        EXPECT_EQ(fresh.number(), 4U);
    }
}

TEST_F(CoordinationTest, ADeathIsCarriedThroughByTheNextCoordinator) {
    for (std::size_t lives_for = 1; lives_for != 30; ++lives_for) {
        World fresh = world;
        Player first(fresh);
        first.lead();
        first.advance(2s);
        fresh.nodes.erase("redis-2");
        fresh.silent.insert("10.0.0.1:7002");
        fresh.register_gateway("gw-1", {"redis-2"});
        fresh.register_gateway("gw-2", {"redis-2"});
        const std::string name = fresh.request(kind_remove, "redis-1");
        for (const std::optional<std::size_t> life :
             {std::optional(lives_for), std::optional<std::size_t>{}}) {
            Player next(fresh);
            next.lives_for = life;
            next.lead();
            next.advance(2s);
        }

        EXPECT_EQ(fresh.members(), Lines{"redis-3"}) << lives_for;
        EXPECT_EQ(fresh.told().size(), 3U) << lives_for;
        EXPECT_TRUE(fresh.queue.empty());
    }
}

}  // namespace
}  // namespace ringcast::router::detail
