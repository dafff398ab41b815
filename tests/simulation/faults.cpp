#include "faults.hpp"

#include "messages.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace ringcast::simulation {
namespace {

using Way = router::InProcessPath::Way;

constexpr std::size_t gateways_alive_max = 4;
constexpr std::size_t nodes_max = 9;

}  // namespace

Faults::Faults(World& world)
    : world_(world),
      chance_(world.setup.seed, 4),
      stages_(world.setup.seed, 7),
      purpose_(world.setup.seed, 16) {}

void Faults::begin() {
    world_.at_view([this] { disturb_a_stage(); });
    world_.at_fence([this](SimulatedNode& node) { disturb_a_switch(node); });
    world_.at_append([this] { take_back_late(); });
    next_ = world_.stage.after(chance_.between(20ms, 350ms), [this] {
        happen();
        begin();
    });
}

void Faults::end() {
    next_.reset();
    world_.at_fence({});
    world_.at_view({});
    world_.at_append({});
    world_.at_step({});
}

void Faults::happen() {
    struct Kind {
        unsigned weight;
        void (Faults::*happen)();
    };
    static constexpr std::array kinds{
        Kind{8, &Faults::cut_a_session},
        Kind{3, &Faults::expire_a_session},
        Kind{2, &Faults::take_the_ensemble_away},
        Kind{10, &Faults::reset_a_path},
        Kind{10, &Faults::block_a_path},
        Kind{8, &Faults::slow_a_path},
        Kind{5, &Faults::restart_a_node},
        Kind{4, &Faults::kill_a_node},
        Kind{4, &Faults::freeze_a_node},
        Kind{2, &Faults::deafen_a_node},
        Kind{2, &Faults::add_a_node},
        Kind{5, &Faults::hide_a_member},
        Kind{3, &Faults::move_a_node},
        Kind{4, &Faults::kill_a_gateway},
        Kind{4, &Faults::freeze_a_gateway},
        Kind{4, &Faults::add_a_gateway},
        Kind{14, &Faults::trip_the_coordinator},
        Kind{8, &Faults::leave_a_gateway_behind},
    };
    unsigned all = 0;
    for (const Kind& kind : kinds) all += kind.weight;
    auto drawn = chance_.below(all);
    for (const Kind& kind : kinds) {
        if (drawn < kind.weight) return (this->*kind.happen)();
        drawn -= kind.weight;
    }
}

void Faults::later(Chance::Duration delay, membership::Scheduler::Task task) {
    world_.later(delay, std::move(task));
}

SimulatedGateway* Faults::any_gateway() {
    auto serving = world_.serving();
    return serving.empty() ? nullptr : chance_.pick(serving);
}

/// One that does not lead.
SimulatedGateway* Faults::any_follower() {
    auto followers = world_.serving();
    std::erase(followers, world_.leader());
    return followers.empty() ? nullptr : stages_.pick(followers);
}

SimulatedNode& Faults::any_node() {
    return *chance_.pick(world_.nodes);
}

void Faults::cut_a_session() {
    const auto length =
        chance_.percent(70) ? chance_.between(20ms, 600ms) : chance_.between(600ms, 2'500ms);
    if (chance_.percent(30)) {
        SimulatedNode& node = any_node();
        world_.note(named("agent", node.number()) + " is cut off from the ensemble");
        world_.cut_session(node.znodes(), length);
    } else if (SimulatedGateway* const gateway = any_gateway()) {
        world_.note(named("gateway", gateway->number()) + " is cut off from the ensemble");
        world_.cut_session(gateway->znodes(), length);
    }
}

void Faults::expire_a_session() {
    if (chance_.percent(40)) {
        SimulatedNode& node = any_node();
        world_.note("the session of " + named("agent", node.number()) + " expires");
        world_.expire_session(node.znodes());
    } else if (SimulatedGateway* const gateway = any_gateway()) {
        world_.note("the session of " + named("gateway", gateway->number()) + " expires");
        world_.expire_session(gateway->znodes());
    }
}

void Faults::take_the_ensemble_away() {
    world_.cut_all_sessions(chance_.between(50ms, 2'000ms), chance_.percent(50));
}

void Faults::reset_a_path() {
    SimulatedGateway* const gateway = any_gateway();
    if (gateway == nullptr) return;
    SimulatedNode& node = any_node();
    world_.note("connections of " + named("gateway", gateway->number()) + " to " +
                named("node", node.number()) + " break");
    if (world_.record() && world_.record()->proposal) world_.count(Rare::link_broken_moving);
    node.redis().break_connections(*gateway->path_to(node));
}

void Faults::block_a_path() {
    SimulatedGateway* const gateway = any_gateway();
    if (gateway == nullptr) return;
    SimulatedNode& node = any_node();
    const bool to_node = chance_.percent(60);
    const bool to_client = !to_node || chance_.percent(30);
    if (to_node != to_client) world_.count(Rare::one_way);
    world_.note("between " + named("gateway", gateway->number()) + " and " +
                named("node", node.number()) + " nothing passes" +
                (to_client ? to_node ? "" : " towards the gateway" : " towards the node"));
    if (world_.record() && world_.record()->proposal) world_.count(Rare::link_broken_moving);
    const auto path = gateway->path_to(node);
    path->block(Way::to_node, to_node);
    path->block(Way::to_client, to_client);
    later(chance_.between(20ms, 1'200ms), [path] {
        path->block(Way::to_node, false);
        path->block(Way::to_client, false);
    });
}

void Faults::slow_a_path() {
    SimulatedGateway* const gateway = any_gateway();
    if (gateway == nullptr) return;
    SimulatedNode& node = any_node();
    world_.note("between " + named("gateway", gateway->number()) + " and " +
                named("node", node.number()) + " everything is slow");
    const auto path = gateway->path_to(node);
    const auto longest = chance_.between(5ms, 150ms);
    world_.make_slow(*path, longest);
    later(chance_.between(100ms, 1'000ms), [&world = world_, path] { world.make_fast(*path); });
}

void Faults::disturb_member(const SimulatedNode& node) {
    const auto& record = world_.record();
    if (!record || !record->proposal) return;
    const auto& members = record->in_force.ring.members();
    if (std::ranges::none_of(members, [&](const auto& one) { return one.id == node.id(); })) return;
    world_.count(record->proposal->stage == router::Stage::prepare ? Rare::died_in_prepare
                                                                   : Rare::died_in_fence);
}

void Faults::restart_a_node() {
    SimulatedNode& node = any_node();
    if (!node.running()) return;
    world_.note(named("node", node.number()) + " restarts");
    disturb_member(node);
    node.restart();
}

void Faults::kill_a_node() {
    SimulatedNode& node = any_node();
    if (!node.running()) return;
    world_.note(named("node", node.number()) + " dies");
    disturb_member(node);
    node.kill();
    // Trouble seldom comes alone, and operators do not know of it yet.
    if (chance_.percent(40)) slow_a_path();
    if (chance_.percent(40)) slow_a_path();
    if (chance_.percent(60)) world_.ask_for_a_change();
    later(chance_.between(200ms, 3'000ms), [&world = world_, &node] {
        world.note(named("node", node.number()) + " comes back");
        node.start();
    });
}

void Faults::freeze_a_node() {
    SimulatedNode& node = any_node();
    world_.note(named("node", node.number()) + " freezes");
    node.freeze();
    later(chance_.between(20ms, 1'500ms), [&node] { node.thaw(); });
}

void Faults::deafen_a_node() {
    SimulatedNode& node = any_node();
    world_.note(named("node", node.number()) + " delivers nothing");
    node.go_deaf();
    // A connection that once lost something never delivers again.
    later(chance_.between(20ms, 900ms), [&node] { node.hear_again(); });
}

void Faults::add_a_node() {
    if (world_.wants_nodes()) world_.start_node();
}

/// A node is cut off, alone or with a gateway beside it, or its agent is; it lives, and an operator
/// who takes it for gone starts it elsewhere under the same id.
void Faults::move_a_node() {
    if (world_.nodes.size() >= nodes_max) return;
    SimulatedNode& node = any_node();
    const auto away = chance_.between(session_timeout, 3 * session_timeout);
    world_.note(named("node", node.number()) + " is cut off, and started elsewhere");
    world_.cut_session(node.znodes(), away);
    SimulatedGateway* const beside = chance_.percent(70) ? any_gateway() : nullptr;
    if (beside != nullptr) world_.cut_session(beside->znodes(), away);
    std::vector<std::shared_ptr<router::InProcessPath>> cut;
    const bool agent_alone = chance_.percent(40);
    for (SimulatedGateway* const gateway : world_.serving()) {
        if (agent_alone) break;
        for (const auto& other : world_.nodes) {
            const bool same_side = (gateway == beside) == (other.get() == &node);
            if (!same_side) cut.push_back(gateway->path_to(*other));
        }
    }
    for (const auto& path : cut) {
        path->block(Way::to_node, true);
        path->block(Way::to_client, true);
    }
    later(away, [cut] {
        for (const auto& path : cut) {
            path->block(Way::to_node, false);
            path->block(Way::to_client, false);
        }
    });
    later(chance_.between(session_timeout, away),
          [&world = world_, &node] { world.start_node(&node); });
}

void Faults::hide_a_member() {
    SimulatedGateway* const gateway = any_follower();
    if (gateway == nullptr || !world_.record()) return;
    if (world_.serving().size() < 3) return world_.start_gateway();
    SimulatedNode& node = world_.owner_of_a_busy_channel();
    const auto length = chance_.between(500ms, 2'000ms);
    world_.note("only " + named("gateway", gateway->number()) + ", which is cut off, reaches " +
                named("node", node.number()));
    world_.cut_session(gateway->znodes(), length);
    if (chance_.percent(40)) world_.cut_session(node.znodes(), length);
    for (SimulatedGateway* const other : world_.serving()) {
        if (other == gateway) continue;
        const auto path = other->path_to(node);
        path->block(Way::to_node, true);
        path->block(Way::to_client, true);
        later(length, [path] {
            path->block(Way::to_node, false);
            path->block(Way::to_client, false);
        });
    }
}

void Faults::kill_a_gateway() {
    if (world_.serving().size() < 2) return;
    world_.kill(*any_gateway());
}

void Faults::freeze_a_gateway() {
    SimulatedGateway* const gateway = any_gateway();
    if (gateway == nullptr) return;
    world_.note(named("gateway", gateway->number()) + " freezes");
    world_.freeze(*gateway, chance_.between(20ms, 1'500ms));
}

void Faults::add_a_gateway() {
    if (world_.serving().size() < gateways_alive_max) world_.start_gateway();
}

/// A change begins, and one gateway hears neither how it goes on nor, for a while, one of the
/// nodes, or is frozen and finds that node slow afterwards: the others will not wait for it.
void Faults::leave_a_gateway_behind() {
    SimulatedGateway* const gateway = any_gateway();
    if (gateway == nullptr) return;
    world_.ask_for_a_change();
    const auto path = gateway->path_to(any_node());
    const auto away = chance_.between(session_timeout, 3 * session_timeout);
    const auto unheard = chance_.between(50ms, 1'500ms);
    const bool frozen = chance_.percent(50);
    if (frozen) world_.make_slow(*path, chance_.between(20ms, 200ms));
    later(chance_.between(2ms, 60ms), [&world = world_, gateway, path, away, unheard, frozen] {
        if (!gateway->alive()) return;
        world.note(named("gateway", gateway->number()) + " is left behind");
        if (frozen) {
            world.later(away + unheard, [&world, path] { world.make_fast(*path); });
            return world.freeze(*gateway, away);
        }
        world.cut_session(gateway->znodes(), away);
        path->block(Way::to_client, true);
        world.later(unheard, [path] { path->block(Way::to_client, false); });
    });
}

void Faults::trip_the_coordinator() {
    SimulatedGateway* const gateway = world_.leader();
    if (gateway == nullptr) return;
    const auto act = 1 + chance_.below(12);
    const auto side = chance_.percent(50) ? Tripwire::Side::before : Tripwire::Side::after;
    const auto what = chance_.below(4);
    const auto length = chance_.between(50ms, 1'500ms);
    gateway->tripwire().set(act, side, [&world = world_, gateway, what, length] {
        world.trip(*gateway, what, length);
    });
}

}  // namespace ringcast::simulation
