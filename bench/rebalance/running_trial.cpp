#include "running_trial.hpp"

#include "child_process.hpp"
#include "report.hpp"
#include "running_cluster.hpp"
#include "seats.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto undo_within = std::chrono::minutes(5);
/// One source address has about 28,000 ports to a destination.
constexpr std::size_t connections_each_max = 25'000;
/// Descriptors for everything but clients.
constexpr rlim_t other_descriptors = 200;
/// Gateways tell of their clients every two seconds: those of a bench that has just ended stand
/// there still, and with clients of others some figures have no bounds.
constexpr auto told_within = 3s;
constexpr auto look_again_after = 250ms;
/// Of the load, beside what it is asked to last and the change: subscribing, the last answers, and
/// what takes longer than predicted.
constexpr double spare_seconds = 120;

ctl::CommandLine line_of(const Running& running) {
    ctl::CommandLine line;
    line.zookeeper = running.zookeeper;
    line.cluster = running.cluster;
    line.digest_file = running.digest_file;
    return line;
}

LiveTarget target_in(RunningRing& ring, const LiveWish& wish,
                     const std::function<bool()>& interrupted) {
    const auto end = std::chrono::steady_clock::now() + told_within;
    for (;; std::this_thread::sleep_for(look_again_after)) {
        LiveTarget target = target_of(ring.read(ctl::ClusterReader::Depth::now), wish);
        const bool told = target.other_clients == 0 || std::chrono::steady_clock::now() >= end;
        if (told || interrupted()) return target;
    }
}

/// `wanted` with the cluster's own numbers instead of the defaults.
void adapt(Rebalance& wanted, const LiveTarget& target) {
    const std::size_t gateways = target.gateways.size();
    wanted.spread.gateways = gateways;
    if (!wanted.running->subscribers_given) {
        wanted.spread.subscribers = std::min(wanted.spread.subscribers, gateways);
    }
    if (wanted.spread.subscribers > gateways) {
        throw std::runtime_error("--subscribers: there are only " + std::to_string(gateways) +
                                 " gateways that take clients");
    }
    wanted.seed = target.rings.before.seed();
    wanted.speeds.rate = target.rate;
    wanted.speeds.leave_seconds_max = target.leave_seconds_max;
}

std::size_t connections_each(const Rebalance& wanted) {
    const std::size_t gateways = wanted.spread.gateways;
    const std::size_t asked = wanted.running->connections;
    if (asked != 0 && asked < gateways) {
        throw std::runtime_error("--connections must be at least one for each of the " +
                                 std::to_string(gateways) + " gateways");
    }
    const std::size_t each =
        asked != 0 ? asked / gateways : connections_needed(load_of(wanted), ClientLimits::usual());
    if (each > connections_each_max) {
        throw std::runtime_error(
            grouped(each) +
            " clients of one gateway do not fit on one machine: raise "
            "limits.channels_per_client_max at the gateways and give --connections, or take fewer "
            "--channels");
    }
    return each;
}

/// Every client is an open file.
void allow_descriptors(std::size_t connections) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t needed = connections + other_descriptors;
    if (limit.rlim_cur >= needed) return;
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < needed) {
        throw std::runtime_error(grouped(connections) + " clients need " + grouped(needed) +
                                 " open files, and this process may have " +
                                 grouped(limit.rlim_max) +
                                 ": raise that (ulimit -Hn), or take fewer --channels");
    }
}

}  // namespace

std::uint32_t seconds_needed(const Rebalance& wanted, const Cost& plan) {
    const Prediction change = predict(plan, wanted.speeds);
    return static_cast<std::uint32_t>(std::ceil(wanted.before_s + change.total_s() + change.late_s +
                                                wanted.after_s + spare_seconds));
}

RunningTrial::RunningTrial(Rebalance wanted, std::shared_ptr<spdlog::logger> log, Tell tell,
                           std::function<bool()> interrupted)
    : wanted_(std::move(wanted)),
      tell_(std::move(tell)),
      interrupted_(std::move(interrupted)),
      ring_(line_of(*wanted_.running), std::move(log)),
      target_(target_in(
          ring_,
          {wanted_.change, wanted_.running->node, wanted_.running->rate, wanted_.running->urls},
          interrupted_)) {
    adapt(wanted_, target_);
    connections_ = connections_each(wanted_);
    allow_descriptors(connections_ * wanted_.spread.gateways);
    costs_ = costs_of(target_.members, target_.rings, wanted_.running->prefix, wanted_.channels,
                      wanted_.spread);
}

std::string RunningTrial::conditions() const {
    return std::string(name_of(wanted_.change.kind)) + " of " + target_.request.node +
           " in the cluster " + wanted_.running->cluster + " by handoff, " +
           grouped(connections_ * wanted_.spread.gateways) + " clients at " +
           std::to_string(wanted_.spread.gateways) + " gateways, channels " +
           wanted_.running->prefix + "*";
}

RunningTrial::Outcome RunningTrial::measure() {
    RunningCluster::Settings settings;
    settings.load = load_of(wanted_);
    settings.token = wanted_.running->token;
    settings.prefix = wanted_.running->prefix;
    settings.connections = connections_;
    settings.seconds = seconds_needed(wanted_, costs_.front());
    settings.tell = tell_;
    settings.interrupted = interrupted_;
    try {
        RunningCluster cluster(ring_, target_, std::move(settings));
        Outcome outcome{bench::measure(cluster,
                                       {load_of(wanted_), wanted_.change, wanted_.before_s,
                                        wanted_.after_s, interrupted_, wanted_.speeds},
                                       Way::handoff, costs_.front()),
                        ""};
        if (!wanted_.running->undo) return outcome;
        try {
            undo();
        } catch (const std::runtime_error& error) {
            outcome.not_undone = told(error);
        }
        return outcome;
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(told(error));
    }
}

/// With how the ring is left.
std::string RunningTrial::told(const std::runtime_error& error) {
    // Interrupted, whatever failed for that.
    const std::string why = interrupted_() ? "interrupted, the bench's clients are gone: "
                                           : std::string(error.what()) + "; ";
    return why + ring_.left_as();
}

void RunningTrial::undo() {
    tell_("taking the change back");
    ring_.undo(target_);
    const bool ended = test::wait_until(
        [this] {
            const Phases phases = ring_.phases();
            return phases.done != 0 || !phases.refused.empty() || interrupted_();
        },
        undo_within);
    const Phases phases = ring_.phases();
    if (!phases.refused.empty()) {
        throw std::runtime_error("the undo was refused: " + phases.refused);
    }
    if (!ended || phases.done == 0) throw std::runtime_error("did not wait for the undo");
}

}  // namespace ringcast::bench
