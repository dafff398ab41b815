#include "ringcast/ring/diff.hpp"

#include <cassert>

namespace ringcast::ring {
namespace {

bool same_owner(const Ring& before, MemberIndex from, const Ring& after, MemberIndex to) {
    return before.members()[from].id == after.members()[to].id;
}

void add_pinned(Diff& diff, const Ring& before, const Ring& after, const std::string& channel) {
    const MemberIndex from = before.owner(channel);
    const MemberIndex to = after.owner(channel);
    if (!same_owner(before, from, after, to)) diff.pinned.push_back({channel, from, to});
}

}  // namespace

Diff diff(const Ring& before, const Ring& after) {
    assert(before.seed() == after.seed());
    Diff diff;
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        const MemberIndex from = before.owners()[arc];
        const MemberIndex to = after.owners()[arc];
        if (same_owner(before, from, after, to)) continue;
        if (!diff.runs.empty()) {
            Run& last = diff.runs.back();
            if (last.first + last.length == arc && last.from == from && last.to == to) {
                ++last.length;
                continue;
            }
        }
        diff.runs.push_back({static_cast<Arc>(arc), 1, from, to});
    }

    // Both maps are sorted: walk them side by side, so that each channel is looked at once.
    auto old_pin = before.pins().begin();
    auto new_pin = after.pins().begin();
    while (old_pin != before.pins().end() || new_pin != after.pins().end()) {
        if (new_pin == after.pins().end() ||
            (old_pin != before.pins().end() && old_pin->first < new_pin->first)) {
            add_pinned(diff, before, after, old_pin->first);
            ++old_pin;
            continue;
        }
        if (old_pin != before.pins().end() && old_pin->first == new_pin->first) ++old_pin;
        add_pinned(diff, before, after, new_pin->first);
        ++new_pin;
    }
    return diff;
}

std::size_t Diff::arcs_moved() const noexcept {
    std::size_t moved = 0;
    for (const Run& run : runs) moved += run.length;
    return moved;
}

}  // namespace ringcast::ring
