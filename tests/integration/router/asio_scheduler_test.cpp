#include "ringcast/router/asio_scheduler.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;

class AsioSchedulerTest : public testing::Test {
protected:
    boost::asio::io_context loop;
    std::unique_ptr<membership::Scheduler> scheduler = make_asio_scheduler(loop.get_executor());
};

TEST_F(AsioSchedulerTest, TasksRunInTheOrderOfPostingAndNotAtOnce) {
    std::vector<int> order;
    scheduler->post([&] {
        scheduler->post([&] { order.push_back(3); });
        order.push_back(1);
    });
    scheduler->post([&] { order.push_back(2); });
    EXPECT_TRUE(order.empty());
    loop.run();
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(AsioSchedulerTest, AnotherThreadMayPost) {
    const auto work = boost::asio::make_work_guard(loop);
    std::thread::id ran_on;
    std::thread other([&] {
        scheduler->post([&] {
            ran_on = std::this_thread::get_id();
            loop.stop();
        });
    });
    loop.run();
    other.join();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST_F(AsioSchedulerTest, ATimerRunsOnceAfterItsDelay) {
    const auto begin = scheduler->now();
    int runs = 0;
    const auto token = scheduler->after(20ms, [&] { ++runs; });
    loop.run();
    EXPECT_EQ(runs, 1);
    EXPECT_GE(scheduler->now() - begin, 20ms);
}

TEST_F(AsioSchedulerTest, ATokenThatIsGoneCancels) {
    int runs = 0;
    (void)scheduler->after(0ms, [&] { ++runs; });
    loop.run();
    EXPECT_EQ(runs, 0);
}

TEST_F(AsioSchedulerTest, ATokenGivenUpInTheTurnOfItsTimerCancels) {
    int runs = 0;
    membership::Token second;
    const auto first = scheduler->after(0ms, [&] { second.reset(); });
    second = scheduler->after(0ms, [&] { ++runs; });
    loop.run();  // both are due together
    EXPECT_EQ(runs, 0);
}

TEST_F(AsioSchedulerTest, ATaskMayGiveUpItsOwnToken) {
    membership::Token token;
    int runs = 0;
    token = scheduler->after(0ms, [&] {
        token.reset();
        ++runs;
    });
    loop.run();
    EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace ringcast::router::test
