#include "change_watch.hpp"

#include "manual_scheduler.hpp"
#include "ringcast/membership/history.hpp"
#include "ringcast/membership/in_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Stage = Fate::Stage;

router::View view_of(std::uint64_t number) {
    return {router::ViewNumber{number},
            *ring::Ring::genesis({{"a", 100, ""}, {"b", 100, ""}}),
            {{"ha", 1}, {"hb", 2}}};
}

router::ViewRecord record_of(std::uint64_t number) {
    return {view_of(number), {}, {}};
}

/// One with the next view proposed.
router::ViewRecord record_of(std::uint64_t number, router::Stage stage) {
    router::ViewRecord record = record_of(number);
    record.proposal = router::ViewRecord::Proposal{view_of(number + 1), stage, 0};
    return record;
}

/// When it was asked for, proposed, fenced, in force and done.
std::vector<std::int64_t> stamps_ms(const ChangeWatch& watch) {
    const Phases& phases = watch.phases();
    std::vector<std::int64_t> stamps;
    for (const std::int64_t at :
         {phases.asked, phases.prepare, phases.fence, phases.in_force, phases.done}) {
        stamps.push_back(at / 1'000'000);
    }
    return stamps;
}

/// A request in the queue of a coordinator that the test plays. It is asked for at 1,000 ms, and
/// tests begin at 2,000.
class ChangeWatchTest : public testing::Test {
protected:
    ChangeWatchTest() {
        scheduler.advance(1s);
        watch.begin();
        requests.push("{}", [this](std::error_code, std::string name) {
            request = std::move(name);
            watch.asked_as(request);
        });
        scheduler.advance(1s);
    }

    void wait_until(std::chrono::milliseconds at) {
        scheduler.advance(at - scheduler.now().time_since_epoch());
    }

    void write(const router::ViewRecord& record) {
        const auto& before = view.value();
        view.write(encode(record), before ? std::optional(before->version) : std::nullopt,
                   [](std::error_code error, std::int32_t) { EXPECT_FALSE(error); });
        scheduler.run_ready();
    }

    void tell(const router::HistoryEntry& entry) {
        history.append(encode(entry), [](std::error_code, const std::string&) {});
        scheduler.run_ready();
    }

    void tell(bool done, const std::string& reason) {
        router::HistoryEntry entry;
        entry.request = request;
        entry.what = "add";
        entry.done = done;
        entry.reason = reason;
        tell(entry);
        scheduler.advance(1s);
    }

    /// 700 ms to prepare, 20 for the fence, 300 to leave.
    void tell_of_a_handoff() {
        router::HistoryEntry entry;
        entry.request = request;
        entry.what = "add";
        entry.done = true;
        entry.took_ms = 1'025;
        entry.steps = 1;
        entry.phases = {700, 20, 300};
        tell(entry);
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
    membership::Configuration view{*znodes, scheduler, std::string(router::paths::view)};
    const std::shared_ptr<spdlog::logger> log =
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::null_sink_mt>());
    ChangeWatch watch{*znodes, scheduler, log};
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

/// Each state is written twice, as when something beside it changes.
TEST_F(ChangeWatchTest, APhaseBeginsWhenItIsSeenFirst) {
    write(record_of(1));
    EXPECT_THAT(stamps_ms(watch), ElementsAre(1'000, 0, 0, 0, 0))
        << "the first view that is read is not the next one";

    wait_until(2'100ms);
    write(record_of(1, router::Stage::prepare));
    wait_until(2'500ms);
    write(record_of(1, router::Stage::prepare));
    wait_until(3'000ms);
    write(record_of(1, router::Stage::fence));
    wait_until(3'050ms);
    write(record_of(1, router::Stage::fence));
    wait_until(3'100ms);
    write(record_of(2));
    wait_until(3'300ms);
    write(record_of(2));
    wait_until(4'000ms);
    tell_of_a_handoff();

    EXPECT_THAT(stamps_ms(watch), ElementsAre(1'000, 2'100, 3'000, 3'100, 4'000));
    EXPECT_EQ(watch.phases().took, 1'025ms);
    EXPECT_EQ(watch.fate().stage, Stage::done);
}

TEST_F(ChangeWatchTest, WhatWasMissedIsAsTheCoordinatorTimedIt) {
    wait_until(4'000ms);
    tell_of_a_handoff();

    EXPECT_THAT(stamps_ms(watch), ElementsAre(1'000, 2'980, 3'680, 3'700, 4'000));
}

TEST_F(ChangeWatchTest, AFenceThatWasMissedEndsWhenTheViewIsInForce) {
    write(record_of(1));
    wait_until(2'100ms);
    write(record_of(1, router::Stage::prepare));
    wait_until(3'100ms);
    write(record_of(2));
    wait_until(4'000ms);
    tell_of_a_handoff();

    EXPECT_THAT(stamps_ms(watch), ElementsAre(1'000, 2'100, 3'080, 3'100, 4'000));
}

/// By the coordinator's times fence and view came before the proposal was seen.
TEST_F(ChangeWatchTest, PhasesThatWereMissedDoNotBeginBeforeOneThatWasSeenLate) {
    write(record_of(1));
    wait_until(3'900ms);
    write(record_of(1, router::Stage::prepare));
    wait_until(4'000ms);
    tell_of_a_handoff();

    EXPECT_THAT(stamps_ms(watch), ElementsAre(1'000, 3'900, 3'900, 3'900, 4'000));
}

TEST_F(ChangeWatchTest, ADeathBringsTheNextViewWithoutAHandoff) {
    write(record_of(1));
    ChangeWatch death{*znodes, scheduler, log};
    scheduler.run_ready();
    death.begin();
    death.asked_as("");

    wait_until(3'034ms);
    write(record_of(2));
    wait_until(3'050ms);
    router::HistoryEntry entry;
    entry.what = "death";
    entry.done = true;
    tell(entry);

    EXPECT_THAT(stamps_ms(death), ElementsAre(2'000, 0, 0, 3'034, 3'050));
    EXPECT_EQ(death.fate().stage, Stage::done);
    EXPECT_EQ(watch.fate().stage, Stage::asked) << "nobody asked for it";
}

}  // namespace
}  // namespace ringcast::bench
