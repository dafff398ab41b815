#include "change_watch.hpp"

#include "manual_scheduler.hpp"
#include "ringcast/membership/history.hpp"
#include "ringcast/membership/in_process.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <memory>
#include <string>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;
using Stage = Fate::Stage;

/// A request in the queue of a coordinator that the test plays.
class ChangeWatchTest : public testing::Test {
protected:
    ChangeWatchTest() {
        watch.begin();
        requests.push("{}", [this](std::error_code, std::string name) {
            request = std::move(name);
            watch.asked_as(request);
        });
        scheduler.advance(1s);
    }

    void tell(bool done, const std::string& reason) {
        router::HistoryEntry entry;
        entry.request = request;
        entry.what = "add";
        entry.done = done;
        entry.reason = reason;
        history.append(encode(entry), [](std::error_code, const std::string&) {});
        scheduler.advance(1s);
    }

    void take_from_the_queue() {
        requests.remove(request, [](std::error_code) {});
        scheduler.advance(10s);
    }

    test::ManualScheduler scheduler;
    membership::InProcessEnsemble ensemble;
    std::unique_ptr<membership::Znodes> znodes = ensemble.attach(scheduler);
    membership::Queue requests{
        *znodes, scheduler, {std::string(router::paths::requests), "r-", "operator"}};
    membership::History history{
        *znodes, scheduler, {std::string(router::paths::history), "h-", "coordinator"}};
    ChangeWatch watch{
        *znodes, scheduler,
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::null_sink_mt>())};
    std::string request;
};

TEST_F(ChangeWatchTest, WhatWaitsInTheQueueIsAskedForHoweverLong) {
    scheduler.advance(10min);

    EXPECT_EQ(watch.fate().stage, Stage::asked);
    EXPECT_EQ(watch.fate().request, request);
}

TEST_F(ChangeWatchTest, WhatHistoryCallsDoneIsKnownByItsEntry) {
    tell(true, "");
    take_from_the_queue();

    EXPECT_EQ(watch.fate().stage, Stage::done);
    EXPECT_TRUE(watch.fate().entry.starts_with("h-")) << watch.fate().entry;
    EXPECT_EQ(watch.phases().refused, "");
}

TEST_F(ChangeWatchTest, WhatHistoryCallsNotDoneIsRefused) {
    tell(false, "cancelled by an operator");

    EXPECT_EQ(watch.fate().stage, Stage::refused);
    EXPECT_EQ(watch.phases().refused, "cancelled by an operator");
}

TEST_F(ChangeWatchTest, WhatSomebodyTookFromTheQueueBeforeItBeganIsRefused) {
    take_from_the_queue();

    EXPECT_EQ(watch.fate().stage, Stage::refused) << "history will never have it";
    EXPECT_EQ(watch.phases().refused, "it was taken back before it began");
}

}  // namespace
}  // namespace ringcast::bench
