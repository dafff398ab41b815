#include "channels.hpp"
#include "node_sample.hpp"
#include "percentiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace ringcast::bench {
namespace {

TEST(PercentilesTest, AreTheSmallestValuesThatSoManyDoNotExceed) {
    std::vector<double> values(1'000);
    std::iota(values.rbegin(), values.rend(), 1);  // 1000 down to 1

    const auto all = percentiles_of(values);

    EXPECT_EQ(all.count, 1'000U);
    EXPECT_EQ(all.p50, 500);
    EXPECT_EQ(all.p99, 990);
    EXPECT_EQ(all.p999, 999);
    EXPECT_EQ(all.max, 1'000);
}

TEST(PercentilesTest, OfFewValuesTheHighOnesAreTheLargest) {
    const auto two = percentiles_of({3, 1});
    EXPECT_EQ(two.p50, 1);
    EXPECT_EQ(two.p99, 3);
    EXPECT_EQ(two.p999, 3);
    EXPECT_EQ(percentiles_of({5}).p50, 5);
    EXPECT_EQ(percentiles_of({}).count, 0U);
}

TEST(NodeSampleTest, TakesWhatItNeedsFromInfo) {
    const auto sample = parse_info(
        "$900\r\n# Stats\r\ntotal_net_input_bytes:1234\r\ntotal_net_output_bytes:77\r\n"
        "pubsub_channels:42\r\npubsub_patterns:3\r\n# CPU\r\nused_cpu_sys:0.250000\r\n"
        "used_cpu_user:1.500000\r\nused_cpu_user_children:9.0\r\n# Commandstats\r\n"
        "cmdstat_unsubscribe:calls=5,usec=1,usec_per_call=0.2\r\n"
        "cmdstat_subscribe:calls=11,usec=29,usec_per_call=2.6\r\n"
        "cmdstat_evalsha:calls=8,usec=1,usec_per_call=0.2\r\n");

    EXPECT_EQ(sample, (NodeSample{42, 11, 5, 8, 1'234, 77, 1.75}));
}

TEST(NodeSampleTest, SubscriptionsAreThoseOfAllItsClients) {
    const std::string info = "$21\r\n\r\npubsub_channels:3\r\n\r\n";
    const std::string clients =
        "$62\r\nid=3 name=sub=9 db=0 sub=3 psub=0\nid=4 db=0 sub=12 ssub=7 x=1\n\r\n";

    EXPECT_FALSE(is_whole_answer(info));
    EXPECT_FALSE(is_whole_answer(info + clients.substr(0, 60)));
    EXPECT_TRUE(is_whole_answer(info + clients));
    EXPECT_EQ(parse_answer(info + clients).channels, 3U);
    EXPECT_EQ(parse_answer(info + clients).subscriptions, 15U);
}

TEST(NodeSampleTest, WhoMayNotListClientsStillTellsTheRest) {
    const std::string answer = "$21\r\n\r\npubsub_channels:3\r\n\r\n-NOPERM this user may not\r\n";

    ASSERT_TRUE(is_whole_answer(answer));
    EXPECT_EQ(parse_answer(answer).channels, 3U);
    EXPECT_FALSE(parse_answer(answer).subscriptions);
    EXPECT_FALSE(parse_answer("").is_known());
}

TEST(NodeSampleTest, OfNothingEverythingIsZero) {
    EXPECT_EQ(parse_info(""), NodeSample{});
}

TEST(NodeSampleTest, TheDifferenceKeepsTheLatterChannels) {
    const NodeSample difference =
        NodeSample{42, 11, 5, 8, 1'234, 77, 1.75} - NodeSample{40, 10, 3, 1, 234, 7, 0.75};

    EXPECT_EQ(difference, (NodeSample{42, 1, 2, 7, 1'000, 70, 1.0}));
}

TEST(ChannelNameTest, NamesLeadBackToTheirNumbers) {
    for (const std::uint64_t number : {0ULL, 1ULL, 2ULL, 3ULL, 1'000'001ULL, 99'999'999ULL}) {
        EXPECT_EQ(ChannelName::number_of(ChannelName(number).text()), number);
    }
    EXPECT_FALSE(ChannelName::number_of("news"));
    EXPECT_FALSE(ChannelName::number_of("chat:room-1"));
    EXPECT_FALSE(ChannelName::number_of("chat:room-8x"));
}

}  // namespace
}  // namespace ringcast::bench
