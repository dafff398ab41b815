#pragma once

#include "change.hpp"
#include "cost.hpp"
#include "histories.hpp"
#include "loaded_cluster.hpp"
#include "node_sample.hpp"
#include "percentiles.hpp"
#include "prediction.hpp"
#include "timeline.hpp"
#include "traffic.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ringcast::bench {

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

/// Publishes that a fence kept back, as the routers tell: until they went to the next owner.
struct Holds {
    Percentiles ms;
    Percentiles before;  ///< of these, what went on before, during and after the change
    Percentiles during;
    Percentiles after;
    bool bounds = false;  ///< each is what was not exceeded, and may have been well below
};

/// What became of subscriptions during the change, as the nodes tell, looked at every so often.
struct Subscriptions {
    std::uint64_t made = 0;
    std::uint64_t dropped = 0;
};

/// What one change cost in a cluster under load.
struct Measurement {
    Way way = Way::handoff;
    Change::Kind kind = Change::Kind::add;
    Phases phases;  ///< `done` is when nothing more moved
    std::uint64_t channels_moved =
        0;  ///< whose owner is another one than before, as gateways see it
    std::vector<std::string> node_names;
    std::vector<NodeSample> nodes;  ///< what the change made of each; channels: after it
    std::vector<std::uint64_t> channels_before;  ///< on each node
    std::optional<std::uint64_t> subscribes;     ///< commands, on all nodes; nothing: one is mute
    std::uint64_t subscribes_max = 0;            ///< what they should not exceed
    std::optional<Subscriptions> subscriptions;  ///< nothing: a node does not tell
    Verdict verdict;
    Times delivery;              ///< from the publish to a listener
    Times answer;                ///< from the publish to its answer: how long it was held, too
    Times answer_moving;         ///< the same, of channels that move
    std::optional<Holds> holds;  ///< nothing: nobody knows
    std::vector<Cpu> gateways;   ///< empty: nobody knows
    std::vector<Cpu> nodes_cpu;
    double predicted_s = 0;  ///< what `phases.took` should be: of a handoff that was asked for
    Remarks remarks;
    Timeline timeline;

    [[nodiscard]] double seconds() const noexcept {
        return static_cast<double>(phases.done - phases.asked) / 1e9;
    }
    [[nodiscard]] bool is_predicted() const noexcept {
        return way == Way::handoff && kind != Change::Kind::crash && phases.took.has_value();
    }
};

/// What a run is told.
struct Trial {
    Load load;  ///< that is on the cluster
    Change change;
    double before_s = 5;  ///< of load, before the change
    double after_s = 5;
    /// Whether it is to end early, asked every so often; it then throws `Interrupted`.
    std::function<bool()> interrupted = [] { return false; };
    Speeds speeds = {};  ///< from which the time is predicted
    /// With each thing that the cluster has to do.
    std::chrono::steady_clock::duration patience = std::chrono::minutes(5);
};

struct Interrupted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Loads the cluster, changes it, and judges what came of that. `plan` is the cost of
/// Scheme::ringcast for the same members and channels. Throws std::runtime_error when the cluster
/// does not do its part within `trial.patience`. A publish that is not answered by then is judged
/// as such.
[[nodiscard]] Measurement measure(LoadedCluster& cluster, const Trial& trial, Way way,
                                  const Cost& plan);

}  // namespace ringcast::bench
