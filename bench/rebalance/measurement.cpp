#include "measurement.hpp"

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
/// Commands beyond those that carry channels, of one gateway at one node: connections subscribe to
/// the control channel, and the last batch of each is not full.
constexpr std::uint64_t spare_commands = 4;

/// Looks at the cluster every so often, until a condition holds.
class Watch {
public:
    Watch(LoadedCluster& cluster, const Trial& trial) : cluster_(cluster), trial_(trial) {}

    /// Whether the condition came to hold before the limit.
    template <typename Condition>
    [[nodiscard]] bool within(std::chrono::steady_clock::duration limit, Condition condition) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!condition(look())) {
            if (trial_.interrupted()) throw Interrupted("interrupted");
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_until(next_);
        }
        return true;
    }

    template <typename Condition>
    void until(Condition condition, const char* what) {
        if (!within(trial_.patience, condition)) give_up(what);
    }

    void pass(double seconds) {
        const std::int64_t end = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
        const auto time =
            std::chrono::ceil<std::chrono::seconds>(std::chrono::duration<double>(seconds));
        const auto is_over = [end](const Moment& moment) { return moment.at_ns >= end; };
        if (!within(trial_.patience + time, is_over)) give_up("time passed");
    }

    [[nodiscard]] const std::vector<Moment>& moments() const { return moments_; }

private:
    [[noreturn]] static void give_up(const char* what) {
        throw std::runtime_error(std::string("waited in vain until ") + what);
    }

    const Moment& look() {
        next_ = std::chrono::steady_clock::now() + sample_every;
        moments_.push_back(cluster_.look());
        return moments_.back();
    }

    LoadedCluster& cluster_;
    const Trial& trial_;
    std::chrono::steady_clock::time_point next_;
    std::vector<Moment> moments_;
};

void add_nodes(Measurement& result, const Moment& before, const Moment& after, const Cost& plan,
               const Trial& trial) {
    result.subscribes = 0;
    for (std::size_t node = 0; node < after.nodes.size(); ++node) {
        result.channels_before.push_back(before.nodes[node].channels);
        const bool dead = !after.nodes[node].is_known();
        result.nodes.push_back(dead ? NodeSample{} : after.nodes[node] - before.nodes[node]);
        if (result.subscribes) *result.subscribes += result.nodes.back().subscribes;
        if (result.remarks.is_mute(node)) result.subscribes.reset();
    }
    result.subscribes_max = plan.subscriptions_moved / subscribe_batch +
                            spare_commands * after.nodes.size() * trial.load.spread.gateways;
}

}  // namespace

std::string_view name_of(Way way) noexcept {
    return way == Way::handoff ? "handoff" : "naive switch";
}

Measurement measure(LoadedCluster& cluster, const Trial& trial, Way way, const Cost& plan) {
    Measurement result;
    result.way = way;
    result.kind = trial.change.kind;
    result.predicted_s = predict(plan, trial.speeds).total_s();
    result.node_names = cluster.node_names();
    cluster.subscribe();
    const auto owners_before = cluster.owners();

    Watch watch(cluster, trial);
    cluster.publish();
    watch.pass(trial.before_s);
    const Moment before = watch.moments().back();
    cluster.change(way);
    if (way == Way::handoff) {
        watch.until(
            [&](const Moment&) {
                const Phases phases = cluster.phases();
                return phases.done != 0 || !phases.refused.empty();
            },
            "the change was done");
    }
    if (const std::string refused = cluster.phases().refused; !refused.empty()) {
        throw std::runtime_error("the change was refused: " + refused);
    }
    std::optional<std::int64_t> settled;
    watch.until(
        [&](const Moment& moment) {
            settled = cluster.settled_at(moment, plan);
            return settled.has_value();
        },
        "every channel was where it belongs, and nowhere else");
    result.phases = cluster.phases();
    // It is over when history says so and nothing moves any more; of the naive switch history says
    // nothing.
    result.phases.done = std::max(result.phases.done, *settled);
    const Moment after = *std::ranges::lower_bound(watch.moments(), *settled, {}, &Moment::at_ns);
    watch.pass(trial.after_s);
    cluster.stop_publishing();
    const std::vector<Moment> moments = watch.moments();

    // Everything is answered, and nothing has been heard for a second: nothing is under way. What
    // is not answered in all that time is a finding, and no reason to find nothing.
    std::uint64_t heard = 0;
    std::int64_t last_heard = now_ns();
    (void)watch.within(trial.patience, [&](const Moment& moment) {
        if (moment.heard != heard) last_heard = moment.at_ns;
        heard = moment.heard;
        return moment.answered >= moment.published && moment.at_ns - last_heard > 1'000'000'000;
    });

    const auto owners_after = cluster.owners();
    std::vector<bool> moving(owners_before.size());
    for (std::size_t channel = 0; channel < owners_before.size(); ++channel) {
        moving[channel] = owners_before[channel] != owners_after[channel];
        result.channels_moved += moving[channel];
    }
    result.remarks = cluster.remarks();
    add_nodes(result, before, after, plan, trial);
    evaluate(result, moments, cluster.take(), trial.load.spread, moving,
             std::string(name_of(trial.change.kind)) + " of one node, by " +
                 std::string(name_of(way)) + ": " + grouped(trial.load.channels) + " channels, " +
                 std::to_string(trial.load.spread.gateways) + " gateways");
    return result;
}

}  // namespace ringcast::bench
