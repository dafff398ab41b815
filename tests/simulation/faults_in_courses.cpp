#include "faults.hpp"
#include "messages.hpp"

#include <algorithm>
#include <utility>

// Several things in a row, each at its time: situations in which a fault of the protocol was found
// once, and which chance alone brings about in one of thousands of seeds.
namespace ringcast::simulation {
namespace {

using Way = router::InProcessPath::Way;

}  // namespace

void Faults::send_back_at_once() {
    const auto ends = world_.moving_ends();
    SimulatedGateway* const gateway = any_follower();
    if (!ends || gateway == nullptr || !stages_.percent(20)) return;
    world_.note(named("gateway", gateway->number()) + " is cut off from a switch there and back");
    world_.lose_session(gateway->znodes(), stages_.between(20ms, 300ms));
    world_.ask_to_pin(ends->channel, *ends->from);
}

void Faults::drop_what_stays() {
    const auto moves = world_.moving_ends();
    SimulatedGateway* const gateway = any_follower();
    if (!moves || gateway == nullptr || dropping_) return;
    const auto all = world_.ends_of_busy_channels();
    const auto stays = std::ranges::find_if(
        all, [&](const World::Ends& one) { return one.from == one.to && one.to != moves->to; });
    if (stays == all.end()) return;
    world_.note(named("gateway", gateway->number()) +
                " is not prepared until the change is dropped");
    // It cannot prepare. When it has had time to publish by the number of the proposal, what it
    // publishes there gets stuck, and the operator changes his mind.
    const auto hindered = gateway->path_to(*moves->to);
    hindered->block(Way::to_node, true);
    const auto stuck = gateway->path_to(*stays->from);
    const bool hushed = purpose_.percent(50);
    dropping_ =
        Dropping{world_.record()->proposal->next.number, gateway, *stays, hindered, stuck, hushed};
    const auto from = stages_.between(2ms, 6ms);
    later(from, [stuck] { stuck->block(Way::to_node, true); });
    later(from + stages_.between(4ms, 10ms), [&world = world_, gateway, hushed] {
        if (hushed) world.hush(*gateway, true);
        world.take_back_first();
    });
    later(350ms, [this, gateway, hindered, stuck, number = dropping_->proposal] {
        world_.hush(*gateway, false);
        hindered->block(Way::to_node, false);
        stuck->block(Way::to_node, false);
        if (dropping_ && dropping_->proposal == number) dropping_.reset();
    });
}

/// It hears of that, and then nothing until the channel has moved; what is stuck is answered after
/// that. If its clients said anything meanwhile it would be stuck behind the former, and be waited
/// for in its stead: some are silent until it knows of the move.
void Faults::end_of_dropping() {
    if (!dropping_) return;
    const auto& record = world_.record();
    if (record->proposal && record->proposal->next.number == dropping_->proposal) return;
    const auto [number, gateway, stays, hindered, stuck, hushed] =
        *std::exchange(dropping_, std::nullopt);
    hindered->block(Way::to_node, false);
    SimulatedNode* const other = world_.member_beside(*stays.from);
    const bool dropped = record->in_force.number != number;
    if (!dropped || other == nullptr) return stuck->block(Way::to_node, false);
    const auto heard = stages_.between(1ms, 3ms);
    const auto away = stages_.between(40ms, 180ms);
    later(heard, [&world = world_, gateway, channel = stays.channel, other, away] {
        if (gateway->alive()) world.lose_session(gateway->znodes(), away);
        world.ask_to_pin(channel, *other);
    });
    if (hushed)
        later(heard + away, [this, gateway, channel = stays.channel, number] {
            speak_when_it_knows_of_more(*gateway, channel, number);
        });
    later(heard + away + stages_.between(50ms, 140ms),
          [stuck] { stuck->block(Way::to_node, false); });
}

void Faults::speak_when_it_knows_of_more(SimulatedGateway& gateway, std::uint32_t channel,
                                         router::ViewNumber than) {
    if (!gateway.alive()) return;
    if (gateway.router().status().view <= than) {
        return later(1ms, [this, &gateway, channel, than] {
            speak_when_it_knows_of_more(gateway, channel, than);
        });
    }
    world_.hush(gateway, false);
    for (std::size_t i = 0; i < listeners_each; ++i) gateway.publish(i, channel);
}

void Faults::move_what_stays() {
    const auto moves = world_.moving_ends();
    SimulatedGateway* const gateway = any_follower();
    if (!moves || gateway == nullptr) return;
    const auto all = world_.ends_of_busy_channels();
    const auto stays = std::ranges::find_if(
        all, [&](const World::Ends& one) { return one.from == moves->from && one.to == one.from; });
    SimulatedNode* const other = world_.member_beside(*moves->from);
    if (stays == all.end() || other == nullptr) return;
    world_.note(named("gateway", gateway->number()) +
                " is late, and two changes come after another");
    world_.ask_to_pin(stays->channel, *other);
    const auto path = gateway->path_to(*moves->from);
    path->block(Way::to_node, true);
    later(stages_.between(120ms, 380ms),
          [&world = world_, path, longest = stages_.between(20ms, 120ms)] {
              world.make_slow(*path, longest);
              path->block(Way::to_node, false);
              world.later(300ms, [&world, path] { world.make_fast(*path); });
          });
    const auto unheard = stages_.between(3ms, 10ms);
    world_.cut_session(gateway->znodes(), unheard);
    later(unheard + stages_.between(2ms, 8ms),
          [&world = world_, gateway, away = stages_.between(10ms, 60ms)] {
              if (gateway->alive()) world.lose_session(gateway->znodes(), away);
          });
}

void Faults::take_back_late() {
    if (!stages_.percent(8)) return;
    world_.ask_for_a_change();
    later(stages_.between(100us, 1'500us), [&world = world_] { world.take_back_first(); });
}

}  // namespace ringcast::simulation
