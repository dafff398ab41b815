#pragma once

#include "ringcast/router/node_control.hpp"

#include <memory>

namespace ringcast::simulation {

class SimulatedGateway;
struct Surroundings;

/// How the coordinator in a gateway speaks to nodes: over the same paths as its
/// router, with their delays and faults. What was sent may still be done after
/// the coordinator has given it up.
[[nodiscard]] std::unique_ptr<router::NodeControl> make_node_control(SimulatedGateway& gateway,
                                                                     Surroundings& around);

}  // namespace ringcast::simulation
