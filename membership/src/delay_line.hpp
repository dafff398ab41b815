#pragma once

#include "ringcast/membership/scheduler.hpp"

#include <deque>
#include <functional>
#include <memory>

namespace ringcast::membership {

/// What is put in comes out some time later, in the same order.
class DelayLine : public std::enable_shared_from_this<DelayLine> {
public:
    using Clock = Scheduler::Clock;
    using Task = std::function<void()>;

    explicit DelayLine(Scheduler& scheduler) : scheduler_(scheduler) {}

    /// `lost` is called in place of `arrive` if it never arrives.
    void send(Clock::duration delay, Task arrive, Task lost = {});

    /// Everything under way arrives at once.
    void hurry();
    /// Nothing that is under way arrives.
    void lose();

    [[nodiscard]] bool empty() const { return under_way_.empty(); }

private:
    struct Item {
        Clock::time_point due;
        Task arrive;
        Task lost;
    };

    void wait();
    void hand_over(Clock::time_point until);

    Scheduler& scheduler_;
    std::deque<Item> under_way_;
    Token timer_;
};

}  // namespace ringcast::membership
