#include "backoff.hpp"

#include <algorithm>
#include <cassert>

namespace ringcast::router {

Backoff::Backoff(Clock::duration shortest, Clock::duration longest, std::uint64_t seed)
    : shortest_(shortest),
      longest_(std::max(shortest, longest)),
      next_(shortest),
      chance_(static_cast<std::minstd_rand::result_type>(seed ^ (seed >> 32U))) {
    assert(shortest > Clock::duration::zero());
}

void Backoff::opened(Clock::time_point now) {
    open_ = true;
    opened_at_ = now;
}

Clock::duration Backoff::after_failure(Clock::time_point now) {
    if (open_ && now - opened_at_ >= longest_) next_ = shortest_;
    open_ = false;
    const Clock::duration whole = std::exchange(next_, std::min(longest_, next_ * 2));
    std::uniform_int_distribution<Clock::rep> within(whole.count() / 2, whole.count());
    return Clock::duration(within(chance_));
}

}  // namespace ringcast::router
