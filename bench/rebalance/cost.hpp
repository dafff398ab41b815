#pragma once

#include "channels.hpp"
#include "move_plan.hpp"
#include "placements.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace ringcast::bench {

/// Channels that go from one node to one other, and the gateways' subscriptions on them.
struct Flow {
    NodeIndex from = 0;
    NodeIndex to = 0;
    std::uint64_t channels = 0;
    std::uint64_t subscriptions = 0;

    friend bool operator==(const Flow&, const Flow&) = default;
};

/// What a change costs in one scheme, counted channel by channel.
struct Cost {
    Scheme scheme = Scheme::ringcast;
    std::uint64_t channels_moved = 0;
    std::uint64_t subscriptions_moved = 0;
    std::vector<Flow> flows;                ///< not empty ones, by from, then to
    std::vector<std::uint64_t> by_gateway;  ///< subscriptions that each has to move
    std::vector<std::uint64_t> before;      ///< channels on each node
    std::vector<std::uint64_t> after;
    double busiest_before = 0;  ///< the largest ratio of what a node carries to what it should
    double busiest_after = 0;
    /// Commands that make the new subscriptions, of up to `subscribe_batch` channels each; in a
    /// Redis Cluster all channels of one SSUBSCRIBE must be of one slot.
    std::uint64_t subscribe_commands = 0;
    /// Only in a Redis Cluster: to move a slot it is set importing on one side and migrating on the
    /// other, asked for keys at least once, and given to its new node on both sides.
    std::uint64_t cluster_commands = 0;
    std::size_t units_moved = 0;
    std::optional<std::size_t> units_least;
    /// 1: nothing moved that could have stayed. In whole units where the scheme has them, otherwise
    /// in channels against the even share that has to move. Nothing: the change is impossible.
    std::optional<double> moved_over_least;
};

inline constexpr std::uint64_t subscribe_batch = ctl::command_channels;

/// How many channels were counted so far; called by one thread only, not the caller's.
using Told = std::function<void(std::uint64_t counted)>;

/// Counts so many channels with their subscriptions in all schemes, in the order of `schemes`. The
/// names are made one after the other and not kept: memory depends on nodes and gateways alone.
[[nodiscard]] std::vector<Cost> costs_of(const Members& members, const Change& change,
                                         std::uint64_t channels, const Spread& spread,
                                         std::uint64_t seed, const Told& tell = {});

/// The same for rings that have a past and for channels with a prefix (see ChannelName).
[[nodiscard]] std::vector<Cost> costs_of(const Members& members, const Rings& rings,
                                         std::string_view prefix, std::uint64_t channels,
                                         const Spread& spread, const Told& tell = {});

}  // namespace ringcast::bench
