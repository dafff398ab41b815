#include "undo.hpp"

#include "going_on.hpp"
#include "ringcast/router/plan.hpp"
#include "when_text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ringcast::ctl {
namespace {

using Kind = router::Request::Kind;

/// What took a change back, unless it was itself taken back. An undo stands in history after what
/// it undoes, so this comes to an end.
const PastChange* undoing(const std::vector<PastChange>& history,
                          std::vector<PastChange>::const_iterator change) {
    for (auto later = std::next(change); later != history.end(); ++later) {
        if (later->entry.undo_of != change->name || !later->entry.done) continue;
        if (changed_the_ring(later->entry) && !undoing(history, later)) return &*later;
    }
    return nullptr;
}

/// The pins that ended with a removal, but for channels that were pinned or unpinned since: those
/// are as somebody wants them.
std::vector<std::string> pins_to_restore(const std::vector<PastChange>& history,
                                         const PastChange& removal) {
    std::vector<std::string> pins = removal.entry.pins;
    bool since = false;
    for (const PastChange& change : history) {
        since = since || &change == &removal;
        const bool about_channel = change.entry.what == "pin" || change.entry.what == "unpin";
        if (since && change.entry.done && about_channel) std::erase(pins, change.entry.channel);
    }
    return pins;
}

/// Requires: `change` is in `history`.
Undo inverse(const std::vector<PastChange>& history, const PastChange& change) {
    const router::HistoryEntry& entry = change.entry;
    router::Request request;
    request.undo_of = change.name;
    request.node = entry.node;
    switch (*router::parse_request_kind(entry.what)) {
        case Kind::add:
            request.kind = Kind::remove;
            break;
        case Kind::remove:
            // One that had only begun to leave is a member still.
            request.kind = entry.done ? Kind::add : Kind::weight;
            request.weight = entry.weight_before;
            if (entry.done) request.pins = pins_to_restore(history, change);
            break;
        case Kind::weight:
            request.kind = Kind::weight;
            request.weight = entry.weight_before;
            break;
        case Kind::pin:
        case Kind::unpin:
            request.kind = entry.node_before.empty() ? Kind::unpin : Kind::pin;
            request.channel = entry.channel;
            request.node = entry.node_before;
            break;
    }
    return {std::move(request), "", false};
}

/// The request of which a step is handed over, or that is between two; empty: none.
std::string request_under_way(const ClusterState& state) {
    if (!state.record) return "";
    for (const router::HistoryEntry& open : router::under_way(*state.record)) {
        if (!open.request.empty() && !state.has_ended(open.request)) return open.request;
    }
    return "";
}

/// What an operator may mean by "the last change" although it is not in history yet, as a sentence;
/// empty when there is nothing of that kind. `taken_back` is the entry that the undo takes back.
std::string what_goes_on(const ClusterState& state, const std::string& taken_back) {
    const std::string wait = "wait for its end (`ringcastctl watch`) and undo it then";
    const std::string begun = request_under_way(state);
    const auto is_begun = [&](const QueuedRequest& queued) { return queued.name == begun; };
    const auto is_meant = [&](const QueuedRequest& queued) {
        if (state.has_ended(queued.name)) return false;
        const bool same = queued.request && !queued.request->undo_of.empty() &&
                          queued.request->undo_of == taken_back;
        return !same && (is_begun(queued) || state.is_due(queued));
    };
    auto found = std::ranges::find_if(state.requests, is_begun);
    if (!begun.empty() && found == state.requests.end()) {
        return begun + " was taken from the queue and has not ended: " + wait;
    }
    if (found == state.requests.end() || !is_meant(*found)) {
        found = std::ranges::find_if(state.requests, is_meant);
    }
    if (found == state.requests.end()) return "";
    const std::string what = found->request ? text_of(*found->request) : "unreadable";
    return found->name + " (" + what + ") " +
           (is_begun(*found) ? "is under way" : "waits for its turn") +
           ": take it back with `ringcastctl cancel " + found->name + "`, or " + wait;
}

}  // namespace

Undo undo_of(const std::vector<PastChange>& history, const std::string& name) {
    if (!name.empty()) {
        const auto found = std::ranges::find(history, name, &PastChange::name);
        if (found == history.end()) {
            return {{}, "history has no entry " + name + ": see `ringcastctl history`", false};
        }
        if (!changed_the_ring(found->entry)) {
            return {{}, name + " changed nothing that an operator asked for", false};
        }
        if (const PastChange* by = undoing(history, found)) {
            return {{}, name + " was undone by " + by->name + " already", true};
        }
        return inverse(history, *found);
    }
    for (auto at = history.rbegin(); at != history.rend(); ++at) {
        if (!changed_the_ring(at->entry)) continue;  // refused, or nothing to do
        if (at->entry.undo_of.empty() || !at->entry.done) return inverse(history, *at);
        return {{},
                "the last change, " + at->name + ", was itself the undo of " + at->entry.undo_of +
                    "; to take back another one name it: `ringcastctl undo ENTRY`",
                true};
    }
    return {{}, "history has no change that an operator asked for", false};
}

std::vector<PastChange> undoable(const std::vector<PastChange>& history) {
    std::vector<PastChange> changes;
    for (const PastChange& change : history) {
        if (undo_of(history, change.name).request) changes.push_back(change);
    }
    return changes;
}

Undo undo_now(const ClusterState& state, const std::string& name, const router::Request& way) {
    Undo undo = undo_of(state.history, name);
    if (name.empty()) {
        std::string other = what_goes_on(state, undo.request ? undo.request->undo_of : "");
        if (!other.empty()) {
            return {{},
                    std::move(other) + "; an earlier change is undone by its name in history",
                    false};
        }
    }
    if (!undo.request) return undo;
    if (!way.steps.empty() && !undo.request->channel.empty()) {
        return {{}, "one channel moves in one step: leave out --steps", false};
    }
    undo.request->when = way.when;
    undo.request->steps = way.steps;
    undo.request->rate = way.rate;
    undo.request = going_on(state, *std::move(undo.request));
    return undo;
}

}  // namespace ringcast::ctl
