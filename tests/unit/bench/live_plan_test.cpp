#include "live_plan.hpp"

#include "cost.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace ringcast::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Three members with a past, one node on standby, two gateways, nothing under way.
class LivePlanTest : public testing::Test {
protected:
    LivePlanTest() {
        ring::Ring ring = *ring::Ring::genesis({{"b", 100, ""}, {"c", 100, ""}, {"d", 100, ""}}, 7);
        ring = *ring::Ring::next(ring, {{"b", 100, ""}, {"c", 300, ""}, {"d", 100, ""}});
        router::View view{router::ViewNumber{5}, ring, {{"hb", 1}, {"hc", 2}, {"hd", 3}}};
        state.record = router::ViewRecord{std::move(view), {}, {}};
        for (const char* id : {"a", "b", "c", "d"}) {
            router::NodeEntry node;
            node.id = id;
            node.address = {std::string("h") + id, static_cast<std::uint16_t>(id[0])};
            state.nodes.emplace(id, node);
        }
        for (const char* id : {"gw-1", "gw-2"}) {
            router::GatewayEntry gateway;
            gateway.id = id;
            gateway.client_url = std::string("ws://") + id + ":8000/connection/websocket";
            gateway.admin_url = std::string("http://") + id + ":8001";
            gateway.load.clients = 10;
            state.gateways.push_back(gateway);
        }
        state.coordinator = "gw-1";
        wish.change.kind = Change::Kind::add;
    }

    std::string complaint() {
        try {
            (void)target_of(state, wish);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }

    static std::vector<std::string> ids(const std::vector<ring::Member>& members) {
        std::vector<std::string> names;
        for (const auto& member : members) names.push_back(member.id);
        return names;
    }

    ctl::ClusterState state;
    LiveWish wish;
};

TEST_F(LivePlanTest, TheOnlyNodeOnStandbyIsAddedAsTheCoordinatorWould) {
    const LiveTarget target = target_of(state, wish);

    EXPECT_EQ(target.request.kind, router::Request::Kind::add);
    EXPECT_EQ(target.request.node, "a");
    EXPECT_EQ(target.request.rate, 0U) << "the cluster's own";
    EXPECT_EQ(target.rate, state.settings.subscribe_rate);
    EXPECT_EQ(target.leave_seconds_max, state.settings.leave_seconds_max);
    EXPECT_THAT(ids(target.members.before), ElementsAre("b", "c", "d"));
    EXPECT_THAT(ids(target.members.after), ElementsAre("b", "c", "d", "a")) << "the changed last";
    EXPECT_THAT(target.addresses,
                ElementsAre(router::Address{"hb", 1}, router::Address{"hc", 2},
                            router::Address{"hd", 3}, router::Address{"ha", 'a'}));
    EXPECT_EQ(target.rings.before, state.record->in_force.ring);
    EXPECT_TRUE(target.rings.after.find("a"));
    ASSERT_EQ(target.gateways.size(), 2U);
    EXPECT_EQ(target.gateways[1].place.host, "gw-2");
    ASSERT_EQ(target.admin_places.size(), 2U);
    EXPECT_EQ(target.admin_places[1].url, "http://gw-2:8001");
    EXPECT_EQ(target.other_clients, 20U);
}

TEST_F(LivePlanTest, WhatMovesIsCountedOnTheRingAsItIs) {
    wish.node = "a";
    const LiveTarget target = target_of(state, wish);

    const auto costs = costs_of(target.members, target.rings, "bench-", 20'000, {2, 2});

    const ring::Ring& before = target.rings.before;
    const ring::Ring& after = target.rings.after;
    std::uint64_t moved = 0;
    for (std::uint64_t channel = 0; channel < 20'000; ++channel) {
        const std::string name = "bench-" + std::to_string(channel);
        moved += before.members()[before.owner(name)].id != after.members()[after.owner(name)].id;
    }
    EXPECT_EQ(costs.front().channels_moved, moved);
    EXPECT_EQ(costs.front().moved_over_least, 1.0);
    EXPECT_EQ(costs.front().after.back(), moved) << "to the newcomer, which stands last";
}

TEST_F(LivePlanTest, AMemberThatLeavesOrWeighsOtherwiseStandsLast) {
    wish.change.kind = Change::Kind::remove;
    wish.node = "c";
    EXPECT_THAT(ids(target_of(state, wish).members.before), ElementsAre("b", "d", "c"));
    EXPECT_THAT(ids(target_of(state, wish).members.after), ElementsAre("b", "d"));

    wish.change = {Change::Kind::weight, 50};
    wish.rate = 0;
    const LiveTarget target = target_of(state, wish);
    EXPECT_EQ(target.members.after.back().weight, 150U) << "half of what it weighs now";
    EXPECT_EQ(target.request.weight, 150U);
    EXPECT_GT(target.request.rate, 1'000'000U) << "no limit, which 0 does not mean in a request";
}

TEST_F(LivePlanTest, AnotherPlaceThanAnnouncedIsAnotherGateway) {
    wish.urls = {"127.0.0.1:81", "ws://proxy:82/chat"};

    const LiveTarget target = target_of(state, wish);

    ASSERT_EQ(target.gateways.size(), 2U);
    EXPECT_EQ(target.gateways[0].place, (ClientPlace{"127.0.0.1", "81", "/connection/websocket"}));
    EXPECT_EQ(target.gateways[1].place, (ClientPlace{"proxy", "82", "/chat"}));
}

TEST_F(LivePlanTest, GatewaysThatDrainGetNoClients) {
    state.gateways[0].draining = true;

    EXPECT_EQ(target_of(state, wish).gateways.size(), 1U);
    EXPECT_EQ(target_of(state, wish).admin_places.size(), 2U) << "they take part in the handoff";
}

TEST_F(LivePlanTest, ARingThatIsBeingChangedIsLeftAlone) {
    state.requests.push_back({"r-1", {}});
    EXPECT_THAT(complaint(), HasSubstr("ringcastctl watch"));
    state.requests.clear();

    state.settings.paused = true;
    EXPECT_THAT(complaint(), HasSubstr("ringcastctl resume"));
    state.settings.paused = false;

    state.coordinator.reset();
    EXPECT_THAT(complaint(), HasSubstr("no gateway leads"));
    state.coordinator = "gw-1";

    state.record->proposal.emplace(router::ViewRecord::Proposal{state.record->in_force});
    EXPECT_THAT(complaint(), HasSubstr("ringcastctl watch"));
    state.record.reset();
    EXPECT_THAT(complaint(), HasSubstr("no view"));
}

TEST_F(LivePlanTest, WhatOthersAskedForOrDidMeanwhileIsNotMeasured) {
    const LiveTarget target = target_of(state, wish);
    const auto complaint_then = [&] {
        try {
            check_still(state, target);
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(complaint_then(), "");

    state.requests.push_back({"r-1", {}});
    EXPECT_THAT(complaint_then(), HasSubstr("by somebody else"));
    state.requests.clear();

    state.record->in_force.number = router::ViewNumber{6};
    EXPECT_THAT(complaint_then(), HasSubstr("begin again"));
}

TEST_F(LivePlanTest, TheWayBackIsAsFastAsTheWayThere) {
    wish.rate = 500;
    const LiveTarget target = target_of(state, wish);
    ctl::PastChange past{"h-1", {}};
    past.entry.request = "r-1";
    past.entry.what = "add";
    past.entry.node = "a";
    past.entry.done = true;
    past.entry.steps = 1;
    state.history = {past};

    const router::Request back = undo_for(state, "h-1", target.request);

    EXPECT_EQ(back.kind, router::Request::Kind::remove);
    EXPECT_EQ(back.undo_of, "h-1");
    EXPECT_EQ(back.rate, 500U);
    EXPECT_THROW((void)undo_for(state, "h-2", target.request), std::runtime_error);
}

TEST_F(LivePlanTest, ComplaintsSayWhatCouldBeChosen) {
    wish.change.kind = Change::Kind::remove;
    EXPECT_THAT(complaint(), HasSubstr("--node: b, c, d"));
    wish.node = "a";
    EXPECT_THAT(complaint(), HasSubstr("a is no member"));

    wish.change = {Change::Kind::weight, 100};
    wish.node = "c";
    EXPECT_THAT(complaint(), HasSubstr("weighs 300"));

    wish.change.kind = Change::Kind::add;
    EXPECT_THAT(complaint(), HasSubstr("c is not on standby (these are: a)"));
    wish.node.clear();
    state.nodes.erase("a");
    EXPECT_THAT(complaint(), HasSubstr("start a Redis"));
    state.nodes.emplace("x", router::NodeEntry{});
    state.nodes.emplace("y", router::NodeEntry{});
    EXPECT_THAT(complaint(), HasSubstr("--node: x, y"));
}

TEST_F(LivePlanTest, AGatewayThatTakesOnlyTlsIsToBeReachedOtherwise) {
    state.gateways[1].client_url = "wss://chat.example.org/connection/websocket";

    EXPECT_THAT(complaint(), HasSubstr("--urls"));
}

}  // namespace
}  // namespace ringcast::bench
