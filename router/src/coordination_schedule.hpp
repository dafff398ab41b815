#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/entries.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace ringcast::router::detail {

using Time = membership::Scheduler::Clock::time_point;

/// Time comes in as a value: the clock for durations, and the date for history and for windows.
struct Moment {
    Time clock;
    std::int64_t unix_seconds = 0;
};

[[nodiscard]] inline std::int64_t milliseconds_between(Time from, Time to) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

/// Whether it is time for a request.
struct Readiness {
    bool due = false;
    std::string waits_for = {};           ///< one sentence for an operator; empty when due
    std::optional<Time> look_again = {};  ///< then, if nothing happens before
};

/// Messages a second over all members, as their agents tell.
struct Traffic {
    std::uint64_t messages_per_second = 0;
    std::string silent = {};  ///< a member of which nothing is told; empty: all are counted
};

/// Knows how long the cluster has been quiet, by each of the limits that are waited for.
class Schedule {
public:
    /// What the cluster carries, as known now. It is not quiet while a member tells nothing.
    void observe(Time now, Traffic traffic);

    /// A limit that was not asked about before begins to count now.
    [[nodiscard]] Readiness judge(const When& when, Moment now);

    /// Nobody waits for other limits any more.
    void forget_but(const std::set<std::uint64_t>& limits);

private:
    [[nodiscard]] Readiness judge_quiet(const When& when, Time now);
    [[nodiscard]] bool is_below(std::uint64_t limit) const;

    std::optional<Traffic> traffic_ = {};                            // nothing: not known yet
    std::map<std::uint64_t, std::optional<Time>> quiet_since_ = {};  // by limit: below it since
};

}  // namespace ringcast::router::detail
