#include "command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    EXPECT_FALSE(parsed({"--nodes", "5"}).rebalance.simulate);
}

TEST(BenchCommandLineTest, ComplaintsNameWhatIsWrong) {
    const auto complaint = [](std::vector<const char*> words) {
        const auto line = parsed(std::move(words));
        EXPECT_EQ(line.exit, ExitCode::wrong_use);
        return line.text;
    };
    EXPECT_THAT(complaint({"--simulate", "node=3"}), HasSubstr("unknown 'node'"));
    EXPECT_THAT(complaint({"--simulate", "nodes=many"}), HasSubstr("'nodes=many'"));
    EXPECT_THAT(complaint({"--simulate", "nodes"}), HasSubstr("'nodes'"));
    EXPECT_THAT(complaint({"--simulate", "nodes="}), HasSubstr("'nodes='"));
    EXPECT_THAT(complaint({"--simulate", "nodes=0"}), HasSubstr("nodes must"));
    EXPECT_THAT(complaint({"--simulate", "nodes=1", "--change", "crash"}), HasSubstr("at least 2"));
    EXPECT_THAT(complaint({"--simulate", "gateways=2", "subscribers=3"}), HasSubstr("subscribers"));
    EXPECT_THAT(complaint({"--change", "sideways"}), HasSubstr("sideways"));
    EXPECT_THAT(complaint({"--weight", "0"}), HasSubstr("--weight"));
}

}  // namespace
}  // namespace ringcast::bench
