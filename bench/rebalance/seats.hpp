#pragma once

#include "traffic.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringcast::bench {

/// What gateways let one client do unless they are configured otherwise: docs/operations.md says
/// which settings these are.
struct ClientLimits {
    std::size_t channels = 0;
    std::uint32_t publishes_per_second = 0;
    std::uint32_t commands_per_second = 0;
    std::size_t message_bytes = 0;

    [[nodiscard]] static ClientLimits usual();
};

/// How many connections to each gateway carry the load within the limits: none has more channels
/// than it may, and none publishes at more than half of the rate that it may, as messages come
/// unevenly.
[[nodiscard]] std::size_t connections_needed(const Load& load, const ClientLimits& limits);

/// Which connection to a gateway has which channel. Those that the gateway's clients are subscribed
/// to are dealt one by one, so that no connection has more than its part; the others are published
/// to only, and any connection may do that. A channel's messages all take one connection, which
/// keeps them in order.
class Seats {
public:
    /// Requires: at least one connection.
    Seats(std::size_t gateway, const Load& load, std::size_t connections);

    [[nodiscard]] std::size_t connection_of(std::uint32_t channel) const {
        return connection_of_[channel];
    }
    /// To be subscribed by a connection, ascending.
    [[nodiscard]] const std::vector<std::uint32_t>& channels_of(std::size_t connection) const {
        return channels_of_[connection];
    }
    [[nodiscard]] std::uint64_t subscriptions() const noexcept { return subscriptions_; }

private:
    std::uint64_t subscriptions_ = 0;
    std::vector<std::uint32_t> connection_of_;
    std::vector<std::vector<std::uint32_t>> channels_of_;
};

}  // namespace ringcast::bench
