#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace ringcast::gateway {

/// How fast a draining thread sends its clients away: so many a second, and so many at once. Time
/// comes in as a value.
class DrainPace {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// `per_second` 0: as fast as `at_once_max` allows.
    DrainPace(double per_second, std::size_t at_once_max, Time begin)
        : per_second_(per_second),
          at_once_max_(std::max<std::size_t>(at_once_max, 1)),
          begin_(begin) {}

    /// How many more may be closed now, while `leaving` that were closed are not yet gone.
    [[nodiscard]] std::size_t allowance(Time now, std::size_t leaving) const {
        if (leaving >= at_once_max_) return 0;
        const std::size_t room = at_once_max_ - leaving;
        if (per_second_ <= 0) return room;
        const double left = due(now);
        return left < 1 ? 0 : std::min(room, static_cast<std::size_t>(std::min(left, 1e9)));
    }

    /// From now on so many a second. What is due at the pace until now goes, one at most.
    void change(double per_second, Time now) {
        begun_with_ = std::clamp(due(now), 0.0, 1.0);
        per_second_ = per_second;
        begin_ = now;
        closed_ = 0;
    }

    void note_closed() { ++closed_; }

private:
    double due(Time now) const {
        const double elapsed = std::chrono::duration<double>(now - begin_).count();
        return begun_with_ + elapsed * per_second_ - static_cast<double>(closed_);
    }

    double per_second_;
    std::size_t at_once_max_;
    Time begin_;
    double begun_with_ = 1;  // the first one goes at once
    std::size_t closed_ = 0;
};

}  // namespace ringcast::gateway
