#include "waiting_alike.hpp"

#include "ringcast/router/plan.hpp"
#include "when_text.hpp"

namespace ringcast::ctl {

const QueuedRequest* waiting_alike(const ClusterState& state, const router::Request& request) {
    for (auto at = state.requests.rbegin(); at != state.requests.rend(); ++at) {
        if (!at->request || !router::is_about_the_same(*at->request, request)) continue;
        return same_wish(*at->request, request) ? &*at : nullptr;
    }
    return nullptr;
}

}  // namespace ringcast::ctl
