#include "undo.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::ctl {
namespace {

using Kind = router::Request::Kind;

/// On somebody's request, and the ring was another one afterwards: also when it was cancelled after
/// the first of its steps.
bool changed_the_ring(const router::HistoryEntry& entry) {
    return entry.steps != 0 && !entry.request.empty() && router::parse_request_kind(entry.what);
}

const PastChange* undoing(const std::vector<PastChange>& history, const std::string& name) {
    const auto found = std::ranges::find_if(history, [&](const PastChange& change) {
        return change.entry.undo_of == name && change.entry.done && changed_the_ring(change.entry);
    });
    return found == history.end() ? nullptr : &*found;
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
        if (const PastChange* by = undoing(history, name)) {
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

}  // namespace ringcast::ctl
