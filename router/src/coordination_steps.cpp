#include "coordination.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_refusal = 1'000ms;

}  // namespace

Actions Coordination::decide(Moment now) {
    Actions out;
    if (!status_.leading || stepped_aside_) return out;
    wake_.reset();
    follow_removals(now);
    watch_members(now, out);
    const bool known = !reading_view_ && !reading_history_;
    if (known && record_) {
        tell_members(now, out);
        follow_handoff(now, out);
    }
    if (known && waiting_ == Waiting::nothing) step(now, out);
    if (known && waiting_ == Waiting::nothing) step_aside_if_others_reach_more(now, out);
    if (const auto at = suspects_.wake(now.clock)) wake_at(*at);
    report();
    report_requests(now);
    report_removals();
    if (wake_) out.push_back(Wake{*wake_});
    return out;
}

void Coordination::watch_members(Moment now, Actions& out) {
    if (!record_ || !nodes_ || !gateways_) return;
    const Members members = watched();
    for (auto& probing : suspects_.review(now.clock, members, *nodes_, *gateways_)) {
        if (probing.first) {
            out.push_back(Say{Say::Level::warning,
                              "member suspected node=" + probing.member +
                                  (!nodes_->contains(probing.member) ? " reason=entry_vanished"
                                   : has_moved(probing.member)       ? " reason=moved"
                                   : announces(*nodes_, probing.member, probing.address)
                                       ? " reason=reported_by_gateways"
                                       : " reason=it_registered_the_address_of_another_member")});
        }
        out.push_back(ProbeNode{std::move(probing.member), std::move(probing.address)});
    }
    if (!suspects_.too_many_gone()) alarmed_ = false;

    Traffic traffic;
    for (const auto& [id, address] : members) {
        const auto rate = messages_per_second(*nodes_, id);
        traffic.messages_per_second += rate.value_or(0);
        if (!rate) traffic.silent = id;
    }
    status_.messages_per_second = traffic.messages_per_second;
    schedule_.observe(now.clock, std::move(traffic));
}

void Coordination::step(Moment now, Actions& out) {
    held_up_.clear();
    if (foreign_ || (damaged_ && !record_)) return;
    const bool may_write = write_after_ <= now.clock;
    if (!may_write) {
        wake_at(write_after_);
    } else {
        if (damaged_) return put(*record_, out);
        if (record_ && record_->proposal && advance_proposal(now, out)) return;
        if (record_ && !record_->proposal) {
            if (lift_removals(out) || readdress_moved(now, out) || remove_dead(now, out)) return;
        }
    }
    if (record_history(now, out)) return;
    if (append_after_ > now.clock) return wake_at(append_after_);
    if (!nodes_ || !may_write) return;
    if (!record_) return found(now, out);
    if (record_->proposal) return;
    if (advance_leave(now, out)) return;
    if (end_request(now, out)) return;
    if (sweep(now, out)) return;
    if (!settings_) return;
    if (!record_->removals.empty()) {
        const std::string& member = record_->removals.front().member;
        held_up_ = "it waits until " + member +
                   (has_moved(member) ? ", which has moved, has no lease at its former address"
                                      : ", whose removal is announced, has gone or answers");
        return;
    }
    if (const auto dead = suspects_.dead(now.clock); !dead.empty()) {
        // Too many to bury them: what they own cannot be handed over.
        held_up_ = "it waits for " + dead.front() + ", which nobody reaches";
        return;
    }
    if (move_unasked(now, out)) return;
    if (queue_ && !queue_->empty()) serve(now, out);
}

bool Coordination::record_history(Moment now, Actions& out) {
    const auto entry = std::ranges::find_if(
        notes_, [this](const HistoryEntry& note) { return !is_open(note) && !in_history(note); });
    if (entry == notes_.end()) return false;
    if (append_after_ > now.clock) {
        wake_at(append_after_);
    } else {
        append(*entry, out);
    }
    return true;
}

const NodeEntry* Coordination::moved_member() const {
    if (!nodes_) return nullptr;
    for (const auto& [id, address] : watched()) {
        if (is_elsewhere(id, address)) return &nodes_->find(id)->second;
    }
    return nullptr;
}

/// A member of the view in force is registered at another address.
bool Coordination::has_moved(std::string_view member) const {
    const auto index = record_->in_force.ring.find(member);
    return index && nodes_ && is_elsewhere(member, record_->in_force.address_of(*index));
}

/// Registered, and where no other member is: whoever names the address of another is nowhere.
bool Coordination::is_elsewhere(std::string_view node, const Address& than) const {
    const auto entry = nodes_->find(node);
    if (entry == nodes_->end() || entry->second.address == than) return false;
    return std::ranges::none_of(watched(), [&](const auto& member) {
        return member.first != node && member.second == entry->second.address;
    });
}

void Coordination::found(Moment now, Actions& out) {
    if (nodes_->empty() || nodes_->size() < options_.genesis_nodes_min) return;
    const Time settled = settled_since_ + options_.genesis_settle;
    if (settled > now.clock) return wake_at(settled);

    Change change = genesis(*nodes_, number_for_genesis(), options_.ring_seed);
    if (change.next) return write(now, std::move(change), settled_since_, out);
    write_after_ = now.clock + pause_after_refusal;
    wake_at(write_after_);
    if (std::exchange(trouble_, change.entry.reason) != change.entry.reason) {
        out.push_back(Say{Say::Level::error, "no first view: " + change.entry.reason});
    }
}

/// What was acknowledged is of no more use once the handoff is in history, and in the way of
/// nobody: numbers are not given twice.
bool Coordination::sweep(Moment now, Actions& out) {
    if (!sweep_at_ || open_entry()) return false;
    if (*sweep_at_ > now.clock) {
        wake_at(*sweep_at_);
        return false;
    }
    sweep_at_.reset();
    acks_ = {};
    waiting_ = Waiting::sweep;
    out.push_back(SweepAcks{});
    return true;
}

Members Coordination::watched() const {
    Members members;
    const auto add = [&members](const View& view) {
        for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
            members.emplace(view.ring.members()[i].id, view.address_of(i));
        }
    };
    add(record_->in_force);
    if (record_->proposal) add(record_->proposal->next);
    return members;
}

void Coordination::put(ViewRecord record, Actions& out) {
    assert(waiting_ == Waiting::nothing);
    waiting_ = Waiting::write;
    writing_ = record;
    out.push_back(WriteView{std::move(record), version_});
}

void Coordination::put(ViewRecord record, std::vector<HistoryEntry> notes, Actions& out) {
    record.note = encode_notes(notes);
    put(std::move(record), out);
}

/// At once, without a handoff.
void Coordination::write(Moment now, Change change, std::optional<Time> since, Actions& out) {
    assert(change.next);
    change.entry.at = now.unix_seconds;
    change.entry.took_ms = since ? milliseconds_between(*since, now.clock) : 0;
    change.entry.started_at = now.unix_seconds - change.entry.took_ms / 1'000;
    std::vector<HistoryEntry> notes = notes_but(std::nullopt);
    notes.push_back(std::move(change.entry));
    put(record_ ? in_force(*record_, *std::move(change.next))
                : ViewRecord{*std::move(change.next), std::nullopt, ""},
        std::move(notes), out);
}

void Coordination::append(HistoryEntry entry, Actions& out) {
    assert(waiting_ == Waiting::nothing && !is_open(entry));
    waiting_ = Waiting::append;
    appending_ = entry;
    out.push_back(AppendHistory{std::move(entry)});
}

void Coordination::wake_at(Time at) {
    wake_ = wake_ ? std::min(*wake_, at) : at;
}

const HistoryEntry* Coordination::find_in_history(const Queued& head) const {
    const auto is_of_head = [&head](const HistoryEntry& entry) {
        if (entry.request != head.name) return false;
        if (!head.request) return !entry.done;
        return entry.what == name_of(head.request->kind) && entry.node == head.request->node;
    };
    const auto found = std::ranges::find_if(history_, is_of_head);
    return found == history_.end() ? nullptr : &*found;
}

bool Coordination::in_history(const HistoryEntry& entry) const {
    return std::ranges::any_of(history_,
                               [&](const HistoryEntry& known) { return is_same(known, entry); });
}

/// Of the handoff under way, or else of a request between two of its steps.
std::optional<HistoryEntry> Coordination::open_entry() const {
    std::optional<HistoryEntry> open;
    for (const HistoryEntry& note : notes_) {
        if (!is_open(note) || in_history(note)) continue;
        if (!open || note.request.empty()) open = note;
    }
    return open;
}

/// What the next record has to keep of the note of this one, without one entry.
std::vector<HistoryEntry> Coordination::notes_but(const std::optional<HistoryEntry>& one) const {
    std::vector<HistoryEntry> notes;
    for (const HistoryEntry& note : notes_) {
        if (!in_history(note) && !(one && is_same(note, *one))) notes.push_back(note);
    }
    return notes;
}

/// Gateways never act on an older view: should the view be deleted with everything up, the ring
/// founded anew goes on counting where history ends. Each handoff that failed took a number, too.
ViewNumber Coordination::number_for_genesis() const {
    std::uint64_t last = 0;
    std::uint64_t failed = 0;
    for (const HistoryEntry& entry : history_) {
        last = std::max(last, entry.view);
        failed += entry.done ? 0 : 1;
    }
    return successor(ViewNumber{last + failed});
}

const ClusterSettings& Coordination::cluster() const {
    static const ClusterSettings defaults;
    return settings_ ? *settings_ : defaults;
}

}  // namespace ringcast::router::detail
