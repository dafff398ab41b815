#pragma once

#include "change.hpp"
#include "channels.hpp"
#include "prediction.hpp"
#include "traffic.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {

enum class Output { table, json };

/// A cluster is not loaded with more channels, be it the bench's own or one that runs already.
inline constexpr std::uint64_t loaded_channels_max = 10'000'000;

/// Where a cluster is that runs already, and how to be its client.
struct Running {
    std::string zookeeper = "127.0.0.1:2181";
    std::string cluster;
    std::string digest_file;
    std::string node;               ///< to be changed; empty: the only one on standby
    std::vector<std::string> urls;  ///< of the gateways, instead of what they announce
    std::string token;              ///< of every connection; empty: none
    std::string prefix = "bench-";  ///< of every channel
    std::size_t connections = 0;    ///< over all gateways; 0: as many as the usual limits ask for
    std::optional<std::uint32_t> rate;
    bool subscribers_given = false;  ///< else no more than there are gateways
    bool undo = false;
};

/// What `ringcast-bench rebalance` is asked for.
struct Rebalance {
    std::optional<Running> running;  ///< nothing: a cluster of the bench's own, or none
    bool simulate = false;           ///< ring and plan alone: nothing is started
    std::size_t nodes = 4;           ///< members before the change
    std::uint64_t channels = 100'000;
    Spread spread{3, 2};
    Change change;
    Speeds speeds;
    std::uint64_t seed = 1;
    Output output = Output::table;

    // What a cluster is loaded with; nothing of it matters to a simulation.
    std::vector<std::string> ways{"handoff", "naive"};
    double messages_per_second = 5'000;  ///< over all gateways
    std::uint64_t busy_channels = 1'000;
    std::size_t payload_bytes = 128;
    double before_s = 5;
    double after_s = 5;
    std::uint32_t naive_lag_ms = 0;  ///< so much later the last gateway hears of a naive switch
    std::string timeline;            ///< file for it, .svg or .png; empty: none
    bool strict = false;             ///< a figure that is missed is a failure, too
    bool verbose = false;
};

/// The load that this puts on a cluster.
[[nodiscard]] Load load_of(const Rebalance& wanted);

/// What to do, or what to print instead: help, or what is wrong.
struct Parsed {
    Rebalance rebalance;
    std::optional<int> exit;  ///< nothing: go on
    std::string text;
};

/// How `ringcast-bench` ends, for scripts.
enum ExitCode : int {
    done = 0,              ///< measured, and what is promised was kept
    failed = 1,            ///< not measured, or not everything; the error output says why
    wrong_use = 2,         ///< the command line makes no sense
    promise_broken = 3,    ///< messages were lost, repeated, reordered, against the promise
    figure_missed = 4,     ///< with --strict: a figure was not reached, or not known
    interrupted_run = 130  ///< by Ctrl-C, a termination signal, or a terminal that was closed
};

/// How it ends when the figures say `judged` and not everything was done that was asked for: the
/// second way failed, or the undo. A broken promise is told whatever else happened.
[[nodiscard]] ExitCode ended(ExitCode judged, bool incomplete, bool interrupted) noexcept;

/// Reads the arguments, and RINGCAST_ZOOKEEPER, RINGCAST_CLUSTER and RINGCAST_BENCH_TOKEN where
/// they say nothing.
[[nodiscard]] Parsed parse(int argc, const char* const* argv);

}  // namespace ringcast::bench
