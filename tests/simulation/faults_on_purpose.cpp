#include "faults.hpp"
#include "messages.hpp"

#include <algorithm>
#include <array>
#include <utility>

// What the protocol is made for and chance alone brings about in few seeds, or in none: each in
// some seeds, once.
namespace ringcast::simulation {
namespace {

using Way = router::InProcessPath::Way;

void block(router::InProcessPath& path, bool blocked) {
    path.block(Way::to_node, blocked);
    path.block(Way::to_client, blocked);
}

}  // namespace

void Faults::begin_on_purpose() {
    struct Kind {
        unsigned percent;
        void (Faults::*begin)();
    };
    static constexpr std::array kinds{
        Kind{12, &Faults::die_at_a_step},
        Kind{3, &Faults::end_most_members},
        Kind{3, &Faults::take_most_agents_away},
        Kind{3, &Faults::end_one_again_and_again},
        Kind{3, &Faults::cut_off_for_long},
        Kind{3, &Faults::hide_from_all_but_the_coordinator},
        Kind{2, &Faults::ask_for_a_slow_change},
        Kind{8, &Faults::die_at_a_rare_step},
    };
    auto drawn = purpose_.below(100);
    const auto when = purpose_.between(200ms, 1'500ms);
    for (const Kind& kind : kinds) {
        if (drawn < kind.percent) return later(when, [this, kind] { (this->*kind.begin)(); });
        drawn -= kind.percent;
    }
    straggles_ = drawn < 3;  // from the first handoff on
    if (!straggles_ && drawn < 6) later(when, [this] { cut_off_a_host(); });
}

void Faults::die_at_the_beginning(World& world) {
    Chance chance(world.setup.seed, 9);
    if (!chance.percent(2)) return;
    const auto side = chance.percent(50) ? Side::before : Side::after;
    world.at_step([&world, side, done = false](auto& gateway, Step step, Side now) mutable {
        if (done || step != Step::found || now != side) return;
        done = true;
        world.trip(gateway, 2, {});
    });
}

/// Whoever leads, at the first or second time that it comes to that.
void Faults::die_at_a_step() {
    static constexpr std::array steps{
        Step::propose,    Step::drop,   Step::begin_fencing,   Step::fence_first,
        Step::fence_next, Step::commit, Step::append,          Step::finish,
        Step::tell,       Step::sweep,  Step::announce_removal};
    die_at(purpose_.pick(steps), 1 + purpose_.below(2));
}

/// ... to that which few come to.
void Faults::die_at_a_rare_step() {
    static constexpr std::array steps{Step::fence_next,   Step::lift_removal, Step::remove_dead,
                                      Step::lift_removal, Step::readdress,    Step::step_down,
                                      Step::step_down};
    die_at(purpose_.pick(steps), 1);
}

void Faults::die_at(Step step, std::uint64_t time) {
    const auto side = purpose_.percent(50) ? Side::before : Side::after;
    world_.at_step([this, step, side, left = time](auto& gateway, Step at, Side now) mutable {
        if (left == 0 || at != step || now != side || --left > 0) return;
        world_.trip(gateway, 2, {});
    });
}

/// One more than half of those that own arcs.
std::vector<SimulatedNode*> Faults::most_members() {
    std::vector<SimulatedNode*> members;
    const auto& view = world_.record()->in_force;
    for (const auto& node : world_.nodes) {
        const auto index = view.ring.find(node->id());
        if (index && view.address_of(*index) == node->address()) members.push_back(node.get());
    }
    const auto most = std::min(members.size(), view.ring.members().size() / 2 + 1);
    members.resize(most);
    return members;
}

void Faults::end_most_members() {
    const auto length = purpose_.between(1'000ms, 2'500ms);
    for (SimulatedNode* const node : most_members()) {
        world_.note(named("node", node->number()) + " dies, with most others");
        node->kill();
        later(length, [node] { node->start(); });
    }
}

/// Their Redis answer.
void Faults::take_most_agents_away() {
    const auto length = session_timeout + purpose_.between(1'000ms, 2'000ms);
    for (SimulatedNode* const node : most_members()) {
        world_.note(named("agent", node->number()) + " is cut off, with most others");
        world_.cut_session(node->znodes(), length);
    }
}

void Faults::end_one_again_and_again() {
    if (purpose_.percent(60)) world_.forgive_no_fall();
    SimulatedNode& node = world_.owner_of_a_busy_channel();
    later(100ms, [this, &node] { keep_ending(node, 3); });
}

/// As soon as it owns arcs.
void Faults::keep_ending(SimulatedNode& node, unsigned times) {
    const auto& view = world_.record()->in_force;
    const auto index = view.ring.find(node.id());
    const bool member = index && view.address_of(*index) == node.address();
    if (!member || !node.running() || world_.record()->proposal) {
        return later(50ms, [this, &node, times] { keep_ending(node, times); });
    }
    world_.note(named("node", node.number()) + " dies once more");
    node.kill();
    later(purpose_.between(500ms, 800ms), [this, &node, times] {
        node.start();
        if (times > 1) keep_ending(node, times - 1);
    });
}

void Faults::cut_off_for_long() {
    SimulatedGateway* const gateway = any_follower();
    if (gateway == nullptr) return;
    const auto length = purpose_.between(2'600ms, 3'400ms);
    world_.note(named("gateway", gateway->number()) + " is cut off from the ensemble for long");
    world_.cut_session(gateway->znodes(), length);
    for (const auto at : {50ms, 400ms}) {
        later(at, [&world = world_] { world.ask_for_a_change(); });
    }
}

void Faults::hide_from_all_but_the_coordinator() {
    SimulatedGateway* const leader = world_.leader();
    if (leader == nullptr) return;
    if (world_.serving().size() < 3) {
        const auto is_alive = [](const auto& gateway) { return gateway->alive(); };
        if (std::ranges::count_if(world_.gateways, is_alive) < 3) world_.start_gateway();
        return later(200ms, [this] { hide_from_all_but_the_coordinator(); });
    }
    SimulatedNode& node = world_.owner_of_a_busy_channel();
    world_.note("only the coordinator reaches " + named("node", node.number()));
    const auto length = purpose_.between(2'000ms, 3'000ms);
    for (SimulatedGateway* const gateway : world_.serving()) {
        if (gateway == leader) continue;
        const auto path = gateway->path_to(node);
        block(*path, true);
        later(length, [path] { block(*path, false); });
    }
}

/// With its agent, for longer than it takes until the lease of a member is over for sure; mostly
/// with a gateway, too, which goes on publishing there.
void Faults::cut_off_a_host() {
    if (!world_.record()) return;
    SimulatedNode& node = world_.owner_of_a_busy_channel();
    world_.note("the host of " + named("node", node.number()) + " is cut off");
    const auto length = purpose_.between(2'200ms, 3'200ms);
    world_.cut_session(node.znodes(), length);
    SimulatedGateway* const beside = purpose_.percent(70) ? any_follower() : nullptr;
    if (beside != nullptr) world_.cut_session(beside->znodes(), length);
    for (SimulatedGateway* const gateway : world_.serving()) {
        if (gateway == beside) continue;
        const auto path = gateway->path_to(node);
        block(*path, true);
        later(length, [path] { block(*path, false); });
    }
}

/// So slow that it takes longer than the settings allow, here or there.
void Faults::ask_for_a_slow_change() {
    world_.ask_for_a_slow_change(3 + static_cast<std::uint32_t>(purpose_.below(4)));
}

/// It is there, and does not come to be prepared.
void Faults::straggle() {
    const auto ends = world_.moving_ends();
    SimulatedGateway* const gateway = any_follower();
    if (!ends || gateway == nullptr || disturbed_in_ != router::Stage::prepare) return;
    straggles_ = false;
    world_.note(named("gateway", gateway->number()) + " does not come to be prepared");
    const auto path = gateway->path_to(*ends->to);
    path->block(Way::to_node, true);
    later(3'200ms, [path] { path->block(Way::to_node, false); });
}

}  // namespace ringcast::simulation
