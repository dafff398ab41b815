#include "manual_scheduler.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace ringcast::test {
namespace {

using namespace std::chrono_literals;

TEST(ManualSchedulerTest, NothingRunsBeforeItIsToldTo) {
    ManualScheduler scheduler;
    int ran = 0;
    scheduler.post([&] { ++ran; });
    EXPECT_EQ(ran, 0);
    EXPECT_EQ(scheduler.run_ready(), 1U);
    EXPECT_EQ(ran, 1);
}

TEST(ManualSchedulerTest, TimersRunInTheOrderOfTheirTimesAndSeeThem) {
    ManualScheduler scheduler;
    const auto start = scheduler.now();
    std::vector<std::chrono::milliseconds> at;
    const auto note = [&] {
        at.push_back(
            std::chrono::duration_cast<std::chrono::milliseconds>(scheduler.now() - start));
    };
    const auto later = scheduler.after(20ms, note);
    const auto sooner = scheduler.after(10ms, note);
    const auto never = scheduler.after(31ms, note);

    scheduler.advance(30ms);

    EXPECT_EQ(at, (std::vector{10ms, 20ms}));
    EXPECT_EQ(scheduler.now() - start, 30ms);
}

TEST(ManualSchedulerTest, ATimerWhoseTokenIsGoneDoesNotRunEvenAtTheSameTime) {
    ManualScheduler scheduler;
    int ran = 0;
    membership::Token second;
    const auto first = scheduler.after(10ms, [&] { second.reset(); });
    second = scheduler.after(10ms, [&] { ++ran; });

    scheduler.advance(10ms);

    EXPECT_EQ(ran, 0);
    EXPECT_TRUE(scheduler.idle());
}

TEST(ManualSchedulerTest, TokensMayOutliveIt) {
    auto scheduler = std::make_unique<ManualScheduler>();
    auto token = scheduler->after(1ms, [] {});
    scheduler.reset();
    token.reset();
}

TEST(ManualSchedulerTest, ConditionsAreLookedAtAfterEveryTask) {
    ManualScheduler scheduler;
    int ran = 0;
    for (int i = 0; i < 5; ++i) scheduler.post([&] { ++ran; });

    EXPECT_TRUE(scheduler.run_until([&] { return ran == 3; }, 1s));

    EXPECT_EQ(ran, 3);
    EXPECT_FALSE(scheduler.run_until([&] { return ran == 6; }, 1s));
}

TEST(ManualSchedulerTest, ATaskThatPostsItselfForEverIsFound) {
    ManualScheduler scheduler;
    std::function<void()> again = [&] { scheduler.post(again); };
    scheduler.post(again);
    EXPECT_THROW(scheduler.run_ready(), std::logic_error);
}

}  // namespace
}  // namespace ringcast::test
