#pragma once

#include "cluster_state.hpp"

namespace ringcast::ctl {

/// The last request in the queue about the same node or channel, as the coordinator understands
/// that, if it wishes the same in the same way: then it need not be asked for again. Nothing when a
/// later one wishes something else, or there is none. It lives as long as `state`.
[[nodiscard]] const QueuedRequest* waiting_alike(const ClusterState& state,
                                                 const router::Request& request);

}  // namespace ringcast::ctl
