#pragma once

#include "cost.hpp"

#include <cstdint>
#include <string>

namespace ringcast::bench {

/// What a handoff's time is predicted from. The rate is what bounds it as a rule; the other times are
/// estimates for one core, not measured yet.
struct Speeds {
    std::uint32_t rate = 20'000;  ///< channels a second that a gateway subscribes; 0: no limit
    double gateway_us = 3;  ///< of a gateway's thread, to subscribe one channel or to leave it
    double node_us = 1.5;   ///< of a Redis, likewise
    double step_ms = 20;    ///< from a write to ZooKeeper until everybody has acted on it
};

/// How long each phase of a handoff should take, and what bounds the longest.
struct Prediction {
    double prepare_s = 0;  ///< new subscriptions are made
    double fence_s = 0;    ///< old owners are fenced, publishes change over
    double leave_s = 0;    ///< old subscriptions are dropped
    std::string bound;     ///< "rate", "gateway" or "node"

    [[nodiscard]] double total_s() const noexcept { return prepare_s + fence_s + leave_s; }
};

[[nodiscard]] Prediction predict(const Cost& cost, const Speeds& speeds);

}  // namespace ringcast::bench
