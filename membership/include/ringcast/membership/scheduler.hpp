#pragma once

#include "ringcast/membership/token.hpp"

#include <chrono>
#include <functional>

namespace ringcast::membership {

/// The one thread on which a set of objects lives, and its clock. Everything in `membership` and
/// `router` is told its scheduler, is called on its thread, and calls back there: no locks, and a
/// simulation can turn the clock by hand. Implementations: over an Asio executor (router), and a
/// manual one (tests).
class Scheduler {
public:
    using Task = std::function<void()>;
    using Clock = std::chrono::steady_clock;

    virtual ~Scheduler() = default;

    /// Runs the task on the scheduler's thread, after what was posted before it. From any thread.
    virtual void post(Task task) = 0;

    /// Runs the task once, after `delay`, unless the token is gone by then. On the scheduler's
    /// thread only.
    [[nodiscard]] virtual Token after(Clock::duration delay, Task task) = 0;

    [[nodiscard]] virtual Clock::time_point now() const = 0;
};

}  // namespace ringcast::membership
