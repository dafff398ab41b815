// Who the members are does not change before half of those until then know that it is about to.
// That it never does is checked at every write of every test that uses this world
// (coordination_world.hpp); here is who counts, and what happens while it is too few.
#include "coordination_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// Redis-4 is so light that it takes its one arc from a single member.
class VotesTest : public CoordinationTest {
protected:
    VotesTest() {
        for (int i = 1; i <= 3; ++i) {
            world.register_node("redis-" + std::to_string(i), 7000 + i, 1'000'000);
        }
        world.silent_have_ended = false;
    }

    /// The request is carried out as far as all but the only old owner, which is told to be
    /// `reached`, can be fenced or told of nothing.
    void begin(Request::Kind kind, const std::string& node, std::size_t reached = 0) {
        found();
        if (kind == Request::Kind::add) world.register_node(node, 7004, 46);
        world.stalled = {"g-gw-2"};
        world.request(kind, node);
        player.tell();
        ASSERT_TRUE(world.record().proposal);
        const ViewRecord record = world.record();
        const View& before = record.in_force;
        const View& next = record.proposal->next;
        others.clear();
        for (ring::MemberIndex i = 0; i != before.addresses.size(); ++i) {
            const auto count = [](const View& view, std::string_view id) {
                const auto index = view.ring.find(id);
                return index ? view.ring.arcs_of(*index) : std::size_t{0};
            };
            const std::string& id = before.ring.members()[i].id;
            if (count(next, id) >= count(before, id)) others.push_back(before.address_of(i).text());
        }
        ASSERT_EQ(others.size(), 2U);
        world.unfenceable.insert(others.begin() + static_cast<std::ptrdiff_t>(reached),
                                 others.end());
        world.stalled.clear();
        player.tell();
    }

    bool fences() const {
        const auto proposal = world.record().proposal;
        return proposal && proposal->stage == Stage::fence;
    }

    std::size_t times_aside() const { return player.machine.status().stepped_aside; }

    Lines others;  ///< members that lose nothing, by address
};

TEST_F(VotesTest, ANewcomerIsNoMemberBeforeHalfOfTheMembersKnowOfIt) {
    begin(Request::Kind::add, "redis-4");
    EXPECT_TRUE(fences());
    const auto is_fenced = [](const auto& fence) { return fence.second != 0; };
    EXPECT_EQ(std::ranges::count_if(world.fences, is_fenced), 1)
        << "it takes arcs from one of three";
    const auto waiting = player.machine.status().handoff.value().waiting_for;
    EXPECT_EQ(waiting.size(), 2U);

    world.unfenceable = {others[1]};
    player.advance(1s);
    EXPECT_EQ(world.members().size(), 4U);
}

/// Gateways that are cut off follow each fence by itself: that nodes are being fenced is not that
/// this one was.
TEST_F(VotesTest, WhoLosesNothingIsToldOfItAtTheSameTimeAndNotFenced) {
    begin(Request::Kind::add, "redis-4", 2);
    EXPECT_EQ(world.members().size(), 4U);
    bool committed = false;
    std::size_t told = 0;
    for (const Action& action : player.done) {
        if (const auto* write = std::get_if<WriteView>(&action)) {
            committed = committed || write->record.in_force.number == ViewNumber{2};
        }
        const auto* inform = std::get_if<InformNode>(&action);
        if (inform == nullptr || inform->view != ViewNumber{2} || committed) continue;
        const bool stays = std::ranges::find(others, inform->address.text()) != others.end();
        EXPECT_EQ(inform->fence, ViewNumber{stays ? 1U : 2U});
        told += stays ? 1 : 0;
    }
    EXPECT_EQ(told, 2U);
    EXPECT_EQ(world.fences.at(others[0]), 0U);
}

TEST_F(VotesTest, NorIsAMemberMovedOutBefore) {
    begin(Request::Kind::remove, "redis-2");
    EXPECT_TRUE(fences());
    world.unfenceable = {others[1]};
    player.advance(1s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

TEST_F(VotesTest, AChangeThatLeavesTheMembersWhoTheyAreTellsNobodyElse) {
    found();
    const ViewRecord record = world.record();
    const ring::Ring& ring = record.in_force.ring;
    const std::string& owner = ring.members()[ring.owner("news")].id;
    const std::string other = owner == "redis-1" ? "redis-2" : "redis-1";
    for (int i = 1; i <= 3; ++i) {
        const std::string id = "redis-" + std::to_string(i);
        if (id != owner) world.unfenceable.insert("10.0.0.1:" + std::to_string(7000 + i));
    }
    world.request(Request{.kind = Request::Kind::pin, .node = other, .channel = "news"});
    player.tell();
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(VotesTest, OfTwoMembersTheOneThatIsFencedIsHalf) {
    world.nodes.erase("redis-3");
    found();
    world.request(Request::Kind::remove, "redis-2");
    world.unfenceable = {"10.0.0.1:7001"};
    player.tell();
    EXPECT_EQ(world.members(), Lines{"redis-1"});
}

TEST_F(VotesTest, TheOnlyMemberIsEnough) {
    world.nodes.erase("redis-2");
    world.nodes.erase("redis-3");
    found();
    world.register_node("redis-4", 7004);
    world.request(Request::Kind::add, "redis-4");
    player.tell();
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-4"}));
}

/// It has forgotten what it could vouch for, and what is started there is told the latest first.
TEST_F(VotesTest, WhoHasEndedSinceCountsAsTold) {
    begin(Request::Kind::add, "redis-4");
    const auto id = "redis-" + others[0].substr(others[0].size() - 1);
    world.silent.insert(others[0]);
    world.nodes.erase(id);
    tell_and_wait(1s);
    EXPECT_TRUE(fences()) << "it may be frozen";
    world.silent_have_ended = true;
    player.advance(2s);
    EXPECT_FALSE(fences());
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(VotesTest, WhoCannotTellHalfOfThemStepsAside) {
    begin(Request::Kind::add, "redis-4");
    player.is_next = false;
    player.advance(1'999ms);
    EXPECT_EQ(times_aside(), 0U);
    player.advance(1ms);
    EXPECT_EQ(times_aside(), 1U);
    EXPECT_TRUE(fences()) << "only forward";

    world.unfenceable.clear();
    Player next(world);
    next.lead();
    EXPECT_EQ(world.members().size(), 4U);
}

/// It goes without being fenced, and stays a member. The only gateway has nobody to step aside for.
TEST_F(VotesTest, WhoHasNoLeaseAnyMoreIsToldAllTheSameOnceItIsReached) {
    world.gateways.erase("g-gw-2");
    world.nodes.erase("redis-2");
    world.nodes.erase("redis-3");
    found();
    world.register_node("redis-4", 7004);
    world.unfenceable = {"10.0.0.1:7001"};
    world.request(Request::Kind::add, "redis-4");
    player.tell();
    world.register_node("redis-1", 8001);
    player.tell();
    ASSERT_EQ(world.record().removals.size(), 1U);
    world.yields["redis-1"] = "3";
    tell_and_wait(60s);
    EXPECT_TRUE(fences());
    EXPECT_EQ(player.machine.status().handoff.value().waiting_for, Lines{"redis-1"});

    world.unfenceable.clear();
    player.advance(1s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-4"}));
}

TEST_F(VotesTest, WhatOneCoordinatorToldTheNextTellsAgain) {
    begin(Request::Kind::add, "redis-4");
    world.told_of_view.clear();
    Player next(world);
    next.lead();
    EXPECT_TRUE(fences());
    world.unfenceable = {others[0]};
    next.advance(1s);
    EXPECT_EQ(world.members().size(), 4U);
}

/// More than half of the members may vouch for each other, on the far side of a cut, and take
/// publishes by the view that they know: nobody can decide, but an operator who knows better.
TEST_F(VotesTest, WhenMostAreGoneAnOperatorHasToVouchForThem) {
    begin(Request::Kind::add, "redis-4");
    Lines gone;
    for (const std::string& address : others) {
        world.silent.insert(address);
        gone.push_back("redis-" + address.substr(address.size() - 1));
    }
    complain(gone);
    tell_and_wait(60s);
    EXPECT_TRUE(fences());
    EXPECT_EQ(times_aside(), 0U) << "no other would reach more";

    world.config = R"({"vanish_percent_max":100})";
    player.tell();
    EXPECT_EQ(world.number(), 2U);
    world.config.reset();
    tell_and_wait(10s);
    EXPECT_EQ(world.members().size(), 2U) << "of four members half are there";
}

// --- Removals.

class VotesOnRemovalTest : public VotesTest {
protected:
    /// Redis-2 is gone, and this one can tell only redis-1 of its removal: of four, that is too
    /// few.
    void announce() {
        world.register_node("redis-4", 7004, 1'000'000);
        found();
        world.unfenceable = {"10.0.0.1:7003", "10.0.0.1:7004"};
        world.silent = {"10.0.0.1:7002"};
        complain({"redis-2"});
        player.is_next = false;
        tell_and_wait(500ms);
        ASSERT_EQ(world.record().removals.size(), 1U);
    }

    void expect_it_waits_for_half() {
        player.tell();
        player.advance(1s);
        EXPECT_EQ(world.number(), 1U);
        EXPECT_EQ(player.machine.status().removals.at(0).waits_for,
                  "half of the members to be told");
        world.unfenceable = {"10.0.0.1:7004"};
        player.advance(1s);
        EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3", "redis-4"}));
    }
};

/// Its Redis may have been told nothing, and thaw, and vouch for the time when it was a member.
TEST_F(VotesOnRemovalTest, WhoseAgentGaveUpTheLeaseGoesWhenHalfOfTheOthersKnow) {
    announce();
    world.yields["redis-2"] = "2";
    expect_it_waits_for_half();
}

TEST_F(VotesOnRemovalTest, SoDoesWhoHasEnded) {
    announce();
    world.silent_have_ended = true;
    world.nodes.erase("redis-2");
    expect_it_waits_for_half();
}

TEST_F(VotesOnRemovalTest, AnotherThatHasEndedCountsAsToldAndTheLeaseIsCountedFromThereOn) {
    announce();
    world.silent.insert("10.0.0.1:7003");
    world.nodes.erase("redis-3");
    tell_and_wait(100ms);
    EXPECT_EQ(player.machine.status().removals.at(0).waits_for, "half of the members to be told");
    world.silent_have_ended = true;  // of redis-2 an agent still speaks
    player.advance(1'300ms);
    EXPECT_EQ(player.machine.status().removals.at(0).waits_for, "the end of its lease");
    EXPECT_EQ(world.number(), 1U);
    player.advance(6s);
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3", "redis-4"}));
}

/// The lease of the one is certain to be over; what the others could vouch for the operator knows.
TEST_F(VotesOnRemovalTest, WhenMostAreGoneAnOperatorVouchesForThoseThatCannotBeTold) {
    found();
    world.silent = {"10.0.0.1:7002", "10.0.0.1:7003"};
    complain({"redis-2", "redis-3"});
    world.config = R"({"vanish_percent_max":100})";
    tell_and_wait(10s);
    EXPECT_EQ(world.members().size(), 3U) << "but not for the lease of somebody";
    world.yields["redis-2"] = "2";
    player.tell();
    EXPECT_EQ(world.members(), (Lines{"redis-1", "redis-3"}));
}

}  // namespace
}  // namespace ringcast::router::detail
