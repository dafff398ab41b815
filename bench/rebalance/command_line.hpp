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
    std::string svg;  ///< file for the timeline; empty: none
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

/// 0 done, 1 failed, 2 wrong use.
enum ExitCode : int { done = 0, failed = 1, wrong_use = 2 };

/// Reads the arguments, and RINGCAST_ZOOKEEPER, RINGCAST_CLUSTER and RINGCAST_BENCH_TOKEN where
/// they say nothing.
[[nodiscard]] Parsed parse(int argc, const char* const* argv);

}  // namespace ringcast::bench
