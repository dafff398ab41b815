#include "coordination.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_refusal = 1'000ms;

std::int64_t milliseconds_between(Time from, Time to) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

/// The same entry: how long it took is known better after the write than before.
bool is_same(const HistoryEntry& a, const HistoryEntry& b) {
    return a.request == b.request && a.what == b.what && a.node == b.node && a.view == b.view &&
           a.at == b.at;
}

}  // namespace

Actions Coordination::decide(Moment now) {
    Actions out;
    if (!status_.leading) return out;
    wake_.reset();
    watch_members(now, out);
    if (waiting_ == Waiting::nothing && !reading_view_ && !reading_history_) step(now, out);
    if (const auto at = suspects_.wake(now.clock)) wake_at(*at);
    if (wake_) out.push_back(Wake{*wake_});
    return out;
}

void Coordination::watch_members(Moment now, Actions& out) {
    if (!record_ || !nodes_ || !gateways_) return;
    for (auto& probing : suspects_.review(now.clock, record_->in_force, *nodes_, *gateways_)) {
        if (probing.first) {
            out.push_back(Say{Say::Level::warning,
                              "member suspected node=" + probing.member +
                                  (nodes_->contains(probing.member) ? " reason=reported_by_gateways"
                                                                    : " reason=entry_vanished")});
        }
        out.push_back(ProbeNode{std::move(probing.member), std::move(probing.address)});
    }
    if (!suspects_.too_many_gone(record_->in_force.ring.members().size())) alarmed_ = false;
}

void Coordination::step(Moment now, Actions& out) {
    if (foreign_ || (damaged_ && !record_)) return;
    if (write_after_ > now.clock) {
        wake_at(write_after_);
    } else {
        if (damaged_) return put(*record_, out);
        if (record_ && settle_proposal(out)) return;
        if (record_ && bury_one(now, out)) return;
    }
    if (record_history(now, out)) return;
    if (!nodes_ || write_after_ > now.clock || append_after_ > now.clock) return;
    if (!record_) return found(now, out);
    if (readdress_one(now, out)) return;
    if (queue_ && !queue_->empty()) serve(now, out);
}

/// Left behind by a coordinator that can do handoffs. Before the first fence nothing has changed
/// hands; after it old owners refuse, so the only way is forward.
bool Coordination::settle_proposal(Actions& out) {
    if (!record_->proposal) return false;
    ViewRecord settled = *record_;
    if (settled.proposal->stage == Stage::fence) settled.in_force = settled.proposal->next;
    settled.proposal.reset();
    put(std::move(settled), out);
    return true;
}

bool Coordination::bury_one(Moment now, Actions& out) {
    const std::vector<std::string> dead = suspects_.dead(now.clock);
    if (dead.empty()) return false;

    const std::size_t members = record_->in_force.ring.members().size();
    if (suspects_.too_many_gone(members)) {
        if (!std::exchange(alarmed_, true)) {
            ++status_.mass_vanish_alarms;
            out.push_back(Say{Say::Level::error,
                              "too many members are unreachable at once, none is removed gone=" +
                                  std::to_string(suspects_.gone()) +
                                  " members=" + std::to_string(members)});
        }
        return false;
    }
    // One at a time: that never raises the share of those that are gone.
    write(now, bury(*record_, dead.front()), suspects_.since(dead.front()), out);
    return true;
}

bool Coordination::record_history(Moment now, Actions& out) {
    std::erase_if(unrecorded_, [this](const HistoryEntry& entry) { return in_history(entry); });
    const HistoryEntry* entry = nullptr;
    if (!unrecorded_.empty()) {
        entry = &unrecorded_.front();
    } else if (note_ && !in_history(*note_)) {
        entry = &*note_;
    }
    if (entry == nullptr) return false;
    if (append_after_ > now.clock) {
        wake_at(append_after_);
    } else {
        append(*entry, out);
    }
    return true;
}

bool Coordination::readdress_one(Moment now, Actions& out) {
    const View& view = record_->in_force;
    for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
        const std::string& id = view.ring.members()[i].id;
        const auto node = nodes_->find(id);
        if (node == nodes_->end() || node->second.address == view.address_of(i)) continue;
        write(now, readdress(*record_, id, node->second.address), std::nullopt, out);
        return true;
    }
    return false;
}

void Coordination::found(Moment now, Actions& out) {
    if (nodes_->empty() || nodes_->size() < options_.genesis_nodes_min) return;
    const Time settled = settled_since_ + options_.genesis_settle;
    if (settled > now.clock) return wake_at(settled);

    Change change = genesis(*nodes_, number_for_genesis(), options_.ring_seed);
    if (change.record) return write(now, std::move(change), settled_since_, out);
    write_after_ = now.clock + pause_after_refusal;
    wake_at(write_after_);
    if (std::exchange(trouble_, change.entry.reason) != change.entry.reason) {
        out.push_back(Say{Say::Level::error, "no first view: " + change.entry.reason});
    }
}

/// The request at the head of the queue. It leaves the queue when history has it, and not before.
void Coordination::serve(Moment now, Actions& out) {
    const Queued& head = queue_->front();
    if (find_in_history(head) != nullptr) {
        waiting_ = Waiting::finish;
        out.push_back(FinishRequest{head.name});
        return;
    }

    std::optional<Change> change = Change{};
    if (!head.request) {
        change->entry.what = "request";
        change->entry.reason = "the request cannot be read";
    } else if (record_->request == head.name) {
        // Its entry was lost between two coordinators: a death came first.
        change->entry.what = name_of(head.request->kind);
        change->entry.node = head.request->node;
        change->entry.done = true;
        change->entry.reason = "done by an earlier coordinator";
    } else {
        change = answer(*head.request, head.name, out);
        if (!change) return;
    }
    change->entry.request = head.name;
    if (head.request) change->entry.by = head.request->by;
    if (change->record) {
        change->record->request = head.name;
        return write(now, *std::move(change), head.seen, out);
    }
    change->entry.view = static_cast<std::uint64_t>(record_->in_force.number);
    change->entry.at = now.unix_seconds;
    change->entry.took_ms = milliseconds_between(head.seen, now.clock);
    append(std::move(change->entry), out);
}

/// Nothing while the node that is to be added is being probed.
std::optional<Change> Coordination::answer(const Request& request, const std::string& name,
                                           Actions& out) {
    if (request.kind == Request::Kind::remove) return remove(*record_, *nodes_, request.node);
    if (request.kind != Request::Kind::add) {
        Change refusal;
        refusal.entry.what = name_of(request.kind);
        refusal.entry.node = request.node;
        refusal.entry.reason = "this version of the coordinator cannot do it";
        return refusal;
    }

    Change change = add(*record_, *nodes_, request.node);
    if (!change.record) return change;
    const NodeEntry& node = nodes_->at(request.node);
    if (!newcomer_ || newcomer_->request != name || newcomer_->address != node.address) {
        newcomer_ = Newcomer{name, node.id, node.address};
        out.push_back(ProbeNode{node.id, node.address});
    }
    if (!newcomer_->reachable) return std::nullopt;
    return *newcomer_->reachable ? change : refuse_silent(*record_, node);
}

void Coordination::put(ViewRecord record, Actions& out) {
    assert(waiting_ == Waiting::nothing);
    waiting_ = Waiting::write;
    writing_ = record;
    out.push_back(WriteView{std::move(record), version_});
}

void Coordination::write(Moment now, Change change, std::optional<Time> since, Actions& out) {
    assert(change.record);
    // The new record takes the place of the note: what it said is kept until history has it.
    if (note_ && !in_history(*note_)) unrecorded_.push_back(*note_);
    change.entry.at = now.unix_seconds;
    change.entry.took_ms = since ? milliseconds_between(*since, now.clock) : 0;
    change.record->note = encode(change.entry);
    put(*std::move(change.record), out);
}

void Coordination::append(HistoryEntry entry, Actions& out) {
    assert(waiting_ == Waiting::nothing);
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

/// Gateways never act on an older view: should the view be deleted with everything up, the ring
/// founded anew goes on counting where history ends.
ViewNumber Coordination::number_for_genesis() const {
    std::uint64_t last = 0;
    for (const HistoryEntry& entry : history_) last = std::max(last, entry.view);
    return successor(ViewNumber{last});
}

}  // namespace ringcast::router::detail
