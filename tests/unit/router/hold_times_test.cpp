#include "ringcast/router/hold_times.hpp"

#include <gtest/gtest.h>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;

TEST(HoldTimesTest, PercentilesAreNotTooLowAndAtMostATenthTooHigh) {
    HoldTimes times;
    for (int i = 1; i <= 1'000; ++i) times.add(std::chrono::milliseconds(i));

    EXPECT_EQ(times.count(), 1'000U);
    EXPECT_EQ(times.max(), 1s);
    EXPECT_EQ(times.sum(), 500'500ms);
    for (const unsigned thousandths : {500U, 990U, 999U}) {
        const HoldTimes::Duration exactly = std::chrono::milliseconds(thousandths);
        EXPECT_GE(times.within(thousandths), exactly);
        EXPECT_LE(times.within(thousandths), exactly * 11 / 10);
    }
    EXPECT_LE(times.within(1'000), times.max());
}

TEST(HoldTimesTest, WhatIsBeyondTheStepsCountsInTheLast) {
    HoldTimes times;
    times.add(0ns);
    times.add(1h);
    EXPECT_EQ(times.count(), 2U);
    EXPECT_LE(times.within(500), 10us);
    EXPECT_GT(times.within(1'000), 60s);
    EXPECT_EQ(times.max(), 1h);
}

TEST(HoldTimesTest, OfNoneEverythingIsZero) {
    EXPECT_EQ(HoldTimes().within(999), 0ns);
}

TEST(HoldTimesTest, AddUpAndAreTakenApart) {
    HoldTimes first;
    first.add(1ms);
    HoldTimes both = first;
    HoldTimes second;
    second.add(20ms);
    both += second;

    EXPECT_EQ(both.count(), 2U);
    EXPECT_EQ(both.count_within(10ms), 1U);
    EXPECT_EQ(both.since(first).count(), 1U);
    EXPECT_GE(both.since(first).within(500), 20ms);
}

}  // namespace
}  // namespace ringcast::router
