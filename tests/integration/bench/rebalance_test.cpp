#include "bench_cluster.hpp"
#include "live_report.hpp"
#include "measurement.hpp"
#include "prediction.hpp"
#include "redis_server.hpp"
#include "zookeeper_server.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <csignal>

namespace ringcast::bench {
namespace {

/// A few thousand channels on three or four nodes, changed once under load.
class RebalanceTest : public testing::Test {
protected:
    void SetUp() override {
        std::signal(SIGPIPE, SIG_IGN);
        for (const auto& why : {test::RedisServer::missing(), test::ZooKeeperServer::missing()}) {
            if (why) GTEST_SKIP() << *why;
        }
        zookeeper.start();
    }

    Measurement run(Way way, Change change) {
        const Members members(3, change);
        BenchCluster::Settings settings;
        settings.load.channels = 4'000;
        settings.load.spread = {2, 2};
        settings.load.messages_per_second = 1'500;
        settings.load.busy_channels = 500;
        settings.change = change;
        settings.rate = speeds.rate;
        settings.zookeeper = zookeeper.address();
        settings.name = "bench";
        plan =
            costs_of(members, change, settings.load.channels, settings.load.spread, settings.seed)
                .front();
        const auto log = std::make_shared<spdlog::logger>(
            "bench", std::make_shared<spdlog::sinks::null_sink_mt>());
        BenchCluster cluster(settings, members, log);
        return measure(cluster, {settings.load, change, 1, 1}, way, plan);
    }

    test::ZooKeeperServer zookeeper;
    Cost plan;
    Speeds speeds;
};

TEST_F(RebalanceTest, TheNaiveSwitchIsSeenToLoseMessages) {
    const Measurement naive = run(Way::naive, {Change::Kind::add, 0});

    EXPECT_GT(naive.verdict.gaps, 0U);
    EXPECT_EQ(naive.verdict.lost_untold, 0U);
    EXPECT_EQ(naive.verdict.duplicated, 0U);
    EXPECT_EQ(naive.channels_moved, plan.channels_moved);
    EXPECT_EQ(naive.nodes.back().channels, plan.after.back() + 1) << "and the control channel";
}

class HandoffTest : public RebalanceTest, public testing::WithParamInterface<Change> {};

TEST_P(HandoffTest, LosesNothingAndMovesNoMoreThanItMust) {
    const Measurement handoff = run(Way::handoff, GetParam());

    const Verdict& verdict = handoff.verdict;
    EXPECT_TRUE(verdict.spotless())
        << verdict.lost << " lost, " << verdict.duplicated << " duplicated, " << verdict.reordered
        << " reordered, " << verdict.invented << " invented, " << verdict.gaps << " gaps told, "
        << verdict.failed << " failed, " << verdict.unanswered << " unanswered";
    EXPECT_GT(verdict.accepted, 1'000U);
    EXPECT_EQ(handoff.channels_moved, plan.channels_moved);
    EXPECT_EQ(moved_over_least(handoff, plan), 1.0);
    const std::uint64_t subscribes = handoff.subscribes.value();
    EXPECT_LE(subscribes, handoff.subscribes_max);
    // To the command, but for new connections: each says so to the control channel.
    EXPECT_GE(subscribes, plan.subscribe_commands);
    EXPECT_LE(subscribes, plan.subscribe_commands + 2U * handoff.nodes.size());
    EXPECT_GE(handoff.seconds(), 0.8 * predict(plan, speeds).total_s()) << "it keeps to the rate";
    for (std::size_t node = 0; node < handoff.nodes.size(); ++node) {
        const auto takes = [&](const Flow& flow) { return flow.to == node; };
        if (std::any_of(plan.flows.begin(), plan.flows.end(), takes)) continue;
        EXPECT_EQ(handoff.nodes[node].subscribes, 0U) << "at a node that gains nothing";
    }
}

INSTANTIATE_TEST_SUITE_P(Of, HandoffTest,
                         testing::Values(Change{Change::Kind::add, 0},
                                         Change{Change::Kind::remove, 0},
                                         Change{Change::Kind::weight, 250}),
                         [](const auto& one) { return std::string(name_of(one.param.kind)); });

TEST_F(RebalanceTest, WhoeverLosesANodeIsTold) {
    const Measurement crash = run(Way::handoff, {Change::Kind::crash, 0});

    EXPECT_GT(crash.verdict.gaps, 0U);
    EXPECT_EQ(crash.verdict.lost_untold, 0U);
    EXPECT_EQ(crash.verdict.duplicated, 0U);
    EXPECT_EQ(crash.verdict.reordered, 0U);
    EXPECT_EQ(crash.channels_moved, plan.channels_moved);
    EXPECT_EQ(moved_over_least(crash, plan), 1.0);
}

}  // namespace
}  // namespace ringcast::bench
