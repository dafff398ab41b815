#pragma once

#include "publication.hpp"

#include <cstdint>
#include <random>

namespace ringcast::router {

/// When to connect again. Pure: told what happened and when, it answers how long to wait.
///
///   attempt k waits a random time in [d/2, d], d = min(longest, shortest * 2^k)
///
/// so that gateways that lost a node together do not come back together. Only a connection that
/// lasted for `longest` starts the count anew: one that opens and breaks at once does not hammer.
class Backoff {
public:
    Backoff(Clock::duration shortest, Clock::duration longest, std::uint64_t seed);

    void opened(Clock::time_point now);

    /// It broke, or could not be opened.
    [[nodiscard]] Clock::duration after_failure(Clock::time_point now);

private:
    Clock::duration shortest_;
    Clock::duration longest_;
    Clock::duration next_;
    Clock::time_point opened_at_{};
    bool open_ = false;
    std::minstd_rand chance_;
};

}  // namespace ringcast::router
