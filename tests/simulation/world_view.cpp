#include "ringcast/ring/diff.hpp"
#include "ringcast/router/entries.hpp"
#include "world.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace ringcast::simulation {

using membership::SessionState;
using router::Stage;
using router::ViewRecord;

namespace {

/// To ask everybody costs more than most of what happens meanwhile.
constexpr auto settled_every = 10ms;

bool has_member(const ViewRecord& record, const std::string& id) {
    return std::ranges::any_of(record.in_force.ring.members(),
                               [&](const ring::Member& member) { return member.id == id; });
}

std::optional<router::Address> address_in(const ViewRecord& record, const std::string& id) {
    const auto index = record.in_force.ring.find(id);
    return index ? std::optional(record.in_force.address_of(*index)) : std::nullopt;
}

std::string text_of(const ViewRecord& record) {
    const router::View& view = record.in_force;
    std::string text = "view " + std::to_string(static_cast<std::uint64_t>(view.number));
    for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
        text += " " + view.ring.members()[i].id + " at " + view.address_of(i).host;
    }
    for (const auto& removal : record.removals) text += ", " + removal.member + " announced dead";
    if (record.proposal) {
        text += ", proposed " +
                std::to_string(static_cast<std::uint64_t>(record.proposal->next.number)) +
                (record.proposal->stage == Stage::prepare ? " in prepare" : " in fence");
    }
    return text;
}

}  // namespace

void World::follow_view() {
    if (!view_.value()) return;
    const std::string& data = view_.value()->data;
    auto read = router::decode_view_record(data);
    if (!read) return note("view unreadable");
    note(text_of(*read));
    situations_.view_is(*read);
    doubts_.view_is(*read);
    expectations_.view_is(*read);
    const auto writer = writers_.at(data);
    if (record_) compare(*record_, *read, writer);
    last_writer_ = writer;
    record_ = std::move(*read);
    if (traffic_) hurry();
    if (at_view_) at_view_();
}

void World::writes(const SimulatedGateway& coordinator, std::string_view view) {
    writers_.insert_or_assign(std::string(view), coordinator.number());
}

bool World::may_be_written(std::optional<std::int32_t> version) const {
    const auto& held = view_.value();
    return held ? version && *version >= held->version : !version;
}

SimulatedNode& World::owner_in(const router::View& view, std::size_t channel) {
    const auto& address = view.address_of(view.ring.owner(channels_[channel]));
    return **std::ranges::find_if(nodes,
                                  [&](const auto& node) { return node->address() == address; });
}

std::vector<World::Ends> World::ends_of_busy_channels() {
    std::vector<Ends> all;
    for (std::uint32_t channel = 0; channel < busy_channels; ++channel) {
        all.push_back({channel, &owner_in(record_->in_force, channel),
                       &owner_in(record_->proposal->next, channel)});
    }
    return all;
}

std::optional<World::Ends> World::moving_ends() {
    const auto all = ends_of_busy_channels();
    const auto moves =
        std::ranges::find_if(all, [](const Ends& one) { return one.from != one.to; });
    return moves == all.end() ? std::nullopt : std::optional(*moves);
}

std::vector<SimulatedNode*> World::old_owners() {
    const router::View& before = record_->in_force;
    const auto diff = ring::diff(before.ring, record_->proposal->next.ring);
    std::set<ring::MemberIndex> indices;
    for (const auto& run : diff.runs) indices.insert(run.from);
    for (const auto& pinned : diff.pinned) indices.insert(pinned.from);
    std::vector<SimulatedNode*> owners;
    for (const auto& node : nodes) {
        const auto is_it = [&](auto index) { return before.address_of(index) == node->address(); };
        if (std::ranges::any_of(indices, is_it)) owners.push_back(node.get());
    }
    return owners;
}

SimulatedNode* World::member_beside(const SimulatedNode& node) {
    const auto is_other = [&](const auto& other) {
        return other.get() != &node && address_in(*record_, other->id()) == other->address();
    };
    const auto other = std::ranges::find_if(nodes, is_other);
    return other == nodes.end() ? nullptr : other->get();
}

SimulatedNode& World::owner_of_a_busy_channel() {
    return owner_in(record_->in_force, chance_.below(busy_channels));
}

/// Counts what came to pass between two states of the view.
void World::compare(const ViewRecord& before, const ViewRecord& after, std::uint32_t writer) {
    const bool new_view = after.in_force.number != before.in_force.number;
    if (before.proposal && new_view) {
        count(Rare::handoff_done);
        committed_by_ = writer;
        if (before.proposal->stage == Stage::fence && writer != last_writer_) {
            count(Rare::resumed_in_fence);
        }
    }
    if (before.proposal && after.proposal && before.proposal->stage == Stage::prepare &&
        after.proposal->stage == Stage::fence && writer != last_writer_) {
        count(Rare::resumed_in_prepare);
    }
    if (before.proposal && !new_view &&
        (!after.proposal || after.proposal->next.number != before.proposal->next.number)) {
        count(Rare::aborted);
    }
    const auto announced = [](const ViewRecord& in, const ViewRecord::Removal& one) {
        return std::ranges::find(in.removals, one) != in.removals.end();
    };
    for (const auto& one : after.removals) {
        if (!announced(before, one)) count(Rare::removal_announced);
    }
    for (const auto& one : before.removals) {
        if (!announced(after, one) && has_member(after, one.member)) count(Rare::removal_lifted);
    }
    if (!new_view) return;
    if (after.step > 1) count(Rare::in_steps);
    if (before.proposal && before.note.find("\"evict\"") != std::string::npos) count(Rare::evicted);

    const bool handed_over =
        before.proposal && before.proposal->next.number == after.in_force.number;
    std::set<std::string> ids;
    for (const auto& node : nodes) {
        const auto is_at = address_in(after, node->id());
        const bool moved = is_at && address_in(before, node->id()) == node->address();
        if (moved && is_at != node->address() && node->running()) count(Rare::moved_alive);
        ids.insert(node->id());
    }
    for (const auto& id : ids) {
        const bool was = has_member(before, id);
        const bool is = has_member(after, id);
        if (!handed_over && was && !is) {
            count(Rare::removed_dead);
            dead_.insert(id);
        }
        if (!was && is && dead_.erase(id) > 0) count(Rare::came_back);
    }
}

router::ViewNumber World::fence_of(const SimulatedNode& node) const {
    const auto found = fences_.find(node.number());
    return found == fences_.end() ? router::ViewNumber{} : found->second;
}

void World::fenced(SimulatedNode& node, router::ViewNumber fence) {
    history.add({.kind = Event::Kind::fenced,
                 .who = node.number(),
                 .view = static_cast<std::uint64_t>(fence),
                 .at = scheduler.now().time_since_epoch()});
    if (lost_fences_.erase(node.number()) > 0) count(Rare::fence_restored);
    if (std::exchange(fences_[node.number()], fence) >= fence) return;
    if (at_fence_) at_fence_(node);
    for (SimulatedGateway* const gateway : serving()) {
        for (const auto& link : gateway->router().status().links) {
            if (link.member == node.id() && !link.subscribing) count(Rare::marker_missed);
        }
    }
    for (const auto delay : {200us, 500us, 1'000us, 2'000us}) {
        later(delay, [this] { look_at_buffers(); });
    }
}

void World::look_at_buffers() {
    for (SimulatedGateway* const gateway : serving()) {
        const auto handoff = gateway->router().status().handoff;
        if (handoff && handoff->early_bytes > 0) count(Rare::buffered);
    }
}

/// A gateway without a session that comes to another view learnt it from a node. What else is seen
/// by asking now and then, too.
void World::look_at_zombies() {
    for (SimulatedGateway* const gateway : serving()) {
        const auto view = gateway->router().status().view;
        auto& known = views_known_[gateway->number()];
        const bool cut_off = gateway->znodes().session().state != SessionState::connected;
        if (cut_off && was_cut_off_.contains(gateway->number()) && view != known) {
            count(Rare::zombie_caught_up);
            note("gateway " + std::to_string(gateway->number()) + " learnt a view from a node");
        }
        known = view;
        const auto status = gateway->coordinator().status();
        if (status.mass_vanish_alarms > 0 && rare.of(Rare::alarm) == 0) count(Rare::alarm);
        if (cut_off) {
            was_cut_off_.insert(gateway->number());
        } else {
            was_cut_off_.erase(gateway->number());
        }
    }
    situations_.look();
    doubts_.look();
    steps_.look();
    expectations_.look();
    zombies_ = stage.after(50ms, [this] { look_at_zombies(); });
}

std::string World::unsettled() {
    if (!record_) return "there is no view";
    if (record_->proposal) return "a proposal is under way: " + whom_the_handoff_waits_for();
    if (!queue_.complete() || !queue_.items().empty()) {
        SimulatedGateway* const leads = leader();
        if (leads == nullptr) return "a request waits, and nobody leads";
        const auto status = leads->coordinator().status();
        return "a request waits: gateway " + std::to_string(leads->number()) + " waits for " +
               status.waiting + (status.handoff ? " in stage " + status.handoff->stage : "") +
               (status.mass_vanish_alarms > 0 ? ", after an alarm" : "");
    }
    const auto view = record_->in_force.number;
    for (const auto& gateway : gateways) {
        if (!gateway->alive()) continue;
        const std::string who = "gateway " + std::to_string(gateway->number());
        if (!gateway->serving()) return who + " does not serve";
        const auto status = gateway->router().status();
        if (status.view != view) return who + " has another view";
        if (status.digest != record_->in_force.ring.digest().text()) {
            return who + " has another ring";
        }
        if (gateway->unanswered() > 0) return who + " has unanswered publishes";
        if (!gateway->all_confirmed()) return who + " has unconfirmed subscriptions";
        for (const auto& link : status.links) {
            if (!link.publishing || !link.subscribing)
                return who + " does not reach " + link.member;
        }
    }
    if (leader() == nullptr) return "nobody leads";
    return {};
}

std::string World::whom_the_handoff_waits_for() {
    SimulatedGateway* const leads = leader();
    if (leads == nullptr) return "nobody leads";
    const auto status = leads->coordinator().status();
    if (!status.handoff) return "its coordinator does not know of it";
    std::string text = "gateway " + std::to_string(leads->number()) + " in stage " +
                       status.handoff->stage + " waits for";
    for (const auto& name : status.handoff->waiting_for) text += " " + name;
    for (const auto& removal : status.removals) {
        text += ", and of " + removal.node + " for " + removal.waits_for;
    }
    return text;
}

std::string World::settle(Chance::Duration limit) {
    const auto end = scheduler.now() + limit;
    std::string why;
    do {
        scheduler.run_for(settled_every);
        why = unsettled();
        if (why.empty() && acknowledgements_gone()) return {};
    } while (scheduler.now() < end);
    return why.empty() ? "acknowledgements were left behind" : why;
}

/// As last read, while a next reading is on its way.
bool World::acknowledgements_gone() {
    if (!std::exchange(reading_acks_, true)) {
        witness_->children(std::string(router::paths::acks), {},
                           [this](std::error_code error, const std::vector<std::string>& names,
                                  const membership::Stat&) {
                               reading_acks_ = false;
                               acks_ = error == membership::Errc::no_node ? 0 : names.size();
                               if (error && error != membership::Errc::no_node) acks_.reset();
                           });
    }
    return acks_ == std::optional<std::size_t>(0);
}

}  // namespace ringcast::simulation
