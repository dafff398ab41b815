#include "situations.hpp"

#include "world.hpp"

#include <algorithm>

namespace ringcast::simulation {

using router::PublishAnswer;
using router::Stage;
using router::ViewNumber;

void Situations::know(const router::View& view) {
    auto& owners = owners_[view.number];
    if (!owners.empty()) return;
    for (std::uint32_t channel = 0; channel < world_.setup.channels; ++channel) {
        owners.push_back(&world_.owner_in(view, channel));
    }
}

SimulatedNode* Situations::owner(ViewNumber view, std::uint32_t channel) const {
    const auto known = owners_.find(view);
    return known == owners_.end() ? nullptr : known->second[channel];
}

void Situations::view_is(const router::ViewRecord& record) {
    const auto& before = world_.record();
    look();
    know(record.in_force);
    if (record.proposal) know(record.proposal->next);
    if (!before || !before->proposal || record.in_force.number != before->in_force.number) return;
    const ViewNumber proposed = before->proposal->next.number;
    if (!record.proposal || record.proposal->next.number != proposed) dropped_.insert(proposed);
}

void Situations::look() {
    const auto& record = world_.record();
    for (SimulatedGateway* const gateway : world_.serving()) {
        const auto number = gateway->number();
        auto& aside = stepped_aside_[number];
        const auto times = gateway->coordinator().status().stepped_aside;
        if (times > aside && record) {
            const bool fences = record->proposal && record->proposal->stage == Stage::fence;
            world_.count(fences ? Rare::aside_at_fence : Rare::aside_at_removal, times - aside);
        }
        aside = times;

        auto& late = finished_late_[number];
        world_.count(Rare::finished_late, gateway->tripwire().finished_late() - late);
        late = gateway->tripwire().finished_late();

        if (dropped_.empty()) continue;
        // One that comes to a later view before it hears of that never hears of it.
        const auto status = gateway->router().status();
        for (const ViewNumber view : dropped_) {
            const bool prepares = status.handoff && status.handoff->view == view;
            if (status.view < view && !prepares) know_of_drop_[view].insert(number);
        }
    }
}

/// Whether it published more on that channel that is not on its way.
bool Situations::holds_more(SimulatedGateway& gateway, const Message& message) const {
    return std::ranges::any_of(gateway.unanswered_messages(), [&](const Message& one) {
        if (one.channel != message.channel || one.publisher != message.publisher) return false;
        if (one.number <= message.number) return false;
        return std::ranges::none_of(gateway.wires().all(), [&](const Wires::Wire& wire) {
            return std::ranges::any_of(wire.unanswered, [&](const Wires::Batch& batch) {
                return std::ranges::find(batch.messages, one) != batch.messages.end();
            });
        });
    });
}

void Situations::answered(SimulatedGateway& gateway, Wires::Wire& wire, const Wires::Batch& batch,
                          const PublishAnswer& answer) {
    const auto known = know_of_drop_.find(batch.view);
    if (known != know_of_drop_.end() && known->second.contains(gateway.number())) {
        const ViewNumber view = gateway.router().status().view;
        const bool moved =
            view > batch.view && std::ranges::any_of(batch.messages, [&](const Message& one) {
                return owner(view, one.channel) != wire.node && holds_more(gateway, one);
            });
        if (moved) world_.count(Rare::dropped_stayer);
    }
    if (answer.kind == PublishAnswer::Kind::stale) {
        wire.displaced_by = std::max(wire.displaced_by, answer.view);
        std::ranges::copy(batch.messages, std::back_inserter(wire.displaced));
    }
    if (!wire.displaced.empty()) end_of_displaced(gateway, wire);
}

/// As soon as nothing else can be refused by that fence it goes again. If anything came in between
/// that something could overtake it, it is seen now.
void Situations::end_of_displaced(SimulatedGateway& gateway, Wires::Wire& wire) {
    const bool waits = std::ranges::any_of(
        wire.unanswered, [&](const Wires::Batch& batch) { return batch.view < wire.displaced_by; });
    if (waits) {
        wire.displaced_waited = true;
        return;
    }
    const auto displaced = std::exchange(wire.displaced, {});
    if (!std::exchange(wire.displaced_waited, false)) return;
    const auto status = gateway.router().status();
    if (!status.handoff || status.view < wire.displaced_by) return;
    const bool overtaken = std::ranges::any_of(displaced, [&](const Message& one) {
        return owner(status.view, one.channel) == wire.node &&
               owner(status.handoff->view, one.channel) != wire.node && holds_more(gateway, one);
    });
    if (overtaken) world_.count(Rare::stayer_to_move);
}

bool was_waited_for(const SimulatedGateway& gateway, const router::ViewRecord& record) {
    const auto& acknowledged = record.acknowledged;
    return std::ranges::any_of(gateway.entries(), [&](const std::string& entry) {
        return std::ranges::find(acknowledged, entry) != acknowledged.end();
    });
}

/// The next owner speaks. Either the former one is not done, then there may be no room to keep it.
/// Or it is, and the gateway has not switched although it has acknowledged: it does not know
/// whether anybody waited for it. Nobody did.
void Situations::delivers(SimulatedGateway& gateway, const Wires::Wire& wire, std::uint32_t channel,
                          std::string_view payload) {
    const auto& record = world_.record();
    if (!record) return;
    const bool fences = record->proposal && record->proposal->stage == Stage::fence;
    const ViewNumber before = fences ? record->in_force.number : record->previous;
    const ViewNumber next = fences ? record->proposal->next.number : record->in_force.number;
    const SimulatedNode* const former = owner(before, channel);
    if (former == nullptr || former == wire.node || owner(next, channel) != wire.node) return;
    const auto status = gateway.router().status();
    if (!status.handoff || status.handoff->view != next || status.handoff->switched > 0) return;
    if (status.handoff->stage != "fence") return;
    const bool done = std::ranges::all_of(gateway.wires().all(), [&](const Wires::Wire& one) {
        return one.node != former || !one.up || one.fence >= next;
    });
    const bool full =
        world_.setup.crowded && status.handoff->early_bytes + payload.size() > crowded_early_bytes;
    if (full && !done) world_.count(Rare::early_full);
    if (done && !was_waited_for(gateway, *record)) world_.count(Rare::kept_unaware);
}

}  // namespace ringcast::simulation
