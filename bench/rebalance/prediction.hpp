#pragma once

#include "cost.hpp"
#include "move_time.hpp"

namespace ringcast::bench {

using Speeds = ctl::MoveSpeeds;
using Prediction = ctl::MoveTime;

/// How long the handoff takes that a change costs, as `ringcastctl plan` would say.
[[nodiscard]] Prediction predict(const Cost& cost, const Speeds& speeds);

}  // namespace ringcast::bench
