#include "cost.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <thread>

namespace ringcast::bench {
namespace {

using Counts = std::vector<std::uint32_t>;

/// Subscriptions by scheme, unit and gateway: [scheme][unit * gateways + gateway].
using Tally = std::array<Counts, schemes.size()>;

Tally empty_tally(const Placements& placements, std::size_t gateways) {
    Tally tally;
    for (std::size_t i = 0; i < schemes.size(); ++i) {
        tally[i].resize(placements.of(schemes[i]).before.size() * gateways);
    }
    return tally;
}

/// `counted` is called now and then with how many there were since.
void count(const Placements& placements, const Spread& spread, std::string_view prefix,
           std::uint64_t first, std::uint64_t end, Tally& tally,
           const std::function<void(std::uint64_t)>& counted) {
    constexpr std::uint64_t told_every = 1U << 18U;
    for (std::uint64_t channel = first; channel < end; ++channel) {
        if ((channel - first + 1) % told_every == 0) counted(told_every);
        const auto units = placements.units_of(ChannelName(prefix, channel).text());
        for (std::size_t which = 0; which < spread.subscribers; ++which) {
            const std::size_t gateway = spread.gateway(channel, which);
            for (std::size_t i = 0; i < schemes.size(); ++i) {
                ++tally[i][units[i] * spread.gateways + gateway];
            }
        }
    }
}

/// The channels are dealt to as many threads as the machine has.
Tally counted(const Placements& placements, const Spread& spread, std::string_view prefix,
              std::uint64_t channels, const Told& tell) {
    const std::uint64_t parts = std::max(1U, std::thread::hardware_concurrency());
    std::vector<Tally> tallies(parts, empty_tally(placements, spread.gateways));
    std::atomic<std::uint64_t> done = 0;
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t part = 0; part < parts; ++part) {
            threads.emplace_back([&, part] {
                count(placements, spread, prefix, channels * part / parts,
                      channels * (part + 1) / parts, tallies[part], [&, part](std::uint64_t more) {
                          done += more;
                          if (part == 0 && tell) tell(done);
                      });
            });
        }
    }
    Tally all = std::move(tallies.front());
    for (std::uint64_t part = 1; part < parts; ++part) {
        for (std::size_t i = 0; i < schemes.size(); ++i) {
            std::transform(all[i].begin(), all[i].end(), tallies[part][i].begin(), all[i].begin(),
                           std::plus<>());
        }
    }
    return all;
}

std::uint64_t batches(std::uint64_t channels) {
    return (channels + subscribe_batch - 1) / subscribe_batch;
}

double busiest(const std::vector<std::uint64_t>& channels, const Members& members,
               double (Members::*share)(NodeIndex) const noexcept) {
    double whole = 0;
    for (const std::uint64_t one : channels) whole += static_cast<double>(one);
    double most = 0;
    for (NodeIndex node = 0; node < channels.size(); ++node) {
        const double should = (members.*share)(node)*whole;
        if (should > 0) most = std::max(most, static_cast<double>(channels[node]) / should);
    }
    return most;
}

/// Subscriptions on one unit, by gateway, and what moving it means.
void add_moved(Cost& cost, std::span<const std::uint32_t> by_gateway,
               std::vector<std::uint64_t>& gained, std::size_t nodes, NodeIndex to) {
    for (std::size_t gateway = 0; gateway < by_gateway.size(); ++gateway) {
        const std::uint64_t subscriptions = by_gateway[gateway];
        cost.by_gateway[gateway] += subscriptions;
        cost.subscriptions_moved += subscriptions;
        gained[gateway * nodes + to] += subscriptions;
        if (cost.scheme == Scheme::slots) cost.subscribe_commands += batches(subscriptions);
    }
}

Cost cost_of(Scheme scheme, const Placement& placement, const Counts& counts,
             const Members& members, const Spread& spread) {
    const std::size_t nodes = members.nodes();
    Cost cost;
    cost.scheme = scheme;
    cost.by_gateway.resize(spread.gateways);
    cost.before.resize(nodes);
    cost.after.resize(nodes);
    cost.units_moved = placement.units_moved();
    cost.units_least = placement.units_least;
    std::vector<std::uint64_t> flows(nodes * nodes);
    std::vector<std::uint64_t> gained(spread.gateways * nodes);
    for (std::size_t unit = 0; unit < placement.before.size(); ++unit) {
        const auto by_gateway = std::span(counts).subspan(unit * spread.gateways, spread.gateways);
        std::uint64_t channels = 0;
        for (const std::uint32_t subscriptions : by_gateway) channels += subscriptions;
        channels /= spread.subscribers;
        const NodeIndex from = placement.before[unit];
        const NodeIndex to = placement.after[unit];
        cost.before[from] += channels;
        cost.after[to] += channels;
        if (from == to) continue;
        cost.channels_moved += channels;
        flows[from * nodes + to] += channels;
        add_moved(cost, by_gateway, gained, nodes, to);
    }
    for (std::size_t pair = 0; pair < flows.size(); ++pair) {
        if (flows[pair] == 0) continue;
        cost.flows.push_back({static_cast<NodeIndex>(pair / nodes),
                              static_cast<NodeIndex>(pair % nodes), flows[pair],
                              flows[pair] * spread.subscribers});
    }
    if (scheme == Scheme::slots) {
        cost.cluster_commands = 5 * cost.units_moved;
    } else {
        for (const std::uint64_t subscriptions : gained) {
            cost.subscribe_commands += batches(subscriptions);
        }
    }
    cost.busiest_before = busiest(cost.before, members, &Members::share_before);
    cost.busiest_after = busiest(cost.after, members, &Members::share_after);
    return cost;
}

std::optional<double> moved_over_least(const Cost& cost, const Members& members,
                                       std::uint64_t channels) {
    if (cost.units_least) {
        if (cost.units_moved == *cost.units_least) return 1.0;
        return static_cast<double>(cost.units_moved) /
               static_cast<double>(std::max<std::size_t>(1, *cost.units_least));
    }
    if (cost.channels_moved == 0 || channels == 0) return std::nullopt;
    return static_cast<double>(cost.channels_moved) /
           (members.share_moving() * static_cast<double>(channels));
}

}  // namespace

std::vector<Cost> costs_of(const Members& members, const Change& change, std::uint64_t channels,
                           const Spread& spread, std::uint64_t seed, const Told& tell) {
    return costs_of(members, rings_of(members, change, seed), {}, channels, spread, tell);
}

std::vector<Cost> costs_of(const Members& members, const Rings& rings, std::string_view prefix,
                           std::uint64_t channels, const Spread& spread, const Told& tell) {
    const Placements placements(members, rings);
    const Tally tally = counted(placements, spread, prefix, channels, tell);
    std::vector<Cost> costs;
    for (std::size_t i = 0; i < schemes.size(); ++i) {
        Cost cost = cost_of(schemes[i], placements.of(schemes[i]), tally[i], members, spread);
        cost.moved_over_least = moved_over_least(cost, members, channels);
        costs.push_back(std::move(cost));
    }
    return costs;
}

}  // namespace ringcast::bench
