#include "bounds.hpp"

#include <cmath>

namespace ringcast::bench {
namespace {

constexpr double seconds_max = 10;
constexpr double slowdown_max = 2;
constexpr double prediction_off_percent_max = 20;

double slowdown(const Measurement& one) {
    return one.delivery.before.p99 > 0 ? one.delivery.during.p99 / one.delivery.before.p99 : 0;
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
    const std::uint64_t wrong = verdict.duplicated + verdict.reordered + verdict.invented;
    if (!planned) {
        return {{"wrong", "lost and not told, duplicated, reordered, invented",
                 static_cast<double>(verdict.lost_untold + wrong), 0, 0, true}};
    }
    std::vector<Bound> all{
        {"wrong", "lost, duplicated, reordered, invented",
         static_cast<double>(verdict.lost + wrong), 0, 0, true},
        {"told", "gaps told, publishes failed",
         static_cast<double>(verdict.gaps + verdict.failed + verdict.unanswered), 0, 0},
        {"whole_move_s", "whole move, s", one.seconds(), seconds_max, 2},
        {"moved_over_least", "moved/least", moved_over_least(one, plan), 1, 3}};
    // What others have there is in what nodes tell, and moves, too.
    if (one.remarks.other_clients == 0) {
        if (one.subscribes) {
            all.push_back({"subscribes", "SUBSCRIBE commands", static_cast<double>(*one.subscribes),
                           static_cast<double>(one.subscribes_max), 0});
        }
        if (one.is_predicted()) {
            all.push_back({"prediction_off_percent", "prediction off by, % of what history tells",
                           prediction_off_percent(one), prediction_off_percent_max, 1});
        }
    }
    all.push_back({"slowdown", "delivery p99 during/before", slowdown(one), slowdown_max, 2});
    return all;
}

ExitCode exit_code_of(const std::vector<Measurement>& all, const Cost& plan, bool strict) {
    ExitCode code = ExitCode::done;
    for (const Measurement& one : all) {
        for (const Bound& bound : bounds_of(one, plan)) {
            if (bound.kept()) continue;
            if (bound.promise) return ExitCode::promise_broken;
            if (strict) code = ExitCode::figure_missed;
        }
    }
    return code;
}

}  // namespace ringcast::bench
