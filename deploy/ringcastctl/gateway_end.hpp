#pragma once

#include "cluster_state.hpp"
#include "ringcast/router/entries.hpp"

#include <cstdint>

namespace ringcast::ctl {

/// Whether a gateway that was asked to drain has ended, by looks two a second. Its entry also goes
/// when its session is lost, and is back under another name as soon as it has a new one: so only
/// several looks in a row without any entry of it tell that it has ended. One of the same id that
/// was started at another time is another one.
class GatewayEnd {
public:
    explicit GatewayEnd(const router::GatewayEntry& gateway)
        : gateway_(gateway), clients_(gateway.load.clients) {}

    void look(const ClusterState& state);
    /// ZooKeeper did not answer: the gateway's session may have been lost meanwhile, and it takes
    /// longer until it has a new one.
    void look_failed() noexcept;

    [[nodiscard]] bool has_ended() const noexcept { return looks_gone_ >= looks_gone_max_; }
    [[nodiscard]] bool is_seen() const noexcept { return seen_; }  ///< at the last look
    [[nodiscard]] std::uint64_t clients() const noexcept { return clients_; }  ///< when last seen

private:
    const router::GatewayEntry gateway_;
    std::uint64_t clients_;
    bool seen_ = true;
    int looks_gone_ = 0;
    int looks_gone_max_ = 4;
};

}  // namespace ringcast::ctl
