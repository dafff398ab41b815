#include "measurement.hpp"

#include "child_process.hpp"
#include "evaluation.hpp"
#include "report.hpp"

#include <algorithm>
#include <chrono>
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
            moment.holds += gateway->status().publish_holds;
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
    for (std::size_t node = 0; node < members.nodes(); ++node) {
        result.node_names.push_back(node_name(node));
    }
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
    add_nodes(result, before, after, plan, trial);
    evaluate(result, moments, histories, trial.settings.load.spread, moving,
             std::string(name_of(trial.settings.change.kind)) + " of one node, by " +
                 std::string(name_of(way)) + ": " + grouped(trial.settings.load.channels) +
                 " channels, " + std::to_string(trial.settings.load.spread.gateways) + " gateways");
    return result;
}

}  // namespace ringcast::bench
