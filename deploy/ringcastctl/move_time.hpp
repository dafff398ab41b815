#pragma once

#include "ringcast/router/settings.hpp"

#include <cstdint>
#include <string>

namespace ringcast::ctl {

/// What a handoff gives the busiest of each kind to do, in subscriptions. Gateways work side by
/// side, and so do nodes, so the one with the most to do decides how long it takes.
struct MoveWork {
    std::uint64_t of_gateway = 0;  ///< that one gateway makes, and later leaves
    std::uint64_t of_taker = 0;    ///< that are made at one node
    std::uint64_t of_giver = 0;    ///< that are left at one node
};

/// What a handoff's time is predicted from. The rate is what bounds it as a rule. The rest was
/// measured with `ringcast-bench rebalance` (docs/figures.md says how); it is of one core each.
struct MoveSpeeds {
    std::uint32_t rate = 20'000;  ///< channels a second that a gateway subscribes; 0: no limit
    double gateway_us = 3;        ///< of a gateway's thread, to subscribe one channel
    double node_us = 3.7;         ///< of a Redis, to take one subscription, confirm it, or drop it
    double leave_us = 17;  ///< of a gateway, to leave one: small commands, two under way at a node
    /// What each handoff takes however little moves, about ten round trips to ZooKeeper one after
    /// the other: the request is read and the view proposed; it is acknowledged, old owners are
    /// asked whether they live; fences are set and the next view is written; it is acknowledged
    /// again. Measured with a ZooKeeper on the same machine that does not wait for its disk: one
    /// that is slower makes small moves longer than they are predicted to be.
    double prepare_ms = 7;
    double fence_ms = 1;
    double leave_ms = 4;
    /// Whoever has not left by then is not waited for.
    double leave_seconds_max = router::ClusterSettings{}.leave_seconds_max;
};

/// How long each phase of a handoff should take, and what bounds the longest. All together is what
/// history tells as `took_ms`, of one step: the coordinator's own time, from taking the request out
/// of the queue until the gateways have left what moved away.
struct MoveTime {
    double prepare_s = 0;  ///< new subscriptions are made
    double fence_s = 0;    ///< old owners are fenced, publishes change over
    double leave_s = 0;    ///< old subscriptions are dropped, or nobody waits for that any more
    double late_s = 0;     ///< that it goes on after that, while nothing else can begin
    std::string bound;     ///< "rate", "gateway" or "node"

    [[nodiscard]] double total_s() const noexcept { return prepare_s + fence_s + leave_s; }
};

[[nodiscard]] MoveTime move_time(const MoveWork& work, const MoveSpeeds& speeds);

}  // namespace ringcast::ctl
