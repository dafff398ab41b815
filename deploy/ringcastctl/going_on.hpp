#pragma once

#include "cluster_state.hpp"
#include "ringcast/router/entries.hpp"

namespace ringcast::ctl {

/// What an addition comes to when its node is a member already, since an earlier one that was given
/// up after some of its steps: the rest of the way, as another weight. Any other request as it is,
/// and an addition, too, while something else is asked for about the node, which decides first.
/// Requires: history was read.
[[nodiscard]] router::Request going_on(const ClusterState& state, router::Request request);

}  // namespace ringcast::ctl
