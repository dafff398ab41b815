#include "going_on.hpp"

#include "a_record.hpp"
#include "undo.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using router::Request;
using Kind = Request::Kind;

PastChange past(const std::string& what, bool done, std::uint32_t steps = 1) {
    PastChange change{"h-" + what, {}};
    change.entry.request = "r-1";
    change.entry.what = what;
    change.entry.node = "redis-4";
    change.entry.done = done;
    change.entry.steps = steps;
    return change;
}

/// redis-4 registered with a weight of 100, and is a member of weight 25.
ClusterState half_added(std::vector<PastChange> history) {
    ClusterState state;
    state.record = a_record({{"redis-1", 100, ""}, {"redis-4", 25, ""}});
    state.nodes.emplace("redis-4", a_registered_node("redis-4"));
    state.history = std::move(history);
    return state;
}

const Request again{.kind = Kind::add, .node = "redis-4"};
const Request rest{.kind = Kind::weight, .node = "redis-4", .weight = 100};

TEST(CtlGoingOnTest, AnAdditionGoesOnWhereOneWasGivenUp) {
    EXPECT_EQ(going_on(half_added({past("add", false)}), again), rest);
    Request heavier = again;
    heavier.weight = 300;
    EXPECT_EQ(going_on(half_added({past("add", false)}), heavier).weight, 300U);
    EXPECT_EQ(going_on(half_added({past("add", false), past("weight", false)}), again), rest)
        << "and that was given up, too";
    EXPECT_EQ(going_on(half_added({past("add", false), past("add", false, 0)}), again), rest)
        << "what was refused has changed nothing";
}

TEST(CtlGoingOnTest, AWeightThatSomebodyWantedStays) {
    EXPECT_EQ(going_on(half_added({past("add", true)}), again), again);
    EXPECT_EQ(going_on(half_added({past("add", false), past("weight", true)}), again), again);
    EXPECT_EQ(going_on(half_added({past("add", false, 0)}), again), again) << "it never began";
    EXPECT_EQ(going_on(half_added({}), again), again);

    ClusterState gone = half_added({past("add", false)});
    gone.record->in_force.ring = *ring::Ring::genesis({{"redis-1", 100, ""}});
    EXPECT_EQ(going_on(gone, again), again) << "it is to be added once more";
    gone.record.reset();
    EXPECT_EQ(going_on(gone, again), again);
    ClusterState unregistered = half_added({past("add", false)});
    unregistered.nodes.clear();
    EXPECT_EQ(going_on(unregistered, again), again) << "nobody knows its weight";
    const Request removal{.kind = Kind::remove, .node = "redis-4"};
    EXPECT_EQ(going_on(half_added({past("add", false)}), removal), removal);
}

TEST(CtlGoingOnTest, SomebodyWhoWantsItsWeightAsItIsIsHeard) {
    EXPECT_EQ(going_on(half_added({past("add", false), past("weight", true, 0)}), again), again);
}

TEST(CtlGoingOnTest, WhatIsAskedForAboutTheNodeDecidesFirst) {
    for (const Request& other : {Request{.kind = Kind::remove, .node = "redis-4"},
                                 Request{.kind = Kind::weight, .node = "redis-4", .weight = 200}}) {
        ClusterState state = half_added({past("add", false)});
        state.requests = {{"r-2", other}};
        EXPECT_EQ(going_on(state, again), again);
        state.requests.push_back({"r-3", rest});
        EXPECT_EQ(going_on(state, again), again);
    }
    ClusterState state = half_added({past("add", false)});
    state.requests = {{"r-1", again}, {"r-2", rest}, {"r-3", std::nullopt}};
    EXPECT_EQ(going_on(state, again), rest) << "it has ended, it is the same, it is not readable";
    state.requests = {{"r-2", Request{.kind = Kind::remove, .node = "redis-1"}}};
    EXPECT_EQ(going_on(state, again), rest) << "of another node";
}

TEST(CtlGoingOnTest, AnUndoThatWasGivenUpGoesOnToo) {
    PastChange removal = past("remove", true);
    removal.entry.weight_before = 200;
    removal.entry.pins = {"news"};
    PastChange undoing = past("add", false);
    undoing.entry.undo_of = removal.name;
    const Undo undo = undo_now(half_added({removal, undoing}), removal.name);
    EXPECT_EQ(undo.request, (Request{.kind = Kind::weight,
                                     .node = "redis-4",
                                     .weight = 200,
                                     .undo_of = removal.name}));
}

}  // namespace
}  // namespace ringcast::ctl
