#include "going_on.hpp"

#include "ringcast/router/plan.hpp"
#include "when_text.hpp"

#include <algorithm>

namespace ringcast::ctl {
namespace {

using Kind = router::Request::Kind;

/// Whether nobody has brought the node to the weight that he wanted since an addition of it was
/// given up half-way.
bool is_half_added(const std::vector<PastChange>& history, const std::string& node) {
    for (auto at = history.rbegin(); at != history.rend(); ++at) {
        const router::HistoryEntry& entry = at->entry;
        if (entry.node != node || !entry.channel.empty()) continue;
        // Also where it weighed that already.
        if (entry.done && entry.what == "weight") return false;
        if (!changed_the_ring(entry)) continue;
        if (entry.done) return false;
        if (entry.what == "add") return true;
    }
    return false;
}

/// Whether somebody has asked for something else about the same node, and history does not tell yet
/// what came of it.
bool is_disputed(const ClusterState& state, const router::Request& wish) {
    return std::ranges::any_of(state.requests, [&](const QueuedRequest& queued) {
        return queued.request && router::is_about_the_same(*queued.request, wish) &&
               !same_wish(*queued.request, wish) && !state.has_ended(queued.name);
    });
}

}  // namespace

router::Request going_on(const ClusterState& state, router::Request request) {
    const auto node = state.nodes.find(request.node);
    if (request.kind != Kind::add || node == state.nodes.end()) return request;
    if (!state.record || !state.record->in_force.ring.find(request.node)) return request;
    if (!is_half_added(state.history, request.node)) return request;
    router::Request rest = request;
    rest.kind = Kind::weight;
    if (rest.weight == 0) rest.weight = node->second.weight;
    rest.pins.clear();  // they came with the first step
    return is_disputed(state, rest) ? request : rest;
}

}  // namespace ringcast::ctl
