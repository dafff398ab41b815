#include "coordination_schedule.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t day_s = 24 * 60 * 60;
/// The date may be set: a window is looked at again so often.
constexpr auto look_at_date_every = 60s;

Readiness judge_window(const When& when, Moment now) {
    const std::int64_t second = ((now.unix_seconds % day_s) + day_s) % day_s;
    const std::int64_t from = std::int64_t{when.from} * 60;
    const std::int64_t until = std::int64_t{when.until} * 60;
    const bool inside =
        from < until ? second >= from && second < until : second >= from || second < until;
    if (inside) return {.due = true};

    const std::int64_t opens_in = ((from - second) % day_s + day_s) % day_s;
    const std::int64_t minutes = (opens_in + 59) / 60;
    return {
        .due = false,
        .waits_for = "it waits for the window from " + time_of_day_text(when.from) + " to " +
                     time_of_day_text(when.until) + " UTC, which opens in " +
                     std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min",
        .look_again = now.clock +
                      std::min<Time::duration>(std::chrono::seconds(opens_in), look_at_date_every)};
}

}  // namespace

void Schedule::observe(Time now, Traffic traffic) {
    traffic_ = std::move(traffic);
    for (auto& [limit, since] : quiet_since_) {
        if (!is_below(limit)) {
            since.reset();
        } else if (!since) {
            since = now;
        }
    }
}

void Schedule::forget_but(const std::set<std::uint64_t>& limits) {
    std::erase_if(quiet_since_, [&](const auto& one) { return !limits.contains(one.first); });
}

Readiness Schedule::judge(const When& when, Moment now) {
    switch (when.kind) {
        case When::Kind::now:
            break;
        case When::Kind::window:
            return judge_window(when, now);
        case When::Kind::quiet:
            return judge_quiet(when, now.clock);
    }
    return {.due = true};
}

bool Schedule::is_below(std::uint64_t limit) const {
    return traffic_->silent.empty() && traffic_->messages_per_second < limit;
}

Readiness Schedule::judge_quiet(const When& when, Time now) {
    if (!traffic_) return {.due = false, .waits_for = "it waits until the traffic is known"};
    const auto [known, fresh] = quiet_since_.try_emplace(when.below);
    std::optional<Time>& quiet_since = known->second;
    if (fresh && is_below(when.below)) quiet_since = now;
    const std::string limit = std::to_string(when.below) + " messages a second";
    if (!quiet_since && traffic_->messages_per_second < when.below) {
        return {.due = false,
                .waits_for = "it waits until the agent of " + traffic_->silent +
                             " tells its traffic, and the cluster carries less than " + limit +
                             " for " + std::to_string(when.for_s) + " s"};
    }
    if (!quiet_since) {
        return {.due = false,
                .waits_for = "it waits until the cluster carries less than " + limit + " for " +
                             std::to_string(when.for_s) + " s; now it carries " +
                             std::to_string(traffic_->messages_per_second)};
    }
    const Time due = *quiet_since + std::chrono::seconds(when.for_s);
    if (due <= now) return {.due = true};
    const auto left = std::chrono::ceil<std::chrono::seconds>(due - now).count();
    return {.due = false,
            .waits_for = "the cluster has carried less than " + limit + " for a while: " +
                         std::to_string(left) + " s more of " + std::to_string(when.for_s) + " s",
            .look_again = due};
}

}  // namespace ringcast::router::detail
