#include "seats.hpp"

#include "ringcast/gateway/options.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace ringcast::bench {
namespace {

bool is_subscribed(std::size_t gateway, const Spread& spread, std::uint64_t channel) {
    for (std::size_t which = 0; which < spread.subscribers; ++which) {
        if (spread.gateway(channel, which) == gateway) return true;
    }
    return false;
}

}  // namespace

ClientLimits ClientLimits::usual() {
    const gateway::LimitOptions limits;
    return {limits.channels_per_client_max, limits.publishes_per_second, limits.commands_per_second,
            limits.message_bytes_max};
}

std::size_t connections_needed(const Load& load, const ClientLimits& limits) {
    std::size_t most = 0;
    for (std::size_t gateway = 0; gateway < load.spread.gateways; ++gateway) {
        std::size_t channels = 0;
        for (std::uint64_t channel = 0; channel < load.channels; ++channel) {
            channels += is_subscribed(gateway, load.spread, channel);
        }
        most = std::max(most, (channels + limits.channels - 1) / limits.channels);
    }
    const double publishes = std::ceil(2 * load.messages_per_second / limits.publishes_per_second);
    return std::max({most, static_cast<std::size_t>(publishes), std::size_t{1}});
}

Seats::Seats(std::size_t gateway, const Load& load, std::size_t connections)
    : connection_of_(load.channels), channels_of_(connections) {
    assert(connections > 0);
    for (std::uint32_t channel = 0; channel < load.channels; ++channel) {
        if (!is_subscribed(gateway, load.spread, channel)) {
            connection_of_[channel] = static_cast<std::uint32_t>(channel % connections);
            continue;
        }
        const auto connection = static_cast<std::uint32_t>(subscriptions_++ % connections);
        connection_of_[channel] = connection;
        channels_of_[connection].push_back(channel);
    }
}

}  // namespace ringcast::bench
