#pragma once

#include "chance.hpp"
#include "ringcast/membership/token.hpp"
#include "world.hpp"

#include <cstdint>

namespace ringcast::simulation {

/// What goes wrong in a run, and when: drawn from the seed, one fault after another, several at a
/// time. Most end by themselves; `World::heal` ends them all.
class Faults {
public:
    explicit Faults(World& world);

    void begin();
    void end();

private:
    void happen();
    void disturb_a_switch(SimulatedNode& fenced);

    // Of the ensemble.
    void cut_a_session();
    void expire_a_session();
    void take_the_ensemble_away();
    // Of a link.
    void reset_a_path();
    void block_a_path();
    void slow_a_path();
    // Of a node.
    void restart_a_node();
    void kill_a_node();
    void freeze_a_node();
    void deafen_a_node();
    void add_a_node();
    // Of a gateway.
    void kill_a_gateway();
    void freeze_a_gateway();
    void add_a_gateway();
    void leave_a_gateway_behind();
    /// At an act that its coordinator does from now on.
    void trip_the_coordinator();

    [[nodiscard]] SimulatedGateway* any_gateway();
    [[nodiscard]] SimulatedNode& any_node();
    void later(Chance::Duration delay, membership::Scheduler::Task task);
    void disturb_member(const SimulatedNode& node);

    World& world_;
    Chance chance_;
    membership::Token next_;
};

}  // namespace ringcast::simulation
