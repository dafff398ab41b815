#include "simulation.hpp"

#include "faults.hpp"
#include "ringcast/router/errc.hpp"
#include "world.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace ringcast::simulation {
namespace {

constexpr auto start_time_max = 10s;
constexpr auto healing_time_max = 60s;
constexpr auto unmet_time_max = 20s;
constexpr std::size_t events_shown = 60;

/// Clients and the operator at work, and whatever the seed has in store.
void live(World& world, Chance& chance) {
    Faults faults(world);
    if (world.setup.mode != Mode::calm) {
        faults.begin_on_purpose();
        faults.begin();
    }
    const auto end = world.scheduler.now() + world.setup.length;
    while (world.scheduler.now() < end) {
        world.scheduler.run_for(chance.between(100ms, 700ms));
        world.ask_for_a_change();
        if (chance.percent(15) && world.wants_nodes()) {
            world.start_node();
        }
    }
    faults.end();
}

std::string recover(World& world) {
    world.heal();
    world.set_traffic(false);
    if (auto why = world.settle(healing_time_max); !why.empty()) return "after healing: " + why;
    world.publish_everywhere();
    if (auto why = world.settle(healing_time_max); !why.empty()) return "at the end: " + why;
    world.scheduler.run_for(2s);
    const auto end = world.scheduler.now() + unmet_time_max;
    auto why = world.expectations().unmet();
    while (!why.empty() && world.scheduler.now() < end) {
        world.scheduler.run_for(100ms);
        why = world.expectations().unmet();
    }
    return why.empty() ? why : "in the end: " + why;
}

std::string run(World& world) {
    Chance chance(world.setup.seed, 5);
    if (world.setup.mode != Mode::calm) Faults::die_at_the_beginning(world);
    for (std::size_t i = 0; i < world.setup.members; ++i) world.start_node();
    for (std::size_t i = 0; i < world.setup.gateways; ++i) world.start_gateway();
    world.set_traffic(true);
    if (auto why = world.settle(start_time_max); !why.empty()) return "at the start: " + why;
    live(world, chance);
    return world.setup.mode == Mode::safety ? std::string{} : recover(world);
}

}  // namespace

Setup setup_of(std::uint64_t seed) {
    Chance chance(seed, 6);
    Setup setup{.seed = seed};
    const auto mode = chance.below(10);
    setup.mode = mode < 3 ? Mode::calm : mode < 9 ? Mode::liveness : Mode::safety;
    setup.members = 2 + chance.below(3);
    setup.standby = 1 + chance.below(2);
    setup.gateways = 2 + chance.below(2);
    setup.channels = 6 + chance.below(8);
    setup.crowded = setup.mode != Mode::calm && chance.one_in(8);
    return setup;
}

Outcome simulate(const Setup& setup) {
    Outcome outcome;
    outcome.setup = setup;
    World world(setup);
    try {
        outcome.stuck = run(world);
    } catch (const std::exception& error) {
        outcome.stuck = error.what();
    }
    if (outcome.stuck.empty()) outcome.stuck = world.expectations().objection();
    const auto no_room = make_error_code(router::Errc::hold_full).message();
    for (const auto& node : world.nodes) world.count(Rare::vouched_for, node->vouched_for());
    for (const Event& event : world.history.events()) {
        if (event.kind == Event::Kind::gap) world.count(Rare::gap_told);
        if (event.kind != Event::Kind::answered) continue;
        if (event.text == no_room) world.count(Rare::hold_full);
        if (event.answer != Answer::published) world.count(Rare::publish_failed);
        if (event.answer == Answer::unknown) world.count(Rare::outcome_unknown);
    }
    outcome.rare = world.rare;
    outcome.history = std::move(world.history);
    const bool complete = setup.mode != Mode::safety && outcome.stuck.empty();
    outcome.violations = judge(
        outcome.history,
        {.complete = complete, .undisturbed = setup.mode == Mode::calm, .roomy = !setup.crowded});
    return outcome;
}

std::string report(const Outcome& outcome) {
    std::string text = "seed " + std::to_string(outcome.setup.seed) + " fails\n";
    if (!outcome.stuck.empty()) text += "  stuck: " + outcome.stuck + "\n";
    for (const Violation& violation : outcome.violations) {
        text += "  " + std::string(name_of(violation.rule)) + ": channel " +
                std::to_string(violation.channel) + ": " + violation.text + "\n";
    }
    const auto& events = outcome.history.events();
    std::vector<std::string> lines;
    for (auto event = events.rbegin(); event != events.rend() && lines.size() < events_shown;
         ++event) {
        const bool of_all = event->kind == Event::Kind::note;
        if (!of_all && !outcome.violations.empty() &&
            event->message.channel != outcome.violations.front().channel) {
            continue;
        }
        lines.push_back(text_of(*event));
    }
    std::ranges::reverse(lines);
    for (const auto& line : lines) text += line + "\n";
    return text + "again: ringcast-simulation --seed " + std::to_string(outcome.setup.seed) +
           " --verbose\n";
}

}  // namespace ringcast::simulation
