#include "evaluation.hpp"

#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>
#include <utility>

namespace ringcast::bench {
namespace {

constexpr double ms = 1e-6;  // of a nanosecond
constexpr double bin_s = 0.1;
/// Where one part of a run ends and the next begins it is looked twice in a row: a message or none
/// in between would be drawn as a peak or a hole.
constexpr double rate_span_s_min = 0.02;

enum class When { before, during, after };

When when(std::int64_t at, const Phases& phases) {
    if (at < phases.asked) return When::before;
    return at <= phases.done ? When::during : When::after;
}

class TimesOf {
public:
    explicit TimesOf(const Phases& phases) : phases_(phases) {}
    void add(std::int64_t from, std::int64_t to) {
        values_[static_cast<std::size_t>(when(from, phases_))].push_back(
            static_cast<double>(to - from) * ms);
    }
    Times times() {
        return {percentiles_of(std::move(values_[0])), percentiles_of(std::move(values_[1])),
                percentiles_of(std::move(values_[2]))};
    }

private:
    const Phases& phases_;
    std::array<std::vector<double>, 3> values_;
};

void add_times(Measurement& result, const Histories& histories, const std::vector<bool>& moving) {
    TimesOf delivery(result.phases);
    TimesOf answer(result.phases);
    TimesOf answer_moving(result.phases);
    for (const auto& heard : histories.heard) {
        for (const Heard& one : heard) {
            if (!one.is_gap()) delivery.add(one.sent_ns, one.at_ns);
        }
    }
    for (const auto& sent : histories.sent) {
        for (const Sent& one : sent) {
            if (one.outcome == Sent::Outcome::pending) continue;
            answer.add(one.at_ns, one.answered_ns);
            if (moving[one.channel]) answer_moving.add(one.at_ns, one.answered_ns);
        }
    }
    result.delivery = delivery.times();
    result.answer = answer.times();
    result.answer_moving = answer_moving.times();
}

/// The part of a core that something took in each phase, from what it had taken at each moment.
template <typename Reading>
Cpu cpu_of(const std::vector<Moment>& moments, const Phases& phases, Reading reading) {
    const auto part = [&](When phase) {
        const Moment* first = nullptr;
        const Moment* last = nullptr;
        for (const Moment& moment : moments) {
            if (when(moment.at_ns, phases) != phase) continue;
            if (first == nullptr) first = &moment;
            last = &moment;
        }
        if (first == last) return 0.0;
        return std::max(0.0, reading(*last) - reading(*first)) /
               seconds_between(first->at_ns, last->at_ns);
    };
    return {part(When::before), part(When::during), part(When::after)};
}

void add_cpu(Measurement& result, const std::vector<Moment>& moments) {
    // Who was mute once is not known.
    const std::size_t gateways = std::ranges::min(moments, {}, [](const Moment& moment) {
                                     return moment.gateways_cpu_s.size();
                                 }).gateways_cpu_s.size();
    for (std::size_t i = 0; i < gateways; ++i) {
        result.gateways.push_back(cpu_of(moments, result.phases, [i](const Moment& moment) {
            return moment.gateways_cpu_s[i];
        }));
    }
    for (std::size_t i = 0; i < moments.front().nodes.size(); ++i) {
        result.nodes_cpu.push_back(cpu_of(
            moments, result.phases, [i](const Moment& moment) { return moment.nodes[i].cpu_s; }));
    }
}

/// The 99th percentile and the median of each tenth of a second, by when it was published.
template <typename Each>
void add_bins(Timeline::Panel& panel, const std::string& label, std::int64_t zero, Each each) {
    std::map<std::int64_t, std::vector<double>> bins;
    each([&](std::int64_t from, std::int64_t to) {
        const double at = seconds_between(zero, from);
        bins[static_cast<std::int64_t>(std::floor(at / bin_s))].push_back(
            static_cast<double>(to - from) * ms);
    });
    Timeline::Line p99{label + " p99", {}, false};
    Timeline::Line p50{label + " p50", {}, false};
    for (auto& [bin, values] : bins) {
        const auto of_bin = percentiles_of(std::move(values));
        const double at = (static_cast<double>(bin) + 0.5) * bin_s;
        p99.points.emplace_back(at, of_bin.p99);
        p50.points.emplace_back(at, of_bin.p50);
    }
    panel.lines.push_back(std::move(p99));
    panel.lines.push_back(std::move(p50));
}

/// What a fence kept back from one moment to another; nothing: nobody knows.
std::optional<Percentiles> holds_between(const Moment& from, const Moment& to) {
    if (from.holds && to.holds) {
        const auto holds = to.holds->since(*from.holds);
        const auto within = [&](unsigned thousandths) {
            return static_cast<double>(holds.within(thousandths).count()) * ms;
        };
        return Percentiles{holds.count(), within(500), within(990), within(999), within(1'000)};
    }
    if (from.hold_buckets && to.hold_buckets) return to.hold_buckets->since(*from.hold_buckets);
    return std::nullopt;
}

/// From what was seen last before the change to what was seen first after it.
std::span<const Moment> around(const std::vector<Moment>& moments, const Phases& phases) {
    std::size_t first = 0;
    std::size_t last = moments.size() - 1;
    for (std::size_t i = 0; i < moments.size(); ++i) {
        if (when(moments[i].at_ns, phases) == When::before) first = i;
        if (moments[i].at_ns < phases.done) continue;
        last = i;
        break;
    }
    return std::span(moments).subspan(first, last - first + 1);
}

/// Nothing: a node does not tell, always or once; a sum of the rest would be taken for that of all.
/// What one lost by ending was not dropped.
std::optional<Subscriptions> subscriptions_of(std::span<const Moment> moments,
                                              const Remarks& remarks) {
    Subscriptions sum;
    for (std::size_t node = 0; node < moments.front().nodes.size(); ++node) {
        if (remarks.is_mute(node)) return std::nullopt;
        std::optional<std::uint64_t> last;
        for (const Moment& moment : moments) {
            const NodeSample& now = moment.nodes[node];
            if (!now.is_known()) continue;
            if (!now.subscriptions) return std::nullopt;
            const std::uint64_t before = last.value_or(*now.subscriptions);
            if (*now.subscriptions > before) sum.made += *now.subscriptions - before;
            if (*now.subscriptions < before) sum.dropped += before - *now.subscriptions;
            last = now.subscriptions;
        }
        if (!last) return std::nullopt;
    }
    return sum;
}

/// Nothing unless it is known from the first moment to the last, and at the bounds of the change.
std::optional<Holds> holds_of(const std::vector<Moment>& moments, const Phases& phases) {
    const auto change = around(moments, phases);
    const Moment* const asked = &change.front();
    const Moment* const done = &change.back();
    const auto all = holds_between(moments.front(), moments.back());
    const auto before = holds_between(moments.front(), *asked);
    const auto during = holds_between(*asked, *done);
    const auto after = holds_between(*done, moments.back());
    if (!all || !before || !during || !after) return std::nullopt;
    return Holds{*all, *before, *during, *after, !moments.front().holds};
}

/// What a fence kept back from one moment to the next.
Timeline::Line held_line(const std::vector<Moment>& moments, std::int64_t zero) {
    Timeline::Line held{"held by a fence p99", {}, true};
    for (std::size_t i = 1; i < moments.size(); ++i) {
        const auto holds = holds_between(moments[i - 1], moments[i]);
        if (!holds || holds->count == 0 || !std::isfinite(holds->p99)) continue;
        held.points.emplace_back(seconds_between(zero, moments[i].at_ns), holds->p99);
    }
    return held;
}

Timeline timeline_of(const Measurement& result, const std::vector<Moment>& moments,
                     const Histories& histories, const std::string& title) {
    const std::int64_t zero = result.phases.asked;
    const auto second = [&](std::int64_t at) { return seconds_between(zero, at); };
    Timeline timeline;
    timeline.title = title;
    timeline.from = second(moments.front().at_ns);
    timeline.to = second(moments.back().at_ns);

    Timeline::Panel latency{"milliseconds", {}, true};
    add_bins(latency, "delivery", zero, [&](auto add) {
        for (const auto& heard : histories.heard) {
            for (const Heard& one : heard) {
                if (!one.is_gap()) add(one.sent_ns, one.at_ns);
            }
        }
    });
    add_bins(latency, "answer", zero, [&](auto add) {
        for (const auto& sent : histories.sent) {
            for (const Sent& one : sent) {
                if (one.outcome != Sent::Outcome::pending) add(one.at_ns, one.answered_ns);
            }
        }
    });

    if (result.holds) latency.lines.push_back(held_line(moments, zero));

    Timeline::Panel rates{"messages/s", {{"published", {}, false}, {"heard", {}, false}}, false};
    Timeline::Panel commands{
        "(un)subscribes/s", {{"SUBSCRIBE", {}, false}, {"UNSUBSCRIBE", {}, false}}, false};
    Timeline::Panel channels{"channels on nodes", {}, false};
    const std::size_t nodes = moments.front().nodes.size();
    for (const std::string& node : result.node_names) channels.lines.push_back({node, {}, false});
    const Moment* counted = &moments.front();  // up to which rates are drawn
    for (const Moment& now : moments) {
        const double at = second(now.at_ns);
        for (std::size_t node = 0; node < nodes; ++node) {
            if (result.remarks.is_mute(node)) continue;
            channels.lines[node].points.emplace_back(at,
                                                     static_cast<double>(now.nodes[node].channels));
        }
        const double span = seconds_between(counted->at_ns, now.at_ns);
        if (span < rate_span_s_min) continue;
        const Moment& last = *std::exchange(counted, &now);
        double subscribes = 0;
        double unsubscribes = 0;
        for (std::size_t node = 0; node < nodes; ++node) {
            if (!now.nodes[node].is_known() || !last.nodes[node].is_known()) continue;
            const NodeSample gained = now.nodes[node] - last.nodes[node];
            subscribes += static_cast<double>(gained.subscribes);
            unsubscribes += static_cast<double>(gained.unsubscribes);
        }
        rates.lines[0].points.emplace_back(
            at, static_cast<double>(now.published - last.published) / span);
        rates.lines[1].points.emplace_back(at, static_cast<double>(now.heard - last.heard) / span);
        commands.lines[0].points.emplace_back(at, subscribes / span);
        commands.lines[1].points.emplace_back(at, unsubscribes / span);
    }
    timeline.panels = {latency, rates, channels, commands};

    const Phases& phases = result.phases;
    const auto band = [&](std::int64_t from, std::int64_t to, const char* label) {
        if (from != 0 && to > from) timeline.bands.push_back({second(from), second(to), label});
    };
    if (phases.prepare != 0) {
        band(phases.prepare, phases.fence != 0 ? phases.fence : phases.in_force, "prepare");
        band(phases.fence, phases.in_force, "fence");
        band(phases.in_force, phases.done, "leave");
    } else {
        band(phases.asked, phases.done, "switch");
    }
    timeline.marks.label = "lost: " + grouped(result.verdict.lost);
    for (const std::int64_t at : result.verdict.lost_at_ns) {
        const double rounded = std::round(second(at) * 100) / 100;
        if (timeline.marks.at.empty() || timeline.marks.at.back() != rounded) {
            timeline.marks.at.push_back(rounded);
        }
    }
    return timeline;
}

}  // namespace

double seconds_between(std::int64_t from, std::int64_t to) {
    return static_cast<double>(to - from) / 1e9;
}

void evaluate(Measurement& result, const std::vector<Moment>& moments, const Histories& histories,
              const Spread& spread, const std::vector<bool>& moving, const std::string& title) {
    result.verdict = judge(histories, spread);
    result.holds = holds_of(moments, result.phases);
    result.subscriptions = subscriptions_of(around(moments, result.phases), result.remarks);
    add_times(result, histories, moving);
    add_cpu(result, moments);
    result.timeline = timeline_of(result, moments, histories, title);
}

}  // namespace ringcast::bench
