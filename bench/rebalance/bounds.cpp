#include "bounds.hpp"

#include <cmath>
#include <utility>

namespace ringcast::bench {
namespace {

constexpr double seconds_max = 10;
constexpr double slowdown_max = 2;
constexpr double prediction_off_percent_max = 20;
/// The 99th percentile of fewer is the slowest of them.
constexpr std::size_t deliveries_min = 100;

Bound slowdown(const Measurement& one) {
    Bound bound{"slowdown", "delivery p99 during/before", {}, slowdown_max, 2};
    const Times& delivery = one.delivery;
    if (delivery.before.count < deliveries_min || delivery.during.count < deliveries_min ||
        delivery.before.p99 <= 0) {
        bound.unknown = "too few messages: " + std::to_string(delivery.before.count) +
                        " delivered before, " + std::to_string(delivery.during.count) + " during";
    } else {
        bound.measured = delivery.during.p99 / delivery.before.p99;
    }
    return bound;
}

/// `count` of what must not happen to messages. Where there was none it could not happen.
Bound wrong(std::string what, const Verdict& verdict, std::uint64_t count) {
    Bound bound{"wrong", std::move(what), static_cast<double>(count), 0, 0, true};
    if (count == 0 && verdict.expected == 0) {
        bound.measured.reset();
        bound.unknown = "no message was accepted";
    }
    return bound;
}

Bound subscribes(const Measurement& one) {
    Bound bound{"subscribes", "SUBSCRIBE commands", {}, static_cast<double>(one.subscribes_max), 0};
    if (one.subscribes) {
        bound.measured = static_cast<double>(*one.subscribes);
    } else {
        bound.unknown = "a node does not tell";
    }
    return bound;
}

double prediction_off_percent(const Measurement& one) {
    const double took_s = std::chrono::duration<double>(*one.phases.took).count();
    if (took_s <= 0) return 100;
    return 100 * std::abs(one.predicted_s - took_s) / took_s;
}

}  // namespace

double moved_over_least(const Measurement& one, const Cost& plan) {
    if (one.channels_moved == plan.channels_moved) return plan.moved_over_least.value_or(1);
    return plan.moved_over_least.value_or(1) * static_cast<double>(one.channels_moved) /
           static_cast<double>(plan.channels_moved > 0 ? plan.channels_moved : 1);
}

std::vector<Bound> bounds_of(const Measurement& one, const Cost& plan) {
    if (one.way == Way::naive) return {};
    const Verdict& verdict = one.verdict;
    const bool planned = one.kind != Change::Kind::crash;
    const std::uint64_t others = verdict.duplicated + verdict.reordered + verdict.invented;
    if (!planned) {
        return {wrong("lost and not told, duplicated, reordered, invented", verdict,
                      verdict.lost_untold + others)};
    }
    std::vector<Bound> all{
        wrong("lost, duplicated, reordered, invented", verdict, verdict.lost + others),
        {"told", "gaps told, publishes failed",
         static_cast<double>(verdict.gaps + verdict.failed + verdict.unanswered), 0, 0},
        {"whole_move_s", "whole move, s", one.seconds(), seconds_max, 2},
        {"moved_over_least", "moved/least", moved_over_least(one, plan), 1, 3}};
    // What others have there is in what nodes tell, and moves, too.
    if (one.remarks.other_clients == 0) {
        all.push_back(subscribes(one));
        if (one.is_predicted()) {
            all.push_back({"prediction_off_percent", "prediction off by, % of what history tells",
                           prediction_off_percent(one), prediction_off_percent_max, 1});
        }
    }
    all.push_back(slowdown(one));
    return all;
}

ExitCode exit_code_of(const std::vector<Measurement>& all, const Cost& plan, bool strict) {
    bool untried = false;
    bool unreached = false;
    for (const Measurement& one : all) {
        for (const Bound& bound : bounds_of(one, plan)) {
            if (bound.kept()) continue;
            if (bound.promise && bound.missed()) return ExitCode::promise_broken;
            (bound.promise ? untried : unreached) = true;
        }
    }
    if (untried) return ExitCode::failed;
    return strict && unreached ? ExitCode::figure_missed : ExitCode::done;
}

}  // namespace ringcast::bench
