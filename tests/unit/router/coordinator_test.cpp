#include "ringcast/router/coordinator.hpp"

#include "coordinator_world.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <string>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;
using membership::Mode;

class CoordinatorTest : public testing::Test {
protected:
    Cluster cluster;

    CoordinatorTest() {
        for (std::uint16_t i = 1; i <= 3; ++i) {
            cluster.register_node("redis-" + std::to_string(i),
                                  static_cast<std::uint16_t>(7000 + i));
        }
        cluster.say_as_gateway("gw-1");
        cluster.say_as_gateway("gw-2");
    }

    bool within(std::chrono::milliseconds limit, const std::function<bool()>& condition) {
        for (auto waited = 0ms; waited <= limit; waited += 10ms) {
            if (condition()) return true;
            cluster.scheduler.advance(10ms);
        }
        return condition();
    }
};

TEST_F(CoordinatorTest, OneOfSeveralLeadsAndMakesTheFirstView) {
    for (int i = 1; i <= 3; ++i) cluster.start(i);

    EXPECT_TRUE(within(2s, [&] { return cluster.number() == 1; }));

    EXPECT_EQ(cluster.leaders(), 1U);
    EXPECT_EQ(cluster.members(), (Lines{"redis-1", "redis-2", "redis-3"}));
    EXPECT_EQ(cluster.history().size(), 1U);
}

TEST_F(CoordinatorTest, ANodeThatDiesIsRemovedWithinASecondOfBeingReported) {
    cluster.start(1);
    ASSERT_TRUE(within(2s, [&] { return cluster.number() == 1; }));

    cluster.nodes.silent.insert("10.0.0.1:7002");
    cluster.remove("/nodes/redis-2");
    cluster.say_as_gateway("gw-1", {"redis-2"});
    cluster.say_as_gateway("gw-2", {"redis-2"});

    EXPECT_TRUE(within(1s, [&] { return cluster.number() > 1; }));
    EXPECT_EQ(cluster.members(), (Lines{"redis-1", "redis-3"}));
    EXPECT_EQ(cluster.seats[1].coordinator->status().nodes_removed, 1U);
}

TEST_F(CoordinatorTest, WhoDoesNotReachAnOldOwnerLetsAnotherLeadAndStandsBehindIt) {
    cluster.start(1);
    ASSERT_TRUE(within(2s, [&] { return cluster.number() == 1; }));
    cluster.start(2);
    cluster.scheduler.advance(100ms);
    cluster.seats[1].control->unfenceable = {"10.0.0.1:7001"};
    cluster.request(Request::Kind::remove, "redis-1");

    EXPECT_TRUE(within(3s, [&] { return cluster.number() == 2; }));
    EXPECT_TRUE(cluster.seats[2].coordinator->status().leading);
    EXPECT_EQ(cluster.seats[1].coordinator->status().stepped_aside, 1U);
    EXPECT_TRUE(within(3s, [&] { return cluster.children("/coordinator").size() == 2; }));
    EXPECT_TRUE(cluster.children("/coordinator").back().starts_with("c-gw-1-"));
    cluster.stop(2);
    EXPECT_TRUE(within(3s, [&] { return cluster.leaders() == 1; }));
}

TEST_F(CoordinatorTest, RequestsAreDoneInOrderAndLeaveTheQueue) {
    cluster.start(1);
    cluster.register_node("redis-4", 7004);
    cluster.request(Request::Kind::remove, "redis-1");
    cluster.request(Request::Kind::add, "redis-1");
    cluster.request(Request::Kind::add, "redis-9");

    EXPECT_TRUE(within(3s, [&] { return cluster.history().size() == 4; }));
    cluster.scheduler.advance(100ms);

    EXPECT_EQ(cluster.number(), 3U);
    EXPECT_TRUE(cluster.children("/acks").empty());
    EXPECT_EQ(cluster.nodes.told.at("10.0.0.1:7002"), (std::pair{ViewNumber{3}, ViewNumber{3}}));
    EXPECT_FALSE(cluster.record()->proposal);
    EXPECT_TRUE(cluster.children("/requests").empty());
    const auto status = cluster.seats[1].coordinator->status();
    EXPECT_EQ(status.requests_done, 2U);
    EXPECT_EQ(status.requests_refused, 1U);
    EXPECT_EQ(status.views_made, 3U);
}

TEST_F(CoordinatorTest, WhenTheLeaderDiesAnotherTakesOver) {
    cluster.start(1);
    ASSERT_TRUE(within(2s, [&] { return cluster.number() == 1; }));
    cluster.start(2);
    cluster.scheduler.advance(100ms);
    cluster.crash(1);
    cluster.request(Request::Kind::remove, "redis-2");
    cluster.scheduler.advance(5s);
    EXPECT_EQ(cluster.number(), 1U) << "its session lives on";

    cluster.expire_ghosts();

    EXPECT_TRUE(within(1s, [&] { return cluster.number() == 2; }));
}

TEST_F(CoordinatorTest, WhoStopsLetsAnotherLeadAtOnce) {
    cluster.start(1);
    cluster.start(2);
    cluster.scheduler.advance(100ms);
    ASSERT_TRUE(cluster.seats[1].coordinator->status().leading);

    cluster.seats[1].coordinator->stop();

    EXPECT_TRUE(within(1s, [&] { return cluster.seats[2].coordinator->status().leading; }));
    EXPECT_FALSE(cluster.seats[1].coordinator->status().leading);
}

TEST_F(CoordinatorTest, WhoIsCutOffLeadsNoLongerAndLeadsAgainAfterwards) {
    cluster.start(1);
    ASSERT_TRUE(within(2s, [&] { return cluster.number() == 1; }));

    cluster.ensemble.suspend(*cluster.seats[1].znodes);
    cluster.scheduler.advance(10ms);
    EXPECT_EQ(cluster.leaders(), 0U);
    cluster.request(Request::Kind::remove, "redis-2");
    cluster.ensemble.resume(*cluster.seats[1].znodes);

    EXPECT_TRUE(within(1s, [&] { return cluster.number() == 2; }));
}

TEST_F(CoordinatorTest, AllSessionsExpiringAtOnceChangesNothing) {
    for (int i = 1; i <= 2; ++i) cluster.start(i);
    ASSERT_TRUE(within(2s, [&] { return cluster.number() == 1; }));

    cluster.ensemble.expire_all();
    cluster.scheduler.advance(5s);
    EXPECT_TRUE(cluster.children("/nodes").empty());
    for (std::uint16_t i = 1; i <= 3; ++i) {
        cluster.register_node("redis-" + std::to_string(i), static_cast<std::uint16_t>(7000 + i));
    }
    cluster.scheduler.advance(5s);

    EXPECT_EQ(cluster.number(), 1U);
    EXPECT_EQ(cluster.leaders(), 1U);
}

TEST_F(CoordinatorTest, RubbishInEveryZnodeIsIgnoredAndCounted) {
    cluster.start(1);
    ASSERT_TRUE(within(2s, [&] { return cluster.number() == 1; }));

    cluster.create("/nodes/redis-8", "rubbish");
    cluster.create("/nodes/bad name", "{}");
    cluster.create("/gateways/g-x", std::string(1'000, '\0'));
    cluster.create("/gateways/unlike", "[]");
    cluster.create("/requests/r-x.1-", "{", Mode::persistent_sequential);
    cluster.create("/requests/unlike", "{", Mode::persistent);
    cluster.create("/coordinator/unlike", "x");
    cluster.create("/history/unlike", "x", Mode::persistent);
    cluster.set("/view", "rubbish");
    cluster.scheduler.advance(3s);

    EXPECT_EQ(cluster.number(), 1U) << "the view was written again";
    EXPECT_GE(cluster.seats[1].coordinator->status().unreadable_entries, 5U);
    const auto counted = cluster.seats[1].coordinator->status().unreadable_entries;
    cluster.scheduler.advance(30s);
    EXPECT_EQ(cluster.seats[1].coordinator->status().unreadable_entries, counted);
    EXPECT_EQ(cluster.children("/requests"), Lines{"unlike"});
}

/// Coordinators crash, lose their sessions, are cut off in the middle of a write; nodes come and
/// go; operators ask. Whatever happens: numbers only grow; each request has exactly one entry in
/// history and each view one; at the end the queue is empty, everybody is a member whom no operator
/// removed, and no acknowledgement lies about.
class CoordinatorSimulation : public testing::TestWithParam<unsigned> {};

TEST_P(CoordinatorSimulation, WhateverHappensEachRequestIsDoneOnceAndInOrder) {
    std::mt19937 random(GetParam());
    const auto pick = [&](unsigned count) { return random() % count; };
    Cluster cluster;
    std::set<int> alive;
    const auto port = [](int node) { return static_cast<std::uint16_t>(7000 + node); };
    const auto id = [](int node) { return "redis-" + std::to_string(node); };
    const auto complain = [&] {
        Lines silent;
        for (int node = 1; node <= 6; ++node) {
            if (!alive.contains(node)) silent.push_back(id(node));
        }
        cluster.say_as_gateway("gw-1", silent);
        cluster.say_as_gateway("gw-2", silent);
    };
    for (int node = 1; node <= 5; ++node) {
        alive.insert(node);
        cluster.register_node(id(node), port(node));
    }
    complain();
    for (int i = 0; i != 3; ++i) cluster.start(i);
    cluster.scheduler.advance(1'500ms);
    int next = 3;
    std::uint64_t last = cluster.number();
    ASSERT_EQ(last, 1U);

    for (int step = 0; step != 60; ++step) {
        const auto seat = cluster.seats.begin();
        auto chosen = seat;
        std::advance(chosen, pick(static_cast<unsigned>(cluster.seats.size())));
        const int node = static_cast<int>(pick(6)) + 1;
        switch (pick(10)) {
            case 0:
                cluster.crash(chosen->first);
                cluster.start(next++);
                break;
            case 1:
                cluster.ensemble.expire(*chosen->second.znodes);
                break;
            case 2:
                cluster.ensemble.suspend(*chosen->second.znodes);
                break;
            case 3:
                cluster.ensemble.cut_next_write(*chosen->second.znodes,
                                                pick(2) == 0
                                                    ? membership::InProcessEnsemble::Cut::before
                                                    : membership::InProcessEnsemble::Cut::after);
                break;
            case 4:
            case 5:
                if (alive.erase(node) != 0) {
                    cluster.nodes.silent.insert("10.0.0.1:" + std::to_string(port(node)));
                    cluster.remove("/nodes/" + id(node));
                } else {
                    alive.insert(node);
                    cluster.nodes.silent.erase("10.0.0.1:" + std::to_string(port(node)));
                    cluster.register_node(id(node), port(node));
                }
                complain();
                break;
            default:
                cluster.request(pick(2) == 0 ? Request::Kind::add : Request::Kind::remove,
                                id(node));
        }
        for (auto turns = pick(20); turns != 0; --turns) cluster.scheduler.run_one();
        cluster.scheduler.advance(std::chrono::milliseconds(pick(600)));
        if (pick(3) == 0) cluster.expire_ghosts();
        if (pick(2) == 0) cluster.ensemble.resume_all();
        for (auto& [number, held] : cluster.seats) {
            if (pick(2) == 0) cluster.ensemble.resume(*held.znodes);
        }
        const std::uint64_t now = cluster.number();
        ASSERT_GE(now, last) << "step " << step;
        last = now;
    }

    cluster.expire_ghosts();
    for (auto& [number, held] : cluster.seats) cluster.ensemble.resume(*held.znodes);
    for (int node = 1; node <= 6; ++node) {
        if (!alive.insert(node).second) continue;
        cluster.register_node(id(node), port(node));
    }
    cluster.nodes.silent.clear();
    complain();
    // A cut that was prepared may still come with somebody's next write.
    for (int i = 0; i != 10; ++i) {
        cluster.scheduler.advance(20s);
        for (auto& [number, held] : cluster.seats) cluster.ensemble.resume(*held.znodes);
    }

    EXPECT_EQ(cluster.leaders(), 1U);
    EXPECT_TRUE(cluster.children("/acks").empty());
    EXPECT_FALSE(cluster.record()->proposal);
    EXPECT_TRUE(cluster.children("/requests").empty());
    Lines answered;
    std::vector<std::uint64_t> views;
    for (const HistoryEntry& entry : cluster.history()) {
        if (!entry.request.empty()) answered.push_back(entry.request);
        const bool at_once =
            entry.what == "genesis" || entry.what == "address" || entry.what == "death";
        if (entry.done && (entry.steps != 0 || at_once)) views.push_back(entry.view);
    }
    EXPECT_EQ(answered, cluster.requests);
    std::ranges::sort(views);
    EXPECT_EQ(std::ranges::adjacent_find(views), views.end()) << "two entries of one view";
    EXPECT_EQ(views.back(), cluster.number());
}

INSTANTIATE_TEST_SUITE_P(Seeds, CoordinatorSimulation, testing::Range(1U, 41U));

}  // namespace
}  // namespace ringcast::router
