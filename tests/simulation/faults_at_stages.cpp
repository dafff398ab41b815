#include "faults.hpp"
#include "messages.hpp"

#include <utility>
#include <vector>

// What goes wrong just when a handoff goes from one stage to the next: by chance alone it would
// come to that too seldom.
namespace ringcast::simulation {
namespace {

using Way = router::InProcessPath::Way;

}  // namespace

/// Who is frozen was not waited for: it goes on now, and hears of the fence last. Or the marker
/// takes its time to one gateway, which loses a connection to another node meanwhile.
void Faults::disturb_a_switch(SimulatedNode& fenced) {
    end_of_going_on(fenced);
    for (const auto& frozen : world_.gateways) {
        if (!frozen->alive() || !frozen->process().frozen() || !chance_.percent(70)) continue;
        const auto path = frozen->path_to(fenced);
        world_.make_slow(*path, chance_.between(20ms, 150ms));
        later(300ms, [&world = world_, path] { world.make_fast(*path); });
        later(chance_.between(0ms, 10ms), [gateway = frozen.get()] {
            if (gateway->alive()) gateway->process().thaw();
        });
    }
    SimulatedGateway* const gateway = any_gateway();
    if (gateway == nullptr || !chance_.percent(12)) return;
    const auto path = gateway->path_to(fenced);
    world_.make_slow(*path, chance_.between(5ms, 120ms));
    later(chance_.between(50ms, 300ms), [&world = world_, path] { world.make_fast(*path); });
    if (chance_.percent(30)) return;
    SimulatedNode& other = any_node();
    world_.note(named("connections of gateway", gateway->number()) + " to " +
                named("node", other.number()) + " will break in the middle of a switch");
    later(chance_.between(500us, 30ms), [gateway, &other] {
        if (gateway->alive()) other.redis().break_connections(*gateway->path_to(other));
    });
}

void Faults::disturb_a_stage() {
    const auto& proposal = world_.record()->proposal;
    end_of_dropping();
    leave_it_alone_with_a_removal();
    if (!proposal) return;
    if (proposal->next.number == disturbed_ && proposal->stage == disturbed_in_) return;
    disturbed_ = proposal->next.number;
    disturbed_in_ = proposal->stage;
    if (straggles_) straggle();
    if (proposal->stage == router::Stage::fence) {
        leave_the_coordinator_alone();
        send_back_at_once();
    }
    if (proposal->stage == router::Stage::prepare) {
        if (stages_.percent(8)) return drop_what_stays();
        if (stages_.percent(8)) return move_what_stays();
    }
    if (!stages_.percent(15)) return;
    if (proposal->stage == router::Stage::prepare) {
        go_on_without_a_gateway();
    } else {
        stumble_at_the_commit();
    }
}

/// The coordinator, and nobody else, does not reach an old owner, now that there is no way back:
/// its whole gateway for a while, or it alone for as long as it leads.
void Faults::leave_the_coordinator_alone() {
    SimulatedGateway* const leader = world_.leader();
    const auto owners = world_.old_owners();
    if (leader == nullptr || owners.empty() || !stages_.percent(12)) return;
    SimulatedNode& node = *stages_.pick(owners);
    world_.note(named("coordinator on gateway", leader->number()) + " does not reach " +
                named("node", node.number()));
    if (stages_.percent(50)) return world_.leave_alone(*leader, {&node});
    const auto path = leader->path_to(node);
    path->block(Way::to_node, true);
    later(stages_.between(200ms, 4'000ms), [path] { path->block(Way::to_node, false); });
}

/// Nor can it tell anybody of a removal.
void Faults::leave_it_alone_with_a_removal() {
    const auto& record = world_.record();
    if (record->removals.empty() || record->removals_changed == removals_disturbed_) return;
    removals_disturbed_ = record->removals_changed;
    SimulatedGateway* const leader = world_.leader();
    if (leader == nullptr || !stages_.percent(25)) return;
    world_.note(named("coordinator on gateway", leader->number()) + " reaches no node");
    std::vector<SimulatedNode*> all;
    for (const auto& node : world_.nodes) all.push_back(node.get());
    world_.leave_alone(*leader, all);
    later(stages_.between(300ms, 3'000ms),
          [&world = world_, leader] { world.leave_alone(*leader, {}); });
}

void Faults::go_on_without_a_gateway() {
    const auto ends = world_.moving_ends();
    SimulatedGateway* const gateway = any_follower();
    if (!ends || gateway == nullptr) return;
    forsaken_ = Forsaken{gateway, *ends};
    const auto path = gateway->path_to(*ends->to);
    path->block(Way::to_node, true);
    later(2'500ms, [path] { path->block(Way::to_node, false); });
    const bool at_once = stages_.percent(70);
    const auto away = stages_.between(100ms, 2'000ms);
    later(stages_.between(1ms, 8ms), [&world = world_, gateway, at_once, away] {
        if (!gateway->alive()) return;
        world.note(named("gateway", gateway->number()) + " is not there any more");
        if (at_once) {
            world.lose_session(gateway->znodes(), away);
        } else {
            world.cut_session(gateway->znodes(), session_timeout + away);
        }
    });
}

void Faults::end_of_going_on(SimulatedNode& fenced) {
    if (!forsaken_ || forsaken_->ends.from != &fenced) return;
    const auto [gateway, ends] = *std::exchange(forsaken_, std::nullopt);
    const auto from = gateway->path_to(fenced);
    world_.make_slow(*from, stages_.between(20ms, 250ms));
    later(300ms, [&world = world_, from] { world.make_fast(*from); });
    later(stages_.between(0ms, 10ms),
          [to = gateway->path_to(*ends.to)] { to->block(Way::to_node, false); });
}

void Faults::stumble_at_the_commit() {
    SimulatedGateway* const leader = world_.leader();
    SimulatedGateway* const gateway = any_follower();
    if (leader == nullptr || gateway == nullptr) return;
    world_.note(named("gateway", leader->number()) + " is to stumble over its commit");
    world_.cut_session(gateway->znodes(), stages_.between(20ms, 400ms));
    if (stages_.percent(50)) {
        const auto what = stages_.below(4);
        const auto length = stages_.between(50ms, 1'500ms);
        return leader->tripwire().set_at_view(
            Tripwire::Side::after,
            [&world = world_, leader, what, length] { world.trip(*leader, what, length); });
    }
    const auto longest = stages_.between(10ms, 120ms);
    for (const auto& node : world_.nodes) {
        const auto path = leader->path_to(*node);
        world_.make_slow(*path, longest);
        later(200ms, [&world = world_, path] { world.make_fast(*path); });
    }
}

}  // namespace ringcast::simulation
