#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ringcast::gateway {

/// Lets through `per_second` events a second, and up to a second's worth at once after a pause.
/// Zero lets everything through. Time comes in as a value.
class TokenBucket {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit TokenBucket(std::uint32_t per_second)
        : per_second_(per_second), tokens_(static_cast<double>(per_second)) {}

    [[nodiscard]] bool take(Time now) {
        if (per_second_ == 0) return true;
        if (now > filled_) {
            const double seconds = std::chrono::duration<double>(now - filled_).count();
            tokens_ = std::min(tokens_ + seconds * per_second_, static_cast<double>(per_second_));
            filled_ = now;
        }
        if (tokens_ < 1.0) return false;
        tokens_ -= 1.0;
        return true;
    }

private:
    std::uint32_t per_second_;
    double tokens_;
    Time filled_{};
};

}  // namespace ringcast::gateway
