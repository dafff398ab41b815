#include "node_survey.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::string info(std::uint64_t channels, std::uint64_t memory, std::uint64_t publishes) {
    return "# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\nused_memory:" +
           std::to_string(memory) +
           "\r\nused_memory_human:1M\r\n# Stats\r\npubsub_channels:" + std::to_string(channels) +
           "\r\n# Commandstats\r\ncmdstat_publish:calls=" + std::to_string(publishes) +
           ",usec=12,usec_per_call=1.00\r\n";
}

constexpr std::string_view clients =
    "id=3 addr=127.0.0.1:5000 laddr=127.0.0.1:7001 fd=8 name=ringcast:gw-1:subscribe age=1 sub=3\n"
    "id=4 addr=127.0.0.1:5001 laddr=127.0.0.1:7001 fd=9 name=ringcast:gw-1:subscribe age=1 sub=9\n"
    "id=5 addr=127.0.0.1:5002 laddr=127.0.0.1:7001 fd=9 name=ringcast:host:8000:subscribe sub=1\n"
    "id=6 addr=127.0.0.1:5003 laddr=127.0.0.1:7001 fd=9 name=somebody age=1 sub=1\n"
    "id=7 addr=127.0.0.1:5003 laddr=127.0.0.1:7001 fd=9 name= age=1 sub=1\n";

TEST(NodeSurveyTest, CountsEachGatewayOnceByTheNamesOfItsConnections) {
    NodeSurvey survey;

    const auto surveyed = survey.take(info(11, 0, 0), clients, {});

    EXPECT_THAT(surveyed.gateways, ElementsAre("gw-1", "host:8000"));
    EXPECT_EQ(surveyed.load.gateways, 2U);
    EXPECT_EQ(surveyed.load.channels, 10U) << "without the control channel";
}

TEST(NodeSurveyTest, TheRateIsOfTheTimeSinceTheLastSurveyWithoutProbes) {
    NodeSurvey survey;
    const NodeSurvey::Time start{1h};

    EXPECT_EQ(survey.take(info(1, 0, 1'000), clients, start).load.messages_per_second, std::nullopt);
    EXPECT_EQ(survey.take(info(1, 0, 3'468), clients, start + 2s).load.messages_per_second, 1'200U);
    EXPECT_EQ(survey.take(info(1, 0, 3'478), clients, start + 4s).load.messages_per_second, 0U)
        << "a few a second are probes and chance";
    EXPECT_EQ(survey.take(info(1, 0, 5), clients, start + 6s).load.messages_per_second, std::nullopt)
        << "it was restarted";
}

TEST(NodeSurveyTest, MemoryIsRoundedSoThatSmallChangesAreNoNews) {
    NodeSurvey survey;

    EXPECT_EQ(survey.take(info(0, 10'000'000, 0), "", {}).load.memory_bytes, 10U << 20U);
    EXPECT_EQ(survey.take(info(0, 10'100'000, 0), "", {}).load.memory_bytes, 10U << 20U);
}

TEST(NodeSurveyTest, RubbishCountsAsNothing) {
    NodeSurvey survey;

    const auto surveyed = survey.take("pubsub_channels:many\r\nused_memory\ncmdstat_publish:x",
                                      "name\nname=ringcast:\nname=ringcast:x\n", {});

    EXPECT_THAT(surveyed.gateways, IsEmpty());
    EXPECT_EQ(surveyed.load, NodeEntry::Load{});
}

TEST(NodeSurveyTest, FindsFieldsOfInfoByTheirWholeName) {
    EXPECT_EQ(info_field(info(1, 2, 3), "redis_version"), "7.0.15");
    EXPECT_EQ(info_field(info(1, 2, 3), "used_memory"), "2");
    EXPECT_EQ(info_field("used_memory_rss:5\n", "used_memory"), "");
}

}  // namespace
}  // namespace ringcast::router
