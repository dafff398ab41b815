#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <mutex>

namespace ringcast::gateway {

/// How fast a draining server sends its clients away: so many a second, and so many at once, over
/// all its threads. Time comes in as a value. From any thread, once it has begun.
class DrainPace {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit DrainPace(std::size_t at_once_max)
        : at_once_max_(std::max<std::size_t>(at_once_max, 1)) {}

    /// `per_second` 0: as fast as `at_once_max` allows.
    void begin(double per_second, Time now) {
        const std::lock_guard lock(mutex_);
        per_second_ = per_second;
        since_ = now;
        begun_with_ = 1;  // the first one goes at once
        closed_ = 0;
    }

    /// From now on so many a second. What is due at the pace until now goes, one at most.
    void change(double per_second, Time now) {
        const std::lock_guard lock(mutex_);
        begun_with_ = std::clamp(due(now), 0.0, 1.0);
        per_second_ = per_second;
        since_ = now;
        closed_ = 0;
    }

    /// Whether one more may be closed now, unless another thread does meanwhile.
    [[nodiscard]] bool allows_one(Time now) {
        const std::lock_guard lock(mutex_);
        return allows(now);
    }

    /// The same; if so it is closed, and counts as leaving until it has gone.
    [[nodiscard]] bool close_one(Time now) {
        const std::lock_guard lock(mutex_);
        if (!allows(now)) return false;
        count_one();
        return true;
    }

    /// One is closed whatever the pace says.
    void close_one_anyway() {
        const std::lock_guard lock(mutex_);
        count_one();
    }

    void one_has_gone() {
        const std::lock_guard lock(mutex_);
        --leaving_;
    }

private:
    bool allows(Time now) const {
        return leaving_ < at_once_max_ && (per_second_ <= 0 || due(now) >= 1);
    }

    double due(Time now) const {
        const double elapsed = std::chrono::duration<double>(now - since_).count();
        return begun_with_ + elapsed * per_second_ - static_cast<double>(closed_);
    }

    void count_one() {
        ++leaving_;
        ++closed_;
    }

    const std::size_t at_once_max_;
    std::mutex mutex_;
    double per_second_ = 0;
    Time since_;
    double begun_with_ = 0;
    std::size_t leaving_ = 0;  // closed and not yet gone
    std::size_t closed_ = 0;   // since `since_`
};

}  // namespace ringcast::gateway
