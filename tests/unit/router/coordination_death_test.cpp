#include "coordination_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr auto kind_add = Request::Kind::add;

TEST_F(CoordinationTest, AMemberThatNobodyReachesIsRemovedAfterTheGrace) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});

    tell_and_wait(499ms);
    EXPECT_EQ(world.number(), 1U);
    player.advance(1ms);

    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_EQ(world.told().back(), "death redis-2 done view=3");
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
        Player one(fresh, {.abandoned_grace = 1h});
        one.lead();
        one.advance(2s);
        if (row.entry_gone) fresh.nodes.erase("redis-2");
        if (row.silent) fresh.silent.insert("10.0.0.1:7002");
        for (int i = 1; i <= row.complaints; ++i) {
            fresh.register_gateway("gw-" + std::to_string(i), {"redis-2"});
        }
        one.tell();
        one.advance(30s);

        EXPECT_EQ(fresh.number(), row.removed ? 3U : 1U)
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
    EXPECT_EQ(world.number(), 3U) << "two of three are";
    EXPECT_EQ(player.machine.status().unreadable_entries, 2U);
}

TEST_F(CoordinationTest, AGatewayThatIsRegisteredTwiceHasOneVoice) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    // It was killed and started again. Each start has a name of its own, and no order but that of
    // their numbers.
    GatewayEntry again;
    again.id = "gw-2";
    world.gateways["g-f0-0000000004"] = std::exchange(world.gateways["g-gw-2"], encode(again));
    world.gateways["g-0f-0000000009"] = world.gateways["g-gw-2"];
    world.gateways.erase("g-gw-2");
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
    EXPECT_EQ(world.number(), 3U);
}

TEST_F(CoordinationTest, WhoAnsweredAMomentAgoIsAskedAtOnceWhenItsEntryGoes) {
    found();
    complain({"redis-2"});  // and it answers
    tell_and_wait(100ms);
    die("redis-2", 7002);
    tell_and_wait(700ms);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
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

// --- Coming back.

TEST_F(CoordinationTest, AMemberThatDiedGetsItsArcsBackByAHandoffOnceItIsBack) {
    world.register_node("redis-2", 7002, 300);
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    ASSERT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));

    world.register_node("redis-2", 7002);
    world.silent.clear();
    complain({});
    tell_and_wait(1'999ms);
    EXPECT_EQ(world.number(), 3U) << "it may go again at once";
    player.advance(1ms);

    EXPECT_EQ(world.told().back(), "return redis-2 done view=4");
    EXPECT_EQ(world.record().in_force.ring.members()[1].weight, 300U) << "as it weighed before";
    EXPECT_EQ(world.fences, (std::map<std::string, std::uint64_t>{
                                {"10.0.0.1:7001", 4}, {"10.0.0.1:7002", 0}, {"10.0.0.1:7003", 4}}))
        << "both others gave up arcs";
    player.advance(100s);
    EXPECT_EQ(world.number(), 4U);
}

/// A pin names an owner: while that is gone its channels live where their arcs are.
TEST_F(CoordinationTest, WhatWasPinnedToAMemberThatDiedIsPinnedToItAgainOnceItIsBack) {
    found();
    const auto pin = [&](Request::Kind kind, const std::string& node, const std::string& channel) {
        world.request({.kind = kind, .node = node, .channel = channel});
        player.tell();
    };
    const auto pins = [&] { return world.record().in_force.ring.pins(); };
    for (const char* channel : {"kept", "repinned", "unpinned"}) {
        pin(Request::Kind::pin, "redis-2", channel);
    }
    pin(Request::Kind::pin, "redis-1", "other");
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    ASSERT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_EQ(pins(), (ring::Pins{{"other", "redis-1"}}));
    const HistoryEntry death = *parse_history_entry(world.history.back());
    EXPECT_EQ(death.pins, (Lines{"kept", "repinned", "unpinned"}));

    pin(Request::Kind::pin, "redis-3", "repinned");
    pin(Request::Kind::unpin, "", "unpinned");
    Player next(world);
    next.lead();
    world.register_node("redis-2", 7002);
    world.silent.clear();
    complain({});
    next.tell();
    next.advance(3s);

    const HistoryEntry back = *parse_history_entry(world.history.back());
    EXPECT_EQ(back.what, "return");
    EXPECT_EQ(back.pins, Lines{"kept"});
    EXPECT_EQ(pins(),
              (ring::Pins{{"kept", "redis-2"}, {"other", "redis-1"}, {"repinned", "redis-3"}}));
}

TEST_F(CoordinationTest, TheNextCoordinatorTakesADeadMemberBackToo) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    world.register_node("redis-2", 7002);
    world.silent.clear();
    complain({});
    Player next(world);
    next.lead();
    next.advance(3s);
    EXPECT_EQ(world.told().back(), "return redis-2 done view=4");
}

TEST_F(CoordinationTest, AMemberThatIsBackAndDoesNotAnswerIsAskedAgain) {
    found();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    world.register_node("redis-2", 7002);
    complain({});
    tell_and_wait(10s);
    EXPECT_EQ(world.number(), 3U);

    world.silent.clear();
    player.advance(5s);
    EXPECT_EQ(world.number(), 4U);
}

TEST_F(CoordinationTest, AMemberThatAnOperatorRemovedStaysOnStandby) {
    found();
    world.request(Request::Kind::remove, "redis-2");
    tell_and_wait(10s);
    die("redis-2", 7002);
    tell_and_wait(10s);
    world.register_node("redis-2", 7002);
    world.silent.clear();
    tell_and_wait(100s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

TEST_F(CoordinationTest, AMemberThatDiesAgainAndAgainStaysOnStandbyUntilAnOperatorAddsIt) {
    found();
    for (int i = 0; i != 3; ++i) {
        die("redis-2", 7002);
        complain({"redis-2"});
        tell_and_wait(10s);
        world.now.unix_seconds += 10;
        world.register_node("redis-2", 7002);
        world.silent.clear();
        complain({});
        tell_and_wait(10s);
    }
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
    world.now.unix_seconds += 100'000;
    Player next(world);
    next.lead();
    next.advance(1'000s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"})) << "it does not wear off";

    world.request(kind_add, "redis-2");
    next.tell();
    EXPECT_EQ(world.members().size(), 3U);
    die("redis-2", 7002);
    complain({"redis-2"});
    next.tell();
    next.advance(10s);
    world.register_node("redis-2", 7002);
    world.silent.clear();
    complain({});
    next.tell();
    next.advance(10s);
    EXPECT_EQ(world.members().size(), 3U) << "counted anew";
}

TEST_F(CoordinationTest, AMemberWhoseAgentIsGoneIsMovedOutByAHandoffAndTakenBack) {
    found();
    const std::string entry = world.nodes.at("redis-2");
    world.nodes.erase("redis-2");
    tell_and_wait(9s);
    EXPECT_EQ(world.number(), 1U);
    player.advance(2s);
    EXPECT_EQ(world.told().back(), "evict redis-2 done view=2");
    EXPECT_EQ(world.fences, (std::map<std::string, std::uint64_t>{
                                {"10.0.0.1:7001", 0}, {"10.0.0.1:7002", 2}, {"10.0.0.1:7003", 0}}));

    world.nodes["redis-2"] = entry;
    tell_and_wait(3s);
    EXPECT_EQ(world.told().back(), "return redis-2 done view=3");
}

TEST_F(CoordinationTest, ARequestThatWaitsForItsHourDoesNotKeepWhatNeedsHelpNow) {
    found();
    world.request({.kind = Request::Kind::weight,
                   .node = "redis-2",
                   .weight = 200,
                   .when = {.kind = When::Kind::window, .from = 120, .until = 300}});
    const std::string entry = world.nodes.at("redis-2");
    world.nodes.erase("redis-2");
    tell_and_wait(11s);
    EXPECT_EQ(world.told().back(), "evict redis-2 done view=2");

    world.nodes["redis-2"] = entry;
    tell_and_wait(3s);
    EXPECT_EQ(world.told().back(), "return redis-2 done view=3");
    EXPECT_EQ(world.queue.size(), 1U) << "and it waits on";
}

TEST_F(CoordinationTest, AMemberThatNamesTheAddressOfAnotherIsMovedOut) {
    found();
    world.register_node("redis-2", 7001);
    tell_and_wait(9s);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_TRUE(world.record().removals.empty()) << "it has not moved there";
    player.advance(2s);
    EXPECT_EQ(world.told().back(), "evict redis-2 done view=2");
    player.advance(60s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

TEST_F(CoordinationTest, PinsOfAMemberWhoseAgentIsGoneComeBackWithItToo) {
    found();
    world.request({.kind = Request::Kind::pin, .node = "redis-2", .channel = "news"});
    player.tell();
    const ring::Pins pinned{{"news", "redis-2"}};
    ASSERT_EQ(world.record().in_force.ring.pins(), pinned);
    const std::string entry = world.nodes.at("redis-2");
    world.nodes.erase("redis-2");
    tell_and_wait(11s);
    ASSERT_TRUE(world.record().in_force.ring.pins().empty());
    world.nodes["redis-2"] = entry;
    tell_and_wait(3s);
    EXPECT_EQ(world.record().in_force.ring.pins(), pinned);
}

TEST_F(CoordinationTest, WhenManyAgentsAreGoneAtOnceNobodyIsMovedOut) {
    found();
    world.nodes.erase("redis-2");
    world.nodes.erase("redis-3");
    tell_and_wait(100s);
    EXPECT_EQ(world.number(), 1U);
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

TEST_F(CoordinationTest, WhoAnsweredAMomentBeforeItsEntryWentCountsAmongTheMany) {
    found();
    complain({"redis-1"});  // and it answers
    tell_and_wait(100ms);
    die("redis-1", 7001);
    die("redis-2", 7002);
    complain({"redis-1", "redis-2"});
    tell_and_wait(60s);

    EXPECT_EQ(world.number(), 1U);
    EXPECT_TRUE(world.record().removals.empty());
    EXPECT_EQ(player.machine.status().mass_vanish_alarms, 1U);
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

TEST_F(CoordinationTest, ADeathDoesNotWaitForANewcomer) {
    found();
    world.request(kind_add, "redis-9");
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "death redis-2 done view=3"}));
    player.advance(2s);
    EXPECT_EQ(world.told().back(), "add redis-9 refused view=3");
}

}  // namespace
}  // namespace ringcast::router::detail
