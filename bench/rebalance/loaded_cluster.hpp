#pragma once

#include "channels.hpp"
#include "cost.hpp"
#include "gateway_sample.hpp"
#include "histories.hpp"
#include "node_sample.hpp"
#include "ringcast/router/hold_times.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
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

/// When the cluster came to which point of a change, by the clock of histories; 0: not yet, or
/// never.
struct Phases {
    std::int64_t asked = 0;     ///< the request was written, or the node was killed
    std::int64_t prepare = 0;   ///< the next view was proposed
    std::int64_t fence = 0;     ///< every gateway had acknowledged it
    std::int64_t in_force = 0;  ///< the view came into force
    std::int64_t done = 0;      ///< history told what came of it
    std::string refused;        ///< why nothing came of it
    /// As history tells it: the coordinator's own time, without what it takes to hear of it.
    std::optional<std::chrono::milliseconds> took;
};

/// What was seen at one moment.
struct Moment {
    std::int64_t at_ns = 0;
    std::vector<NodeSample> nodes;
    std::vector<double> gateways_cpu_s;  ///< of each gateway; empty: nobody knows
    std::uint64_t published = 0;
    std::uint64_t answered = 0;
    std::uint64_t heard = 0;
    /// Of all gateways so far, as exactly as they can be known: both nothing, nobody knows.
    std::optional<router::HoldTimes> holds;
    std::optional<HoldBuckets> hold_buckets;
};

/// What is to be said beside the figures of a cluster that is looked at from outside; all empty for
/// one that the bench started.
struct Remarks {
    /// Why a node does not tell of itself: then nothing of it is known. Empty: it does.
    std::vector<std::string> nodes_mute;
    /// Gateways that do not tell of themselves, and why, a sentence each: then nothing is known of
    /// what all of them do together.
    std::vector<std::string> gateways_mute;
    /// Clients of others when it began. What they are subscribed to moves, too, and is in what
    /// nodes tell.
    std::uint64_t other_clients = 0;
    /// What the bench did at one gateway, as its clients.
    struct Through {
        std::string gateway;
        std::size_t connections = 0;
        std::uint64_t published = 0;
        std::uint64_t heard = 0;
    };
    std::vector<Through> through;

    [[nodiscard]] bool is_mute(std::size_t node) const {
        return node < nodes_mute.size() && !nodes_mute[node].empty();
    }
};

/// A cluster with the load of a bench on it: one that the bench starts itself (BenchCluster), or
/// one that runs already and is reached as its clients and operators reach it (RunningCluster). Its
/// functions are for the main thread, in this order, and throw std::runtime_error when the cluster
/// does not do what it must.
class LoadedCluster {
public:
    virtual ~LoadedCluster() = default;

    /// In the order in which moments and owners count them: every node there is before or after.
    [[nodiscard]] virtual std::vector<std::string> node_names() const = 0;

    /// Lets every gateway subscribe to its share of the channels; returns when all is confirmed.
    virtual void subscribe() = 0;

    /// The node of every channel now, by its place among the names; `nowhere` without a view.
    static constexpr NodeIndex nowhere = 0xffff;
    [[nodiscard]] virtual std::vector<NodeIndex> owners() = 0;

    virtual void publish() = 0;  ///< starts to
    virtual void stop_publishing() = 0;
    [[nodiscard]] virtual Moment look() = 0;

    /// Has the change made, and does not wait for it.
    virtual void change(Way way) = 0;
    [[nodiscard]] virtual Phases phases() = 0;

    /// Since when nothing moves any more, as far as can be seen, after the change was done: as
    /// early as the first call at most. Nothing: something moves, or it is too early to tell.
    /// `plan` tells what each node then carries.
    [[nodiscard]] virtual std::optional<std::int64_t> settled_at(const Moment& now,
                                                                 const Cost& plan) = 0;

    [[nodiscard]] virtual Remarks remarks() = 0;

    /// All that was sent and heard, handed over. Requires: nobody publishes.
    [[nodiscard]] virtual Histories take() = 0;
};

}  // namespace ringcast::bench
