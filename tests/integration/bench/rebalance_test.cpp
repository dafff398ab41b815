#include "bench_cluster.hpp"
#include "bounds.hpp"
#include "measurement.hpp"
#include "prediction.hpp"
#include "redis_server.hpp"
#include "temporary_folder.hpp"
#include "timeline_file.hpp"
#include "zookeeper_server.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

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
        if (way == Way::naive) settings.naive_lag = 300ms;
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

/// One gateway publishes on what moves, at 375 messages a second, for 300 ms in which the other has
/// not heard of it and is subscribed elsewhere: each of these is lost to that one.
TEST_F(RebalanceTest, TheNaiveSwitchIsSeenToLoseMessages) {
    const Measurement naive = run(Way::naive, {Change::Kind::add, 0});

    EXPECT_GT(naive.verdict.lost, 50U) << "by luck alone it is a dozen";
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
    // Each that moves once, beside those of new connections to the control channel.
    const Subscriptions subscriptions = handoff.subscriptions.value();
    EXPECT_GE(subscriptions.made, plan.subscriptions_moved);
    EXPECT_LE(subscriptions.made, plan.subscriptions_moved + 2U * handoff.nodes.size());
    EXPECT_GE(subscriptions.dropped, plan.subscriptions_moved);
    EXPECT_LE(subscriptions.dropped, plan.subscriptions_moved + 2U * handoff.nodes.size());
    const std::uint64_t subscribes = handoff.subscribes.value();
    EXPECT_LE(subscribes, handoff.subscribes_max);
    // To the command, but for new connections: each says so to the control channel.
    EXPECT_GE(subscribes, plan.subscribe_commands);
    EXPECT_LE(subscribes, plan.subscribe_commands + 2U * handoff.nodes.size());
    ASSERT_TRUE(handoff.phases.took);
    const double took_s = std::chrono::duration<double>(*handoff.phases.took).count();
    EXPECT_GE(took_s, 0.8 * predict(plan, speeds).total_s()) << "it keeps to the rate";
    EXPECT_LE(took_s, handoff.seconds()) << "from outside it is seen a little later";
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
    EXPECT_EQ(exit_code_of({crash}, plan, true), ExitCode::done);
    EXPECT_EQ(crash.channels_moved, plan.channels_moved);
    EXPECT_EQ(moved_over_least(crash, plan), 1.0);
}

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(TimelineFileTest, IsDrawnAsItsNameSays) {
    std::signal(SIGPIPE, SIG_IGN);
    const test::TemporaryFolder folder("ringcast-timeline");
    const auto svg = folder.path() / "it's.svg";
    const auto png = folder.path() / "it's.png";
    if (const auto missing = missing_for(png)) GTEST_SKIP() << *missing;
    Timeline timeline;
    timeline.panels = {{"milliseconds", {{"p99", {{0, 1}, {1, 3}}}}}};

    draw(timeline, svg);
    draw(timeline, png);

    EXPECT_TRUE(content_of(svg).starts_with("<svg"));
    EXPECT_TRUE(content_of(png).starts_with("\x89PNG\r\n"));
}

TEST(TimelineFileTest, WhatCannotBeDrawnIsSaidBeforeAnythingIsMeasured) {
    const char* const path = std::getenv("PATH");
    const std::string before = path == nullptr ? "" : path;
    ::setenv("PATH", "/nowhere", 1);
    const auto tool = missing_for("timeline.png");
    ::setenv("PATH", before.c_str(), 1);

    const auto folder = missing_for("/nowhere/timeline.svg");

    ASSERT_TRUE(tool && folder);
    EXPECT_NE(tool->find("install librsvg2-bin"), std::string::npos) << *tool;
    EXPECT_NE(folder->find("there is no folder /nowhere"), std::string::npos) << *folder;
    EXPECT_FALSE(missing_for("timeline.svg"));
}

}  // namespace
}  // namespace ringcast::bench
