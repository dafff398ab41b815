#include "gateway_sample.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace ringcast::bench {
namespace {

/// A page as gateways serve it, cut short.
std::string page(double cpu, int within_1ms, int within_5ms, int all) {
    const std::string bucket = "ringcast_publish_hold_seconds_bucket{le=\"";
    return "# HELP process_cpu_seconds_total Of all threads.\n"
           "# TYPE process_cpu_seconds_total counter\n"
           "process_cpu_seconds_total " +
           std::to_string(cpu) +
           "\nringcast_ready 1\n"
           "# TYPE ringcast_publish_hold_seconds histogram\n"
           "ringcast_publish_hold_seconds_count " +
           std::to_string(all) + "\nringcast_publish_hold_seconds_sum 0.5\n" + bucket +
           "0.001\"} " + std::to_string(within_1ms) + "\n" + bucket + "0.005\"} " +
           std::to_string(within_5ms) + "\n" + bucket + "+Inf\"} " + std::to_string(all) + "\n";
}

HoldBuckets buckets(int within_1ms, int within_5ms, int all) {
    return parse_metrics(page(0, within_1ms, within_5ms, all)).holds.value();
}

TEST(GatewaySampleTest, ItIsReadFromThePageForPrometheus) {
    const GatewaySample sample = parse_metrics(page(1.25, 2, 3, 3));

    EXPECT_DOUBLE_EQ(sample.cpu_s.value(), 1.25);
    EXPECT_EQ(sample.holds.value().count(), 3U);
}

TEST(GatewaySampleTest, WhatAnOlderGatewayDoesNotTellIsNotZero) {
    const GatewaySample sample = parse_metrics("ringcast_ready 1\nprocess_cpu_seconds_total x\n");

    EXPECT_FALSE(sample.cpu_s);
    EXPECT_FALSE(sample.holds);
}

TEST(HoldBucketsTest, AFigureIsTheBoundThatSoManyDidNotExceed) {
    const Percentiles ms = buckets(198, 200, 200).since(buckets(0, 0, 0));

    EXPECT_EQ(ms.count, 200U);
    EXPECT_DOUBLE_EQ(ms.p50, 1);
    EXPECT_DOUBLE_EQ(ms.p99, 1);
    EXPECT_DOUBLE_EQ(ms.p999, 5);
    EXPECT_DOUBLE_EQ(ms.max, 5);
    EXPECT_TRUE(std::isinf(buckets(1, 1, 2).since(buckets(0, 0, 0)).max)) << "who knows how long";
}

TEST(HoldBucketsTest, OnlyWhatCameSinceCounts) {
    const Percentiles ms = buckets(3, 5, 6).since(buckets(3, 4, 5));

    EXPECT_EQ(ms.count, 1U);
    EXPECT_DOUBLE_EQ(ms.p50, 5) << "the short ones were before";
    EXPECT_DOUBLE_EQ(ms.max, 5) << "and so was the longest";
    EXPECT_EQ(buckets(4, 5, 6).since(buckets(4, 5, 6)).count, 0U);
}

TEST(HoldBucketsTest, ThoseOfAllGatewaysAddUp) {
    HoldBuckets all = buckets(1, 1, 1);
    ASSERT_TRUE(all.has_bounds_of(buckets(0, 9, 9)));
    all.merge(buckets(0, 9, 9));

    EXPECT_EQ(all.count(), 10U);
    EXPECT_DOUBLE_EQ(all.since(buckets(0, 0, 0)).p50, 5);
    HoldBuckets finer = all;
    finer.add(0.002, 1);
    EXPECT_FALSE(all.has_bounds_of(finer)) << "another version";
}

}  // namespace
}  // namespace ringcast::bench
