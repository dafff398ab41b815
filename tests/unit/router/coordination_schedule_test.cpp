#include "coordination_schedule.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t midnight = 20'000 * 86'400LL;

Moment at(Time::duration clock, std::int64_t second_of_day = 0) {
    return {Time{} + clock, midnight + second_of_day};
}

TEST(ScheduleTest, NowIsNow) {
    Schedule schedule;
    EXPECT_TRUE(schedule.judge(When{}, at(0s)).due);
}

TEST(ScheduleTest, AWindowIsOpenFromItsFirstMinuteUntilItsLast) {
    struct Row {
        std::uint16_t from, until;
        std::int64_t second;
        bool due;
    };
    Schedule schedule;
    for (const Row& row : {
             Row{120, 300, 7'199, false},
             Row{120, 300, 7'200, true},
             Row{120, 300, 17'999, true},
             Row{120, 300, 18'000, false},
             Row{1'410, 300, 84'599, false},
             Row{1'410, 300, 84'600, true},
             Row{1'410, 300, 0, true},
             Row{1'410, 300, 17'999, true},
             Row{1'410, 300, 18'000, false},
             Row{0, 1'439, 0, true},
             Row{0, 1'439, 86'399, false},
         }) {
        const When when{.kind = When::Kind::window, .from = row.from, .until = row.until};
        const Readiness readiness = schedule.judge(when, at(0s, row.second));
        EXPECT_EQ(readiness.due, row.due) << row.from << "-" << row.until << " at " << row.second;
        EXPECT_EQ(readiness.waits_for.empty(), row.due);
    }
}

TEST(ScheduleTest, AClosedWindowIsLookedAtAgainWhenItOpensOrTheDateMayHaveBeenSet) {
    Schedule schedule;
    const When when{.kind = When::Kind::window, .from = 120, .until = 300};
    EXPECT_EQ(schedule.judge(when, at(5s, 7'190)).look_again, Time{} + 15s);
    EXPECT_EQ(schedule.judge(when, at(5s, 0)).look_again, Time{} + 65s);
}

TEST(ScheduleTest, QuietIsARateBelowTheLimitForAWhile) {
    Schedule schedule;
    const When when{.kind = When::Kind::quiet, .below = 100, .for_s = 10};
    schedule.observe(Time{}, {99});
    EXPECT_FALSE(schedule.judge(when, at(0s)).due);
    EXPECT_EQ(schedule.judge(when, at(0s)).look_again, Time{} + 10s);
    EXPECT_FALSE(schedule.judge(when, at(9'999ms)).due);
    EXPECT_TRUE(schedule.judge(when, at(10s)).due);

    schedule.observe(Time{} + 11s, {100});
    EXPECT_FALSE(schedule.judge(when, at(11s)).due);
    EXPECT_FALSE(schedule.judge(when, at(100s)).due);
    schedule.observe(Time{} + 100s, {0});
    EXPECT_FALSE(schedule.judge(when, at(109s)).due);
    EXPECT_TRUE(schedule.judge(when, at(110s)).due) << "counted anew";
}

TEST(ScheduleTest, WithoutAWordOnTheTrafficItIsNotQuiet) {
    Schedule schedule;
    const When when{.kind = When::Kind::quiet, .below = 100, .for_s = 0};
    EXPECT_FALSE(schedule.judge(when, at(0s)).due);
    schedule.observe(Time{} + 1s, {0});
    EXPECT_TRUE(schedule.judge(when, at(1s)).due);
}

TEST(ScheduleTest, WhileAMemberTellsNothingItIsNotQuiet) {
    Schedule schedule;
    const When when{.kind = When::Kind::quiet, .below = 100, .for_s = 10};
    schedule.observe(Time{}, {.messages_per_second = 50, .silent = "redis-2"});
    EXPECT_FALSE(schedule.judge(when, at(0s)).due);
    EXPECT_EQ(schedule.judge(when, at(100s)).waits_for,
              "it waits until the agent of redis-2 tells its traffic, and the cluster carries less "
              "than 100 messages a second for 10 s");
    schedule.observe(Time{} + 100s, {.messages_per_second = 300, .silent = "redis-2"});
    EXPECT_TRUE(schedule.judge(when, at(100s)).waits_for.ends_with("now it carries 300"));

    schedule.observe(Time{} + 100s, {50});
    EXPECT_FALSE(schedule.judge(when, at(109s)).due);
    schedule.observe(Time{} + 109s, {.messages_per_second = 20, .silent = "redis-1"});
    schedule.observe(Time{} + 110s, {50});
    EXPECT_FALSE(schedule.judge(when, at(119s)).due) << "counted anew";
    EXPECT_TRUE(schedule.judge(when, at(120s)).due);
}

TEST(ScheduleTest, EachLimitIsCountedByItself) {
    Schedule schedule;
    const When low{.kind = When::Kind::quiet, .below = 100, .for_s = 10};
    const When high{.kind = When::Kind::quiet, .below = 200, .for_s = 10};
    schedule.observe(Time{}, {50});
    EXPECT_FALSE(schedule.judge(low, at(0s)).due);
    EXPECT_FALSE(schedule.judge(high, at(0s)).due);
    schedule.observe(Time{} + 5s, {150});
    EXPECT_FALSE(schedule.judge(low, at(10s)).due);
    EXPECT_TRUE(schedule.judge(high, at(10s)).due);
    schedule.observe(Time{} + 11s, {50});
    EXPECT_FALSE(schedule.judge(low, at(20s)).due);
    EXPECT_TRUE(schedule.judge(low, at(21s)).due);

    schedule.forget_but({200});
    EXPECT_TRUE(schedule.judge(high, at(22s)).due);
    EXPECT_FALSE(schedule.judge(low, at(22s)).due) << "asked about anew, counted anew";
}

TEST(ScheduleTest, AnotherLimitCountsAnew) {
    Schedule schedule;
    schedule.observe(Time{}, {50});
    (void)schedule.judge({.kind = When::Kind::quiet, .below = 100, .for_s = 10}, at(0s));
    const When stricter{.kind = When::Kind::quiet, .below = 60, .for_s = 10};
    EXPECT_FALSE(schedule.judge(stricter, at(20s)).due);
    EXPECT_TRUE(schedule.judge(stricter, at(30s)).due);
}

}  // namespace
}  // namespace ringcast::router::detail
