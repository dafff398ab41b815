#pragma once

#include "ringcast/router/node_probe.hpp"

#include <memory>

namespace ringcast::simulation {

class SimulatedGateway;
struct Surroundings;

/// How the coordinator in a gateway speaks to nodes: over the same paths as its router, with their
/// delays and faults.
[[nodiscard]] std::unique_ptr<router::NodeProbe> make_node_control(SimulatedGateway& gateway,
                                                                   Surroundings& around);

}  // namespace ringcast::simulation
