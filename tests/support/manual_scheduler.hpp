#pragma once

#include "ringcast/membership/scheduler.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>

namespace ringcast::test {

/// A scheduler whose clock the test turns by hand. Nothing runs unless one of the functions below
/// is called; everything then runs on the caller's thread, in the order of posting and of due times
/// (equal ones in the order of setting), so the same test takes the same course every time.
/// Tokens may outlive it.
class ManualScheduler final : public membership::Scheduler {
public:
    using Duration = Clock::duration;

    ManualScheduler();
    ~ManualScheduler() override;
    ManualScheduler(const ManualScheduler&) = delete;
    ManualScheduler& operator=(const ManualScheduler&) = delete;

    void post(Task task) override;
    [[nodiscard]] membership::Token after(Duration delay, Task task) override;
    [[nodiscard]] Clock::time_point now() const override { return now_; }

    /// Runs the task that is next without turning the clock: false when there is none.
    bool run_one();

    /// Runs what is posted and due, and what that posts, without turning the clock. Tells how many
    /// tasks ran. Throws after a million: something posts itself for ever.
    std::size_t run_ready();

    /// Turns the clock, stopping at each time that is due on the way to run what is ready there.
    void advance(Duration by);

    /// Turns the clock until nothing is posted or set, for at most `limit`; true when idle.
    bool run_until_idle(Duration limit);

    /// Turns the clock until the condition holds, for at most `limit`; true when it does. The
    /// condition is looked at after every task, and may itself call this.
    bool run_until(const std::function<bool()>& condition, Duration limit);

    [[nodiscard]] bool idle() const { return posted_.empty() && timers_->empty(); }
    [[nodiscard]] std::size_t timers() const { return timers_->size(); }

private:
    struct Due {
        Clock::time_point at;
        std::uint64_t order;
        friend auto operator<=>(const Due&, const Due&) = default;
    };
    using Timers = std::map<Due, Task>;

    void make_due();

    Clock::time_point now_{};
    std::deque<Task> posted_;
    std::shared_ptr<Timers> timers_;  // shared with tokens, which hold it weakly
    std::uint64_t last_timer_ = 0;
};

}  // namespace ringcast::test
