#include "command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace ringcast::bench {
namespace {

using testing::HasSubstr;

Parsed parsed(std::vector<const char*> words) {
    words.insert(words.begin(), {"ringcast-bench", "rebalance"});
    return parse(static_cast<int>(words.size()), words.data());
}

TEST(BenchCommandLineTest, SimulateTakesPairsAndOptions) {
    const auto line = parsed({"--simulate", "nodes=140", "channels=100000000", "gateways=8",
                              "subscribers=3", "rate=0", "--change", "remove", "-o", "json"});

    ASSERT_FALSE(line.exit) << line.text;
    EXPECT_TRUE(line.rebalance.simulate);
    EXPECT_EQ(line.rebalance.nodes, 140U);
    EXPECT_EQ(line.rebalance.channels, 100'000'000U);
    EXPECT_EQ(line.rebalance.spread.gateways, 8U);
    EXPECT_EQ(line.rebalance.spread.subscribers, 3U);
    EXPECT_EQ(line.rebalance.speeds.rate, 0U);
    EXPECT_EQ(line.rebalance.change.kind, Change::Kind::remove);
    EXPECT_EQ(line.rebalance.output, Output::json);
}

TEST(BenchCommandLineTest, SimulateAloneTakesTheDefaults) {
    EXPECT_TRUE(parsed({"--simulate"}).rebalance.simulate);
    const auto line = parsed({"--simulate", "--nodes", "7"});
    ASSERT_FALSE(line.exit) << line.text;
    EXPECT_TRUE(line.rebalance.simulate);
    EXPECT_EQ(line.rebalance.nodes, 7U);
    EXPECT_FALSE(parsed({"--nodes", "5"}).rebalance.simulate);
}

TEST(BenchCommandLineTest, ComplaintsNameWhatIsWrong) {
    const auto complaint = [](std::vector<const char*> words) {
        const auto line = parsed(std::move(words));
        EXPECT_EQ(line.exit, ExitCode::wrong_use);
        return line.text;
    };
    EXPECT_THAT(complaint({"--simulate", "node=3"}), HasSubstr("unknown 'node'"));
    EXPECT_THAT(complaint({"--simulate", "rate=5000000000"}), HasSubstr("at most 4294967295"));
    EXPECT_THAT(complaint({"--simulate", "nodes=many"}), HasSubstr("'nodes=many'"));
    EXPECT_THAT(complaint({"--simulate", "nodes"}), HasSubstr("'nodes'"));
    EXPECT_THAT(complaint({"--simulate", "nodes="}), HasSubstr("'nodes='"));
    EXPECT_THAT(complaint({"--simulate", "nodes=0"}), HasSubstr("nodes must"));
    EXPECT_THAT(complaint({"--simulate", "nodes=1", "--change", "crash"}), HasSubstr("at least 2"));
    EXPECT_THAT(complaint({"--simulate", "gateways=2", "subscribers=3"}), HasSubstr("subscribers"));
    EXPECT_THAT(complaint({"--change", "sideways"}), HasSubstr("sideways"));
    EXPECT_THAT(complaint({"--weight", "0"}), HasSubstr("--weight"));
}

/// No view would ever come of it, so the bench would wait until it loses patience.
TEST(BenchCommandLineTest, AWeightThatEveryNodeHasAlreadyIsNotMeasured) {
    const auto line = parsed({"--change", "weight", "--weight", "100"});

    EXPECT_EQ(line.exit, ExitCode::wrong_use);
    EXPECT_THAT(line.text, HasSubstr("--weight 100 is what every node weighs already"));
    EXPECT_THAT(line.text, HasSubstr("give another --weight"));
    EXPECT_FALSE(parsed({"--change", "weight", "--weight", "101"}).exit);
    EXPECT_FALSE(parsed({"--change", "weight"}).exit);
    EXPECT_FALSE(parsed({"--weight", "100"}).exit) << "an addition has nothing to do with it";
    EXPECT_FALSE(parsed({"--simulate", "--change", "weight", "--weight", "100"}).exit)
        << "it counts that nothing moves";
}

TEST(BenchCommandLineTest, ATimelineIsAnSvgOrAPngOfWhatHappensOverTime) {
    EXPECT_EQ(parsed({"--timeline", "t.svg"}).rebalance.timeline, "t.svg");
    EXPECT_EQ(parsed({"--timeline", "a.b/t.png"}).rebalance.timeline, "a.b/t.png");
    EXPECT_EQ(parsed({"--svg", "t.svg"}).rebalance.timeline, "t.svg") << "its former name";

    for (const char* file : {"t.jpg", "t", "t.svg.gz", "png"}) {
        const auto line = parsed({"--timeline", file});
        EXPECT_EQ(line.exit, ExitCode::wrong_use) << file;
        EXPECT_THAT(line.text, HasSubstr(".svg or .png"));
    }
    const auto counted = parsed({"--simulate", "nodes=4", "--svg", "t.svg"});
    EXPECT_EQ(counted.exit, ExitCode::wrong_use);
    EXPECT_THAT(counted.text, HasSubstr("--timeline does not go with --simulate"));
}

TEST(BenchCommandLineTest, AGatewayLagsBehindANaiveSwitchOnly) {
    EXPECT_EQ(parsed({"--naive-lag", "200"}).rebalance.naive_lag_ms, 200U);

    EXPECT_THAT(parsed({"--naive-lag", "200", "--way", "handoff"}).text,
                HasSubstr("goes with --way naive"));
    EXPECT_THAT(parsed({"--naive-lag", "5000"}).text, HasSubstr("at most 2000"));
}

TEST(BenchCommandLineTest, NoPayloadIsTakenThatWouldNotBeSent) {
    EXPECT_FALSE(parsed({"--payload", "24"}).exit);
    EXPECT_THAT(parsed({"--payload", "23"}).text, HasSubstr("--payload must be 24 to 60000"));
    EXPECT_FALSE(parsed({"--cluster", "chat", "--payload", "71"}).exit);
    EXPECT_THAT(parsed({"--cluster", "chat", "--payload", "70"}).text,
                HasSubstr("--payload must be 71 to 60000"));
    EXPECT_THAT(parsed({"--payload", "60001"}).text, HasSubstr("--payload must be"));
}

TEST(BenchCommandLineTest, AnUnknownCommandIsNamedWithWhatThereIs) {
    const auto of = [](std::vector<const char*> words) {
        words.insert(words.begin(), "ringcast-bench");
        return parse(static_cast<int>(words.size()), words.data());
    };
    EXPECT_EQ(of({"foo"}).exit, ExitCode::wrong_use);
    EXPECT_THAT(of({"foo"}).text, HasSubstr("unknown command 'foo': there is `rebalance`"));
    EXPECT_THAT(of({}).text, HasSubstr("no command: there is `rebalance`"));
    EXPECT_THAT(of({"--channels", "4"}).text, HasSubstr("no command"));
    EXPECT_EQ(of({"--help"}).exit, ExitCode::done);
    EXPECT_THAT(of({"rebalance", "foo"}).text, HasSubstr("foo"));
}

TEST(BenchCommandLineTest, HelpTellsTheExitCodes) {
    EXPECT_THAT(parsed({"--help"}).text, HasSubstr("--strict"));
    const char* words[] = {"ringcast-bench", "--help"};
    EXPECT_THAT(parse(2, words).text, HasSubstr("3 a promise was broken"));
}

TEST(BenchCommandLineTest, ABrokenPromiseIsToldWhateverElseHappened) {
    for (const bool interrupted : {false, true}) {
        EXPECT_EQ(ended(ExitCode::promise_broken, true, interrupted), ExitCode::promise_broken);
        for (const ExitCode judged : {ExitCode::done, ExitCode::failed, ExitCode::figure_missed}) {
            EXPECT_EQ(ended(judged, false, interrupted), judged);
            EXPECT_EQ(ended(judged, true, interrupted),
                      interrupted ? ExitCode::interrupted_run : ExitCode::failed);
        }
    }
}

TEST(BenchCommandLineTest, ARunningClusterIsNamedAsForRingcastctl) {
    const auto line =
        parsed({"--zookeeper", "zk1:1,zk2:2", "--cluster", "chat", "--change", "remove", "--node",
                "redis-3", "--urls", "gw1:80,ws://gw2:80/x", "--token", "a.b.c", "--prefix",
                "load:", "--connections", "40", "--undo", "-o", "json"});

    ASSERT_FALSE(line.exit) << line.text;
    ASSERT_TRUE(line.rebalance.running);
    const Running& running = *line.rebalance.running;
    EXPECT_EQ(running.zookeeper, "zk1:1,zk2:2");
    EXPECT_EQ(running.cluster, "chat");
    EXPECT_EQ(running.node, "redis-3");
    EXPECT_THAT(running.urls, testing::ElementsAre("gw1:80", "ws://gw2:80/x"));
    EXPECT_EQ(running.token, "a.b.c");
    EXPECT_EQ(running.prefix, "load:");
    EXPECT_EQ(running.connections, 40U);
    EXPECT_TRUE(running.undo);
    EXPECT_FALSE(running.rate) << "the cluster's own";
    EXPECT_THAT(line.rebalance.ways, testing::ElementsAre("handoff"));
}

TEST(BenchCommandLineTest, WhatIsNotAskedOfARunningClusterStaysSmall) {
    const auto usual = parsed({"--cluster", "chat"});
    ASSERT_TRUE(usual.rebalance.running) << usual.text;
    EXPECT_EQ(usual.rebalance.channels, 10'000U);
    EXPECT_EQ(usual.rebalance.messages_per_second, 1'000);

    const auto said =
        parsed({"--cluster", "chat", "--channels", "100000", "--messages", "5000", "--rate", "0"});
    ASSERT_TRUE(said.rebalance.running) << said.text;
    EXPECT_EQ(said.rebalance.channels, 100'000U);
    EXPECT_EQ(said.rebalance.messages_per_second, 5'000);
    EXPECT_EQ(said.rebalance.running->rate, 0U);
}

TEST(BenchCommandLineTest, TheEnvironmentSaysWhatTheLineDoesNot) {
    ::setenv("RINGCAST_ZOOKEEPER", "zk9:1", 1);
    ::setenv("RINGCAST_CLUSTER", "talk", 1);
    ::setenv("RINGCAST_BENCH_TOKEN", "x.y.z", 1);
    const auto alone = parsed({"--cluster"});
    const auto said = parsed({"--cluster", "chat", "--zookeeper", "zk1:1", "--token", "a.b.c"});
    const auto own = parsed({});
    ::unsetenv("RINGCAST_ZOOKEEPER");
    ::unsetenv("RINGCAST_CLUSTER");
    ::unsetenv("RINGCAST_BENCH_TOKEN");

    ASSERT_TRUE(alone.rebalance.running && said.rebalance.running);
    EXPECT_EQ(alone.rebalance.running->zookeeper, "zk9:1");
    EXPECT_EQ(alone.rebalance.running->cluster, "talk");
    EXPECT_EQ(alone.rebalance.running->token, "x.y.z");
    EXPECT_EQ(said.rebalance.running->zookeeper, "zk1:1");
    EXPECT_EQ(said.rebalance.running->cluster, "chat");
    EXPECT_EQ(said.rebalance.running->token, "a.b.c");
    EXPECT_FALSE(own.rebalance.running) << "nobody's cluster is changed unasked";
    EXPECT_EQ(parsed({"--cluster"}).rebalance.running->cluster, "ringcast");
}

TEST(BenchCommandLineTest, ARunningClusterIsNeitherBrokenNorMadeUp) {
    const auto complaint = [](std::vector<const char*> words) {
        const auto line = parsed(std::move(words));
        EXPECT_EQ(line.exit, ExitCode::wrong_use);
        return line.text;
    };
    EXPECT_THAT(complaint({"--cluster", "c", "--change", "crash"}),
                HasSubstr("leave out --cluster"));
    EXPECT_THAT(complaint({"--cluster", "c", "--way", "naive"}), HasSubstr("would lose messages"));
    EXPECT_THAT(complaint({"--cluster", "c", "--way", "handoff,naive"}), HasSubstr("--way naive"));
    EXPECT_THAT(complaint({"--cluster", "c", "--simulate"}), HasSubstr("--simulate does not go"));
    EXPECT_THAT(complaint({"--cluster", "c", "--nodes", "3"}), HasSubstr("--nodes does not go"));
    EXPECT_THAT(complaint({"--cluster", "c", "--gateways", "3"}), HasSubstr("--gateways does"));
    EXPECT_THAT(complaint({"--cluster", "c", "--seed", "3"}), HasSubstr("--seed does not go"));
    EXPECT_THAT(complaint({"--cluster", "a/b"}), HasSubstr("--cluster must"));
    EXPECT_THAT(complaint({"--cluster", "c", "--prefix", "a#b"}), HasSubstr("--prefix must"));
    EXPECT_THAT(complaint({"--cluster", "c", "--prefix", ""}), HasSubstr("--prefix must"));
    EXPECT_THAT(complaint({"--cluster", "c", "--messages", "0"}), HasSubstr("--messages must"));
    for (const char* option : {"--zookeeper", "--node", "--urls", "--token", "--prefix",
                               "--connections", "--digest-file"}) {
        EXPECT_THAT(complaint({option, "1"}),
                    HasSubstr(std::string(option) + " goes with --cluster"));
    }
    EXPECT_THAT(complaint({"--undo"}), HasSubstr("--undo goes with --cluster"));
}

TEST(BenchCommandLineTest, ATokenIsNeverPrinted) {
    ::setenv("RINGCAST_BENCH_TOKEN", "s.e.cret", 1);
    for (const auto& line : {parsed({"--help"}), parsed({"--cluster", "c", "--way", "naive"})}) {
        EXPECT_THAT(line.text, testing::Not(HasSubstr("s.e.cret")));
    }
    ::unsetenv("RINGCAST_BENCH_TOKEN");
}

}  // namespace
}  // namespace ringcast::bench
