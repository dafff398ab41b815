#pragma once

#include "ringcast/membership/scheduler.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace ringcast::test {

/// A scheduler with the real clock for tests on real servers: what is posted, from any thread, runs
/// on the test's own thread, inside `run_until` and nowhere else, so a test reads its objects
/// between two calls without locks. Tokens may outlive it.
class LoopScheduler final : public membership::Scheduler {
public:
    LoopScheduler();
    ~LoopScheduler() override;
    LoopScheduler(const LoopScheduler&) = delete;
    LoopScheduler& operator=(const LoopScheduler&) = delete;

    void post(Task task) override;
    [[nodiscard]] membership::Token after(Clock::duration delay, Task task) override;
    [[nodiscard]] Clock::time_point now() const override { return Clock::now(); }

    /// Runs tasks until the condition holds; looks at it after every task, and every few
    /// milliseconds when there is none. False when `limit` has passed first. The condition
    /// may call this in turn.
    bool run_until(const std::function<bool()>& condition,
                   std::chrono::milliseconds limit = std::chrono::seconds{60});

private:
    struct Queue;

    std::shared_ptr<Queue> queue_;  // shared with tokens
};

}  // namespace ringcast::test
