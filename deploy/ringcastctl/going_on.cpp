#include "going_on.hpp"

#include "undo.hpp"

namespace ringcast::ctl {
namespace {

using Kind = router::Request::Kind;

/// Whether nobody has brought the node to the weight that he wanted since an addition of it was
/// given up half-way.
bool is_half_added(const std::vector<PastChange>& history, const std::string& node) {
    for (auto at = history.rbegin(); at != history.rend(); ++at) {
        const router::HistoryEntry& entry = at->entry;
        if (entry.node != node || !entry.channel.empty() || !changed_the_ring(entry)) continue;
        if (entry.done) return false;
        if (entry.what == "add") return true;
    }
    return false;
}

}  // namespace

router::Request going_on(const ClusterState& state, router::Request request) {
    const auto node = state.nodes.find(request.node);
    if (request.kind != Kind::add || node == state.nodes.end()) return request;
    if (!state.record || !state.record->in_force.ring.find(request.node)) return request;
    if (!is_half_added(state.history, request.node)) return request;
    request.kind = Kind::weight;
    if (request.weight == 0) request.weight = node->second.weight;
    request.pins.clear();  // they came with the first step
    return request;
}

}  // namespace ringcast::ctl
