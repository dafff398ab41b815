#include "seeded_scheduler.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ringcast::simulation {
namespace {

using namespace std::chrono_literals;

/// What two processes do at one moment, in the order in which it happened.
std::string course(std::uint64_t seed) {
    SeededScheduler scheduler(seed);
    std::string done;
    for (const char* const name : {"a", "b"}) {
        Process& process = scheduler.start(name);
        for (const char step : {'1', '2', '3'}) {
            process.post([&done, name, step] { (done += name) += step; });
        }
    }
    scheduler.run_for(1ms);
    return done;
}

TEST(SeededSchedulerTest, TheSeedDecidesWhoIsNextAndTheOrderOfPostsStays) {
    std::set<std::string> courses;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const std::string done = course(seed);
        EXPECT_EQ(done, course(seed));
        EXPECT_LT(done.find("a1"), done.find("a2"));
        EXPECT_LT(done.find("b2"), done.find("b3"));
        courses.insert(done);
    }
    EXPECT_GT(courses.size(), 10U);
}

TEST(SeededSchedulerTest, TheClockIsTurnedToTheNextTimer) {
    SeededScheduler scheduler(1);
    Process& process = scheduler.start("a");
    std::vector<std::chrono::nanoseconds> at;
    const auto late = process.after(20ms, [&] { at.push_back(process.now().time_since_epoch()); });
    const auto soon = process.after(5ms, [&] { at.push_back(process.now().time_since_epoch()); });
    auto never = process.after(7ms, [&] { at.emplace_back(); });
    never.reset();

    scheduler.run_for(30ms);

    EXPECT_EQ(at, (std::vector<std::chrono::nanoseconds>{5ms, 20ms}));
    EXPECT_EQ(scheduler.now().time_since_epoch(), 30ms);
}

TEST(SeededSchedulerTest, AFrozenProcessDoesEverythingLater) {
    SeededScheduler scheduler(1);
    Process& process = scheduler.start("a");
    int done = 0;
    const auto timer = process.after(1ms, [&] { ++done; });
    process.freeze();
    process.post([&] { ++done; });

    scheduler.run_for(10ms);
    EXPECT_EQ(done, 0);
    process.thaw();
    scheduler.run_for(1ms);

    EXPECT_EQ(done, 2);
}

TEST(SeededSchedulerTest, AKilledProcessDoesNothingAnyMore) {
    SeededScheduler scheduler(1);
    Process& process = scheduler.start("a");
    int done = 0;
    const auto timer = process.after(1ms, [&] { ++done; });
    process.post([&] { ++done; });

    process.kill();
    process.post([&] { ++done; });
    const auto another = process.after(1ms, [&] { ++done; });
    scheduler.run_for(10ms);

    EXPECT_EQ(done, 0);
}

}  // namespace
}  // namespace ringcast::simulation
