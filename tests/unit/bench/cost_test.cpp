#include "cost.hpp"

#include "key_slot.hpp"
#include "prediction.hpp"
#include "ringcast/ring/diff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace ringcast::bench {
namespace {

constexpr std::uint64_t seed = 3;
constexpr std::uint64_t channels = 30'000;
const Spread spread{5, 2};

TEST(CostTest, NamesAreDistinctAndGatewaysGetEqualShares) {
    std::set<std::string> names;
    std::array<std::size_t, 5> by_gateway{};
    for (std::uint64_t number = 0; number < channels; ++number) {
        names.emplace(ChannelName(number).text());
        ASSERT_NE(spread.gateway(number, 0), spread.gateway(number, 1));
        ++by_gateway[spread.gateway(number, 0)];
        ++by_gateway[spread.gateway(number, 1)];
    }

    EXPECT_EQ(names.size(), channels);
    for (const std::size_t count : by_gateway) EXPECT_NEAR(double(count), 12'000, 400);
}

/// The ring's cost again, channel by channel from the ring itself, and from its diff.
TEST(CostTest, TheRingsCostIsThatOfEachChannelAlone) {
    const Change change;
    const Members members(6, change);
    const auto before = *ring::Ring::genesis(members.before, seed);
    const auto after = *ring::Ring::next(before, members.after);
    std::uint64_t moved = 0;
    std::map<std::pair<NodeIndex, NodeIndex>, std::uint64_t> flows;
    std::map<std::pair<std::size_t, NodeIndex>, std::uint64_t> gained;
    std::vector<std::uint64_t> by_gateway(spread.gateways);
    std::vector<std::uint64_t> load(7);
    for (std::uint64_t number = 0; number < channels; ++number) {
        const ChannelName name(number);
        const NodeIndex from = before.owner(name.text());
        const NodeIndex to = after.owner(name.text());
        ++load[to];
        if (from == to) continue;
        ++moved;
        ++flows[{from, to}];
        for (std::size_t which = 0; which < spread.subscribers; ++which) {
            ++by_gateway[spread.gateway(number, which)];
            ++gained[{spread.gateway(number, which), to}];
        }
    }
    std::uint64_t commands = 0;
    for (const auto& [where, count] : gained) commands += (count + 511) / 512;

    const Cost cost = costs_of(members, change, channels, spread, seed).front();

    EXPECT_EQ(cost.channels_moved, moved);
    EXPECT_EQ(cost.subscriptions_moved, 2 * moved);
    EXPECT_EQ(cost.by_gateway, by_gateway);
    EXPECT_EQ(cost.after, load);
    EXPECT_EQ(cost.subscribe_commands, commands);
    EXPECT_EQ(cost.cluster_commands, 0U);
    EXPECT_EQ(cost.units_moved, ring::diff(before, after).arcs_moved());
    EXPECT_EQ(cost.moved_over_least, 1.0);
    ASSERT_EQ(cost.flows.size(), flows.size());
    for (const Flow& flow : cost.flows) {
        EXPECT_EQ(flow.channels, (flows[{flow.from, flow.to}]));
        EXPECT_EQ(flow.subscriptions, 2 * flow.channels);
        EXPECT_EQ(flow.to, 6) << "only the newcomer takes";
    }
}

TEST(CostTest, ModuloMovesAllButEveryNth) {
    const Change change;
    const auto costs = costs_of(Members(4, change), change, channels, spread, seed);

    const Cost& modulo = costs[1];

    EXPECT_EQ(modulo.scheme, Scheme::modulo);
    EXPECT_NEAR(double(modulo.channels_moved) / channels, 0.8, 0.01);
    EXPECT_NEAR(modulo.moved_over_least.value(), 4.0, 0.05);
}

TEST(CostTest, TheClassicRingIsUnevenAndModuloKnowsNoWeights) {
    const Change change{Change::Kind::weight, 200};
    const auto costs = costs_of(Members(6, change), change, channels, spread, seed);

    EXPECT_GT(costs[2].busiest_before, costs[0].busiest_before);
    EXPECT_FALSE(costs[1].moved_over_least.has_value());
    EXPECT_EQ(costs[1].units_moved, 0U);
}

/// One of six nodes gets twice the weight, so that 6 shares become 7.
TEST(CostTest, TheBusiestNodeIsTheOneWithMostForItsWeight) {
    const Change change{Change::Kind::weight, 200};
    for (const Cost& cost : costs_of(Members(6, change), change, channels, spread, seed)) {
        double before = 0;
        double after = 0;
        for (std::size_t node = 0; node < 6; ++node) {
            const double shares = node == 5 ? 2 : 1;
            before = std::max(before, double(cost.before[node]) / (1 / 6.0 * channels));
            after = std::max(after, double(cost.after[node]) / (shares / 7 * channels));
        }

        EXPECT_DOUBLE_EQ(cost.busiest_before, before) << name_of(cost.scheme);
        EXPECT_DOUBLE_EQ(cost.busiest_after, after) << name_of(cost.scheme);
    }
}

/// In a cluster a command's channels are of one slot, so few channels take many commands.
TEST(CostTest, ARedisClusterSubscribesSlotBySlot) {
    const Change change;
    const Members members(4, change);
    const auto costs = costs_of(members, change, channels, spread, seed);
    const Placements placements(members, change, seed);
    const Placement& slots = placements.of(Scheme::slots);
    std::set<std::pair<std::size_t, std::size_t>> touched;
    for (std::uint64_t number = 0; number < channels; ++number) {
        const std::size_t slot = key_slot(ChannelName(number).text());
        if (slots.before[slot] == slots.after[slot]) continue;
        for (std::size_t which = 0; which < spread.subscribers; ++which) {
            touched.emplace(slot, spread.gateway(number, which));
        }
    }

    const Cost& cost = costs[3];

    EXPECT_EQ(cost.subscribe_commands, touched.size());
    EXPECT_EQ(cost.units_moved, slot_count / 5);
    EXPECT_EQ(cost.cluster_commands, 5 * cost.units_moved);
}

TEST(CostTest, WhatNodesCarryAddsUp) {
    for (const auto kind : {Change::Kind::add, Change::Kind::remove, Change::Kind::crash}) {
        const Change change{kind, 0};
        for (const Cost& cost : costs_of(Members(5, change), change, channels, spread, seed)) {
            EXPECT_EQ(std::accumulate(cost.before.begin(), cost.before.end(), 0ULL), channels);
            EXPECT_EQ(std::accumulate(cost.after.begin(), cost.after.end(), 0ULL), channels);
        }
    }
}

TEST(PredictionTest, TheSlowestOfRateGatewayAndNodeCounts) {
    Cost cost;
    cost.by_gateway = {102'400, 60'000};
    cost.after.resize(3);
    cost.flows = {{0, 2, 102'400, 102'400}, {1, 2, 60'000, 60'000}};
    Speeds speeds;
    speeds.prepare_ms = speeds.fence_ms = speeds.leave_ms = 0;
    speeds.gateway_us = speeds.node_us = speeds.leave_us = 1;

    speeds.rate = 20'000;
    EXPECT_DOUBLE_EQ(predict(cost, speeds).prepare_s, 5.12);
    EXPECT_DOUBLE_EQ(predict(cost, speeds).leave_s, 5.12);
    EXPECT_EQ(predict(cost, speeds).bound, "rate");

    speeds.rate = 0;
    EXPECT_DOUBLE_EQ(predict(cost, speeds).prepare_s, 0.1624) << "the taker has both gateways";
    EXPECT_DOUBLE_EQ(predict(cost, speeds).leave_s, 0.1024) << "the givers have one flow each";
    EXPECT_EQ(predict(cost, speeds).bound, "node");

    speeds.gateway_us = 4;
    speeds.leave_us = 10;
    EXPECT_DOUBLE_EQ(predict(cost, speeds).total_s(), 0.4096 + 1.024);
    EXPECT_EQ(predict(cost, speeds).bound, "gateway");
}

TEST(PredictionTest, WhatDoesNotDependOnTheChannelsComesOnTop) {
    Cost cost;
    cost.by_gateway = {1};
    cost.after.resize(2);
    cost.flows = {{0, 1, 1, 1}};
    Speeds speeds;
    speeds.rate = 1'000;
    speeds.prepare_ms = 10;
    speeds.fence_ms = 20;
    speeds.leave_ms = 30;

    const Prediction time = predict(cost, speeds);

    EXPECT_DOUBLE_EQ(time.prepare_s, 0.11)
        << "a slice of 100 waits its time, however few are in it";
    EXPECT_DOUBLE_EQ(time.fence_s, 0.02);
    EXPECT_DOUBLE_EQ(time.leave_s, 0.13);
}

}  // namespace
}  // namespace ringcast::bench
