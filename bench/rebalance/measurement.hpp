#pragma once

#include "bench_cluster.hpp"
#include "cost.hpp"
#include "histories.hpp"
#include "node_sample.hpp"
#include "percentiles.hpp"
#include "timeline.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::bench {

/// How the ring is changed.
enum class Way {
    handoff,  ///< proposed, prepared, fenced: what this project does
    naive,    ///< each gateway moves when it hears of the new view
};
[[nodiscard]] std::string_view name_of(Way way) noexcept;

/// Of messages published before, during and after the change, in milliseconds.
struct Times {
    Percentiles before;
    Percentiles during;
    Percentiles after;
};

/// Of one core, before, during and after the change.
struct Cpu {
    double before = 0;
    double during = 0;
    double after = 0;
};

/// What was seen at one moment.
struct Moment {
    std::int64_t at_ns = 0;
    std::vector<NodeSample> nodes;
    std::vector<double> gateways_cpu_s;
    std::uint64_t published = 0;
    std::uint64_t heard = 0;
    router::HoldTimes holds;  ///< of all gateways so far
};

/// What one change cost in a running cluster.
struct Measurement {
    Way way = Way::handoff;
    Phases phases;  ///< `done` is when nothing more moved
    std::uint64_t channels_moved =
        0;  ///< whose owner is another one than before, as gateways see it
    std::vector<std::string> node_names;
    std::vector<NodeSample> nodes;  ///< what the change made of each; channels: after it
    std::vector<std::uint64_t> channels_before;  ///< on each node
    std::uint64_t subscribes = 0;                ///< commands, on all nodes
    std::uint64_t subscribes_max = 0;            ///< what they should not exceed
    Verdict verdict;
    Times delivery;       ///< from the publish to a listener
    Times answer;         ///< from the publish to its answer: how long it was held, too
    Times answer_moving;  ///< the same, of channels that move
    /// Publishes that a fence kept back, as the routers tell: until they went to the next owner.
    router::HoldTimes holds;
    std::vector<Cpu> gateways;
    std::vector<Cpu> nodes_cpu;
    double seconds_loaded = 0;
    Timeline timeline;

    [[nodiscard]] double seconds() const noexcept {
        return static_cast<double>(phases.done - phases.asked) / 1e9;
    }
};

/// What a run is told.
struct Trial {
    BenchCluster::Settings settings;
    double before_s = 5;  ///< of load, before the change
    double after_s = 5;
};

/// Starts a cluster, loads it, changes it, and judges what came of that. `plan` is the cost of
/// Scheme::ringcast for the same members and channels. Throws std::runtime_error when the cluster
/// does not do its part within minutes.
[[nodiscard]] Measurement measure(const Trial& trial, Way way, const Members& members,
                                  const Cost& plan, const std::shared_ptr<spdlog::logger>& log);

}  // namespace ringcast::bench
