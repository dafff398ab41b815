#include "measurement.hpp"

#include "child_process.hpp"
#include "report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto sample_every = 100ms;
constexpr auto patience = std::chrono::minutes(5);
/// Commands beyond those that carry channels, of one gateway at one node: connections subscribe to
/// the control channel, and the last batch of each is not full.
constexpr std::uint64_t spare_commands = 4;
constexpr double ms = 1e-6;  // of a nanosecond
constexpr double bin_s = 0.1;

double seconds_between(std::int64_t from, std::int64_t to) {
    return static_cast<double>(to - from) / 1e9;
}

/// Looks at the cluster every so often, until a condition holds.
class Watch {
public:
    explicit Watch(BenchCluster& cluster) : cluster_(cluster) {}

    template <typename Condition>
    void until(Condition condition, std::chrono::steady_clock::duration limit, const char* what) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!condition(look())) {
            if (std::chrono::steady_clock::now() > end) {
                throw std::runtime_error(std::string("waited in vain until ") + what);
            }
            std::this_thread::sleep_until(next_);
        }
    }

    void pass(double seconds) {
        const std::int64_t end = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
        until([end](const Moment& moment) { return moment.at_ns >= end; }, patience, "time passed");
    }

    [[nodiscard]] const std::vector<Moment>& moments() const { return moments_; }

private:
    const Moment& look() {
        next_ = std::chrono::steady_clock::now() + sample_every;
        Moment moment;
        moment.nodes = cluster_.sample();
        for (const auto& gateway : cluster_.gateways()) {
            moment.gateways_cpu_s.push_back(gateway->cpu_seconds());
            moment.published += gateway->published();
            moment.heard += gateway->heard();
        }
        moment.at_ns = now_ns();
        moments_.push_back(std::move(moment));
        return moments_.back();
    }

    BenchCluster& cluster_;
    std::chrono::steady_clock::time_point next_;
    std::vector<Moment> moments_;
};

/// Whether each node carries exactly what the plan gives it, and the control channel if anybody is
/// there at all: nothing is left where it was.
bool is_settled(const Moment& moment, const Cost& plan, const Members& members) {
    for (std::size_t node = 0; node < plan.after.size(); ++node) {
        const std::uint64_t channels = moment.nodes[node].channels;
        const bool member = node < members.after.size();
        if (member ? channels != plan.after[node] + 1 : channels > 1) return false;
    }
    return true;
}

bool everybody_has_moved(BenchCluster& cluster, router::ViewNumber before) {
    for (const auto& gateway : cluster.gateways()) {
        const auto status = gateway->status();
        if (status.view <= before || status.channels_pending > 0) return false;
    }
    return true;
}

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
    for (std::size_t i = 0; i < moments.front().gateways_cpu_s.size(); ++i) {
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
    Timeline::Line p99{label + " p99", {}};
    Timeline::Line p50{label + " p50", {}};
    for (auto& [bin, values] : bins) {
        const auto of_bin = percentiles_of(std::move(values));
        const double at = (static_cast<double>(bin) + 0.5) * bin_s;
        p99.points.emplace_back(at, of_bin.p99);
        p50.points.emplace_back(at, of_bin.p50);
    }
    panel.lines.push_back(std::move(p99));
    panel.lines.push_back(std::move(p50));
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

    Timeline::Panel rates{"messages/s", {{"published", {}}, {"heard", {}}}, false};
    Timeline::Panel commands{"(un)subscribes/s", {{"SUBSCRIBE", {}}, {"UNSUBSCRIBE", {}}}, false};
    Timeline::Panel channels{"channels on nodes", {}, false};
    const std::size_t nodes = moments.front().nodes.size();
    for (std::size_t node = 0; node < nodes; ++node) {
        channels.lines.push_back({node_name(node), {}});
    }
    for (std::size_t i = 0; i < moments.size(); ++i) {
        const Moment& now = moments[i];
        const double at = second(now.at_ns);
        for (std::size_t node = 0; node < nodes; ++node) {
            channels.lines[node].points.emplace_back(at,
                                                     static_cast<double>(now.nodes[node].channels));
        }
        if (i == 0) continue;
        const Moment& last = moments[i - 1];
        const double span = seconds_between(last.at_ns, now.at_ns);
        double subscribes = 0;
        double unsubscribes = 0;
        for (std::size_t node = 0; node < nodes; ++node) {
            const NodeSample gained = now.nodes[node] - last.nodes[node];
            if (now.nodes[node].bytes_in == 0) continue;  // dead
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

void add_nodes(Measurement& result, const Moment& before, const Moment& after, const Cost& plan,
               const Trial& trial) {
    for (std::size_t node = 0; node < after.nodes.size(); ++node) {
        result.channels_before.push_back(before.nodes[node].channels);
        const bool dead = after.nodes[node].bytes_in == 0;
        result.nodes.push_back(dead ? NodeSample{} : after.nodes[node] - before.nodes[node]);
        result.subscribes += result.nodes.back().subscribes;
    }
    result.subscribes_max =
        plan.subscriptions_moved / subscribe_batch +
        spare_commands * after.nodes.size() * trial.settings.load.spread.gateways;
}

}  // namespace

std::string_view name_of(Way way) noexcept {
    return way == Way::handoff ? "handoff" : "naive switch";
}

Measurement measure(const Trial& trial, Way way, const Members& members, const Cost& plan,
                    const std::shared_ptr<spdlog::logger>& log) {
    Measurement result;
    result.way = way;
    BenchCluster cluster(trial.settings, members, log);
    cluster.subscribe();
    BenchGateway& witness = *cluster.gateways().front();
    const auto owners_before = witness.owners();
    const router::ViewNumber view_before = witness.status().view;

    Watch watch(cluster);
    for (const auto& gateway : cluster.gateways()) gateway->publish();
    watch.pass(trial.before_s);
    const Moment before = watch.moments().back();
    if (way == Way::handoff) {
        cluster.ask();
        watch.until([&](const Moment&) { return cluster.phases().done != 0; }, patience,
                    "the change was done");
    } else {
        cluster.switch_naively();
    }
    result.phases = cluster.phases();
    if (!result.phases.refused.empty()) {
        throw std::runtime_error("the change was refused: " + result.phases.refused);
    }
    watch.until(
        [&](const Moment& moment) {
            return is_settled(moment, plan, members) && everybody_has_moved(cluster, view_before);
        },
        patience, "every channel was where it belongs, and nowhere else");
    result.phases = cluster.phases();
    // It is over when history says so and nothing moves any more; of the naive switch history says
    // nothing.
    result.phases.done = std::max(result.phases.done, watch.moments().back().at_ns);
    const Moment after = watch.moments().back();
    watch.pass(trial.after_s);
    for (const auto& gateway : cluster.gateways()) gateway->stop_publishing();
    const std::vector<Moment> moments = watch.moments();

    // Everything is answered, and nothing has been heard for a second: nothing is under way.
    std::uint64_t heard = 0;
    std::int64_t last_heard = now_ns();
    watch.until(
        [&](const Moment& moment) {
            std::uint64_t answered = 0;
            for (const auto& gateway : cluster.gateways()) answered += gateway->answered();
            if (moment.heard != heard) last_heard = moment.at_ns;
            heard = moment.heard;
            return answered == moment.published && moment.at_ns - last_heard > 1'000'000'000;
        },
        patience, "all publishes were answered");

    const auto owners_after = witness.owners();
    std::vector<bool> moving(owners_before.size());
    for (std::size_t channel = 0; channel < owners_before.size(); ++channel) {
        moving[channel] = owners_before[channel] != owners_after[channel];
        result.channels_moved += moving[channel];
    }
    Histories histories;
    for (const auto& gateway : cluster.gateways()) {
        gateway->take(histories.sent.emplace_back(), histories.heard.emplace_back());
    }
    result.verdict = judge(histories, trial.settings.load.spread);
    result.seconds_loaded = seconds_between(moments.front().at_ns, moments.back().at_ns);
    add_nodes(result, before, after, plan, trial);
    add_times(result, histories, moving);
    add_cpu(result, moments);
    result.timeline = timeline_of(result, moments, histories,
                                  std::string(name_of(trial.settings.change.kind)) +
                                      " of one node, by " + std::string(name_of(way)));
    return result;
}

}  // namespace ringcast::bench
