#include "coordination.hpp"
#include "ringcast/ring/diff.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <iterator>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

/// A handoff that nobody asked for is not tried again at once after it was aborted.
constexpr auto unasked_pause = 60'000ms;
constexpr auto unasked_pause_after_death = 5'000ms;
/// A member that is told of a view in vain so often is given up: one that was removed may be off.
constexpr unsigned tell_failures_max = 20;
/// An old owner that does not answer before it is to be fenced is asked again after so long.
constexpr auto probe_owner_again_after = 500ms;
constexpr std::size_t names_named_max = 5;

std::string list(const Names& names) {
    std::string text;
    std::size_t count = 0;
    for (const std::string& name : names) {
        if (count++ < names_named_max) text += (text.empty() ? "" : ", ") + name;
    }
    if (count > names_named_max)
        text += " and " + std::to_string(count - names_named_max) + " more";
    return text;
}

Names difference(const Names& all, const Names& without) {
    Names left;
    std::ranges::set_difference(all, without, std::inserter(left, left.end()));
    return left;
}

/// The members that lose arcs or pinned channels: they are to be fenced.
std::vector<ring::MemberIndex> old_owners(const View& before, const View& after) {
    const ring::Diff diff = ring::diff(before.ring, after.ring);
    std::set<ring::MemberIndex> owners;
    for (const ring::Run& run : diff.runs) owners.insert(run.from);
    for (const ring::PinnedMove& move : diff.pinned) owners.insert(move.from);
    return {owners.begin(), owners.end()};
}

bool has_same_members(const View& one, const View& other) {
    return one.addresses == other.addresses &&
           std::ranges::equal(one.ring.members(), other.ring.members(), {}, &ring::Member::id,
                              &ring::Member::id);
}

}  // namespace

/// Where the handoff stands is what the record says; what was known of an earlier stage is
/// forgotten.
void Coordination::follow_handoff(Moment now, Actions& out) {
    std::optional<std::pair<ViewNumber, HandoffStage>> stage;
    if (const auto& proposal = record_->proposal) {
        stage.emplace(proposal->next.number, proposal->stage == Stage::prepare
                                                 ? HandoffStage::prepare
                                                 : HandoffStage::fence);
    } else if (const auto open = open_entry(); open && open->steps != 0) {
        const ViewNumber number = record_->in_force.number;
        if (ViewNumber{open->view} == number) stage.emplace(number, HandoffStage::leave);
    }
    if (!stage) handoff_.reset();
    bool read_gateways = !caught_up_ && !reading_gateways_;
    if (stage && !(handoff_ && handoff_->is(stage->first, stage->second))) {
        handoff_ = Handoff{};
        handoff_->number = stage->first;
        handoff_->stage = stage->second;
        handoff_->since = handoff_->limit_from = now.clock;
        if (handoff_->stage == HandoffStage::fence) {
            const View& before = record_->in_force;
            handoff_->record = std::make_shared<const std::string>(told_of(*record_));
            handoff_->record_number = std::max(handoff_->number, stamp_of(*record_));
            for (const ring::MemberIndex owner : old_owners(before, record_->proposal->next)) {
                handoff_->owners[before.ring.members()[owner].id] = {
                    .address = before.address_of(owner), .fence = handoff_->number};
            }
            if (!has_same_members(before, record_->proposal->next)) {
                for (ring::MemberIndex i = 0; i != before.addresses.size(); ++i) {
                    const std::string& id = before.ring.members()[i].id;
                    if (handoff_->owners.contains(id)) continue;
                    handoff_->others[id] = {.address = before.address_of(i),
                                            .fence = before.number};
                }
            }
        } else {
            read_gateways = true;
            // Between two steps again, for the next was dropped: it was waited for once.
            if (handoff_->is(left_, HandoffStage::leave)) handoff_->left = now.clock;
        }
        if (acks_.number != handoff_->number) {
            acks_ = {.number = handoff_->number, .prepare = {}, .leave = {}};
            out.push_back(AwaitAcks{handoff_->number});
        }
    }
    if (read_gateways) {
        reading_gateways_ = true;
        out.push_back(ReadGateways{});
    }
}

/// True when a step was taken. Nothing else is written while there is a proposal.
bool Coordination::advance_proposal(Moment now, Actions& out) {
    if (!handoff_) return false;
    return record_->proposal->stage == Stage::prepare ? advance_prepare(now, out)
                                                      : advance_fence(now, out);
}

/// A gateway that lost its session is back under another name in a moment, and a pause of the
/// ensemble ends all sessions at once: who vanished, or may have before this process led, is waited
/// for as long as a member that vanished. Otherwise it would tell gaps on what moves.
Time Coordination::gateways_back_by() const {
    const bool found = proposed_ != handoff_->number;
    Time by = found ? handoff_->since + suspects_.grace() : Time::min();
    for (const auto& [id, since] : gateways_gone_) by = std::max(by, since + suspects_.grace());
    return by;
}

bool Coordination::advance_prepare(Moment now, Actions& out) {
    // However many are gone: to drop it removes nobody, and is what a request can wait after.
    const std::vector<std::string> dead = suspects_.dead(now.clock);
    if (!dead.empty()) {
        abort(now, dead.front() + " died", true, out);
        return true;
    }
    if (const NodeEntry* moved = moved_member()) {
        abort(now, moved->id + " registered at another address", true, out);
        return true;
    }
    const auto open = open_entry();
    const bool asked_for = open && !open->request.empty();
    if (asked_for && handoff_->fresh && queue_ && find_queued(open->request) == nullptr) {
        abort(now, "cancelled by an operator", false, out);
        return true;
    }
    if (!settings_ || settings_->paused) {
        handoff_->limit_from = now.clock;
        return false;
    }

    // Every entry there is, whenever it came: a gateway that registers now reads the proposal. When
    // all are gone that is ZooKeeper's doing, and they will be back under other names.
    const bool all_vanished = handoff_->had_gateways && gateway_names_.empty();
    const Names awaited = missing(*handoff_);
    Names silent;
    const bool prepared = handoff_->fresh && acks_.prepare && awaited.empty() && !all_vanished;
    const Time back_by = gateways_back_by();
    if (prepared && back_by > now.clock) {
        wake_at(back_by);
        return false;
    }
    if (prepared) {
        silent = silent_owners(now, out);
        if (silent.empty()) {
            begin_fencing(now, out);
            return true;
        }
    }
    const Time limit = handoff_->limit_from + std::chrono::seconds(settings_->prepare_seconds_max);
    if (limit > now.clock) {
        wake_at(limit);
        return false;
    }
    std::string who = awaited.empty() ? "no gateway is registered" : list(awaited);
    if (!silent.empty()) who = "the coordinator does not reach " + list(silent);
    abort(now,
          "not prepared within " + std::to_string(settings_->prepare_seconds_max) + " s: " + who,
          false, out);
    return true;
}

/// Only forward: what was fenced refuses publishes until the next view is in force.
bool Coordination::advance_fence(Moment now, Actions& out) {
    std::vector<std::string> leaving = suspects_.dead(now.clock);
    if (too_many_to_remove(leaving, out)) leaving.clear();
    for (const auto& [member, owner] : handoff_->owners) {
        const bool known = std::ranges::find(leaving, member) != leaving.end();
        if (!known && owner.failures > 0 && has_moved(member)) leaving.push_back(member);
    }
    std::erase_if(leaving, [this](const std::string& member) {
        const auto owner = handoff_->owners.find(member);
        return owner == handoff_->owners.end() || owner->second.done || owner->second.gone;
    });
    if (announce_removals(leaving, out)) return true;
    for (const std::string& member : leaving) {
        const auto how = end_of(now, member);
        if (!how) continue;
        handoff_->owners.at(member).gone = true;  // and told when it is back: half may need it
        out.push_back(Say{Say::Level::warning, "old owner has gone before it was fenced node=" +
                                                   member + " reason=\"" + *how + "\""});
    }
    inform(now, handoff_->owners, handoff_->record_number, handoff_->record, out);
    inform(now, handoff_->others, handoff_->record_number, handoff_->record, out);
    const bool all_fenced = std::ranges::all_of(
        handoff_->owners, [](const auto& owner) { return owner.second.done || owner.second.gone; });
    if (!all_fenced || !half_is_told_of_handoff()) return false;
    commit(now, out);
    return true;
}

/// Who the members are does not change before half of those until then know that it is about to. A
/// member that is cut off by then, and holds an earlier record, counts those of that record: they
/// vouch for it no more.
bool Coordination::half_is_told_of_handoff() const {
    if (!record_->proposal || has_same_members(record_->in_force, record_->proposal->next)) {
        return true;
    }
    Names told = names_of_told(handoff_->owners);
    told.merge(names_of_told(handoff_->others));
    return is_half(told, handoff_->since, {}, true);
}

/// True while gateways have not left what moved away.
bool Coordination::advance_leave(Moment now, Actions& out) {
    if (!handoff_ || handoff_->stage != HandoffStage::leave || handoff_->left) return false;
    const Time limit = handoff_->since + std::chrono::seconds(cluster().leave_seconds_max);
    const bool known = handoff_->fresh && acks_.prepare && acks_.leave;
    const Names awaited = missing(*handoff_);
    if (limit > now.clock && !(known && awaited.empty())) {
        wake_at(limit);
        return true;
    }
    handoff_->left = now.clock;
    left_ = handoff_->number;
    if (!awaited.empty()) {
        out.push_back(
            Say{Say::Level::warning, "gateways have not left what moved away: " + list(awaited)});
    }
    return false;
}

std::int64_t Coordination::leave_ms() const {
    if (!handoff_ || !handoff_->left) return 0;
    return milliseconds_between(handoff_->since, *handoff_->left);
}

/// By the date when another process began it.
std::int64_t Coordination::took_ms(Moment now, const HistoryEntry& entry) const {
    if (began_) return milliseconds_between(*began_, now.clock);
    return std::max<std::int64_t>(0, now.unix_seconds - entry.started_at) * 1'000;
}

/// A request that is carried out entirely, or was cancelled between two steps, and a handoff that
/// nobody asked for, go to history. Requires: no proposal.
bool Coordination::end_request(Moment now, Actions& out) {
    const auto open = open_entry();
    if (!open) return false;
    if (is_complete(*open, record_->in_force)) {
        close(now, *open, true, out);
        return true;
    }
    if (!caught_up_ || !queue_ || find_queued(open->request) != nullptr) return false;
    HistoryEntry cancelled = *open;
    cancelled.reason = "cancelled by an operator after step " + std::to_string(open->steps);
    close(now, std::move(cancelled), false, out);
    return true;
}

void Coordination::propose(Moment now, Change change, const Queued* head, Actions& out) {
    assert(change.next && !record_->proposal);
    std::optional<HistoryEntry> open;
    if (head != nullptr) {
        for (const HistoryEntry& note : notes_) {
            if (is_open(note) && note.request == head->name && !in_history(note)) open = note;
        }
    }
    ViewRecord record = *record_;
    std::vector<HistoryEntry> notes = notes_but(open);
    HistoryEntry entry = open.value_or(change.entry);
    if (open) {
        entry.phases.leave_ms += leave_ms();
    } else {
        entry.done = false;
        entry.view = entry.arcs_moved = 0;
        entry.started_at = now.unix_seconds;
        if (head != nullptr) {
            entry.request = head->name;
            entry.by = head->request->by;
            entry.undo_of = head->request->undo_of;
        }
        began_ = now.clock;
    }
    std::uint32_t rate = cluster().subscribe_rate;
    if (head != nullptr) {
        record.request = head->name;
        record.step = entry.steps;
        if (head->request->rate != 0) rate = head->request->rate;
    }
    out.push_back(Say{Say::Level::info,
                      "view " + std::to_string(static_cast<std::uint64_t>(change.next->number)) +
                          " proposed what=" + entry.what + " node=" + entry.node + " step=" +
                          std::to_string(entry.steps + 1) + " request=" + entry.request});
    notes.push_back(std::move(entry));
    proposed_ = change.next->number;
    record.proposal = ViewRecord::Proposal{*std::move(change.next), Stage::prepare, rate};
    put(std::move(record), std::move(notes), out);
}

/// Nothing has changed hands yet: the proposal is dropped, and its number with it. `again`: not the
/// request's fault, it stays in the queue.
void Coordination::abort(Moment now, std::string reason, bool again, Actions& out) {
    ViewRecord record = *record_;
    record.last = std::max(record.last, record.proposal->next.number);
    record.proposal.reset();
    ++status_.handoffs_aborted;
    out.push_back(
        Say{Say::Level::warning,
            "handoff aborted view=" + std::to_string(static_cast<std::uint64_t>(handoff_->number)) +
                " reason=\"" + reason + "\""});

    const auto open = open_entry();
    std::vector<HistoryEntry> notes = notes_but(open);
    if (open && again) {
        if (open->steps != 0) {
            notes.push_back(*open);
        } else if (!open->request.empty()) {
            record.request.clear();
        }
    } else if (open) {
        HistoryEntry entry = *open;
        entry.reason = std::move(reason);
        if (entry.steps != 0)
            entry.reason += "; " + std::to_string(entry.steps) + " steps are done";
        entry.phases.prepare_ms += milliseconds_between(handoff_->since, now.clock);
        entry.gateways = acks_.prepare ? static_cast<std::uint32_t>(acks_.prepare->size()) : 0;
        entry.view = static_cast<std::uint64_t>(record.in_force.number);
        entry.at = now.unix_seconds;
        entry.took_ms = took_ms(now, entry);
        notes.push_back(std::move(entry));
    }
    if (open && open->request.empty()) {
        unasked_after_ = now.clock + (again ? unasked_pause_after_death : unasked_pause);
    }
    began_.reset();
    asked_.clear();  // who answered before may be dead now
    sweep_at_ = now.clock;
    put(std::move(record), std::move(notes), out);
}

/// Old owners that have not answered this process since all were prepared. After the first fence
/// there is no way back: who cannot be reached should be known before.
Names Coordination::silent_owners(Moment now, Actions& out) {
    const View& before = record_->in_force;
    const std::string purpose =
        "handoff " + std::to_string(static_cast<std::uint64_t>(handoff_->number));
    Names silent;
    for (const ring::MemberIndex owner : old_owners(before, record_->proposal->next)) {
        const std::string& id = before.ring.members()[owner].id;
        const auto answers =
            reachable(now, id, before.address_of(owner), purpose, probe_owner_again_after, out);
        if (answers != true) silent.insert(id);
    }
    return silent;
}

void Coordination::begin_fencing(Moment now, Actions& out) {
    ViewRecord record = *record_;
    record.proposal->stage = Stage::fence;
    record.acknowledged.assign(acks_.prepare->begin(), acks_.prepare->end());
    const auto open = open_entry();
    std::vector<HistoryEntry> notes = notes_but(open);
    if (open) {
        HistoryEntry entry = *open;
        entry.phases.prepare_ms += milliseconds_between(handoff_->since, now.clock);
        entry.gateways = static_cast<std::uint32_t>(acks_.prepare->size());
        notes.push_back(std::move(entry));
    }
    put(std::move(record), std::move(notes), out);
}

void Coordination::commit(Moment now, Actions& out) {
    patience_ = options_.reach_patience;
    const auto open = open_entry();
    std::vector<HistoryEntry> notes = notes_but(open);
    const View& next = record_->proposal->next;
    if (open) {
        HistoryEntry entry = *open;
        ++entry.steps;
        entry.arcs_moved += ring::diff(record_->in_force.ring, next.ring).arcs_moved();
        entry.view = static_cast<std::uint64_t>(next.number);
        entry.phases.fence_ms += milliseconds_between(handoff_->since, now.clock);
        keep_pins(record_->in_force, next, entry);
        notes.push_back(std::move(entry));
    }
    ViewRecord record = committed(*record_);
    if (open && !open->request.empty()) record.step = open->steps + 1;
    put(std::move(record), std::move(notes), out);
}

void Coordination::close(Moment now, HistoryEntry entry, bool done, Actions& out) {
    entry.phases.leave_ms += leave_ms();
    entry.done = done;
    entry.at = now.unix_seconds;
    entry.took_ms = took_ms(now, entry);
    sweep_at_ = now.clock;
    append(std::move(entry), out);
}

/// Asks each node that is due, and wakes up for those that are not yet.
void Coordination::inform(Moment now, Informed& nodes, ViewNumber view,
                          const std::shared_ptr<const std::string>& record, Actions& out) {
    for (auto& [id, node] : nodes) {
        if (node.done || node.asking) continue;
        if (node.next > now.clock) {
            wake_at(node.next);
            continue;
        }
        node.asking = true;
        out.push_back(InformNode{id, node.address, node.fence, view, record});
    }
}

Names Coordination::names_of_told(const Informed& nodes) {
    Names told;
    for (const auto& [id, node] : nodes) {
        if (node.told) told.insert(id);
    }
    return told;
}

/// Every member keeps the view in force, for gateways that are cut off from ZooKeeper, and is
/// fenced at it; so it does for each change to the removals. That says the marker again to whoever
/// waits for it, and heals a node that lost its fence.
void Coordination::tell_members(Moment now, Actions& out) {
    const View& view = record_->in_force;
    if (told_view_ != stamp_of(*record_)) {
        told_view_ = stamp_of(*record_);
        told_record_ = std::make_shared<const std::string>(told_of(*record_));
        told_.clear();
        for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
            told_[view.ring.members()[i].id] = {.address = view.address_of(i),
                                                .fence = view.number};
        }
        if (handoff_ && handoff_->is(view.number, HandoffStage::fence)) {
            for (const auto& [id, owner] : handoff_->owners) {
                told_[id] = {.address = owner.address, .fence = owner.fence};
            }
        }
    }
    // What is announced has to be known to half of them.
    if (record_->removals.empty()) {
        for (auto& [id, node] : told_) node.done = node.done || node.failures > tell_failures_max;
    }
    inform(now, told_, told_view_, told_record_, out);
}

/// Whose acknowledgement the stage waits for.
Names Coordination::missing(const Handoff& handoff) const {
    static const Names none;
    const Names& prepared = acks_.prepare ? *acks_.prepare : none;
    if (handoff.stage == HandoffStage::prepare) return difference(gateway_names_, prepared);
    if (handoff.stage == HandoffStage::fence) {
        Names owners;
        for (const auto& [id, owner] : handoff.owners) {
            if (!owner.done && !owner.gone) owners.insert(id);
        }
        if (!owners.empty() || half_is_told_of_handoff()) return owners;
        for (const Informed* const nodes : {&handoff.owners, &handoff.others}) {
            for (const auto& [id, node] : *nodes) {
                if (!node.told) owners.insert(id);
            }
        }
        return owners;
    }
    // Only who prepared has something to leave.
    Names here;
    std::ranges::set_intersection(prepared, gateway_names_, std::inserter(here, here.end()));
    return difference(here, acks_.leave ? *acks_.leave : none);
}

void Coordination::report() {
    status_.handoff.reset();
    // Once all have left, its request is between two steps, or ends.
    if (!status_.leading || !handoff_ || handoff_->left) return;
    HandoffProgress& progress = status_.handoff.emplace();
    const Names awaited = missing(*handoff_);
    progress.view = handoff_->number;
    progress.stage = handoff_->stage == HandoffStage::prepare ? "prepare"
                     : handoff_->stage == HandoffStage::fence ? "fence"
                                                              : "leave";
    progress.waiting_for.assign(awaited.begin(), awaited.end());
    const auto open = open_entry();
    if (!open) return;
    progress.request = open->request;
    progress.step = open->steps + (handoff_->stage == HandoffStage::leave ? 0 : 1);
    progress.steps = progress.step;
    const Queued* asked = find_queued(open->request);
    if (asked != nullptr && asked->request) {
        progress.steps = static_cast<std::uint32_t>(steps_of(*asked->request));
    }
}

}  // namespace ringcast::router::detail
