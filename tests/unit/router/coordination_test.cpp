#include "coordination.hpp"

#include "coordination_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr auto kind_add = Request::Kind::add;
constexpr auto kind_remove = Request::Kind::remove;

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

TEST_F(CoordinationTest, TwoNodesAtOneAddressFoundNothing) {
    world.register_node("redis-2", 7001);
    player.lead();
    player.advance(10s);
    EXPECT_FALSE(world.view);

    world.register_node("redis-2", 7002);
    player.tell();
    player.advance(2s);
    EXPECT_EQ(world.members().size(), 3U);
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

TEST_F(CoordinationTest, ARequestThatHasLeftTheQueueBeforeTheAnswerTakesNoOtherAlong) {
    found();
    player.queue_told_first = true;
    world.request(kind_remove, "redis-1");
    world.request(kind_remove, "redis-2");
    world.request(kind_add, "redis-1");
    player.tell();

    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "remove redis-1 done view=2",
                                   "remove redis-2 done view=3", "add redis-1 done view=4"}));
    EXPECT_TRUE(world.queue.empty());
    EXPECT_EQ(player.machine.status().requests_done, 3U);
}

TEST_F(CoordinationTest, WhatIsToBeAddedMayRegisterShortlyAfterItIsAskedFor) {
    found();
    world.request(kind_add, "redis-4");
    player.tell();
    player.advance(2s);
    EXPECT_EQ(world.told().size(), 1U);
    EXPECT_EQ(player.machine.status().waiting, "it waits for redis-4 to register");

    world.register_node("redis-4", 7004);
    player.tell();
    EXPECT_EQ(world.told().back(), "add redis-4 done view=2");
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
        player.advance(3s);

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

// --- The view znode.

TEST_F(CoordinationTest, AWriteThatWasRefusedIsDecidedAgainFromWhatIsThere) {
    found();
    player.write_error = membership::Errc::bad_version;
    world.request(kind_remove, "redis-1");
    player.tell();

    EXPECT_EQ(player.count<WriteView>(), 4U) << "refused, prepare, fence, in force";
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

TEST_F(CoordinationTest, WhatWasReadBeforeAWriteOfOursIsNotActedOn) {
    found();
    const ViewRead before = *world.view;
    world.request(kind_remove, "redis-1");
    player.tell();
    ASSERT_EQ(world.number(), 2U);

    player.take(player.machine.view_read(world.now, before));
    world.request(kind_add, "redis-1");
    player.tell();

    EXPECT_EQ(world.told().back(), "add redis-1 done view=3");
    EXPECT_EQ(player.count<WriteView>(), 6U);
}

// --- Rubbish and hand-over.

TEST_F(CoordinationTest, RubbishInEveryEntryIsIgnoredCountedAndSaidOnce) {
    found();
    world.nodes["redis-8"] = "rubbish";
    world.nodes["redis-2"] = "";
    world.gateways["g-rubbish"] = "[]";
    world.history.push_back("rubbish");
    world.yields = {{"redis-1", "2nd"}, {"redis-3", ""}, {"redis-8", "2"}};
    player.said.clear();
    tell_and_wait(4s);
    tell_and_wait(4s);
    player.take(player.machine.history_read(world.now, world.history));

    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().unreadable_entries, 6U);
    EXPECT_EQ(
        std::ranges::count(player.said, "unreadable entry ignored path=yields/redis-1 bytes=3"), 1);
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
            Player one(fresh, {.registration_wait = 0ms});
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

/// A death wrote over the note of a request, and both its writer and its entry were lost.
TEST_F(CoordinationTest, ARequestThatTheViewNamesIsNotDoneAgain) {
    found();
    const std::string name = world.request(kind_add, "redis-2");
    ViewRecord record = world.record();
    record.request = name;
    world.view->bytes = encode(record);
    world.nodes.erase("redis-2");
    Player next(world);
    next.lead();

    EXPECT_TRUE(world.queue.empty());
    const HistoryEntry entry = *parse_history_entry(world.history.back());
    EXPECT_TRUE(entry.done);
    EXPECT_EQ(entry.reason, "done by an earlier coordinator");
    EXPECT_EQ(entry.by, "eve");
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
