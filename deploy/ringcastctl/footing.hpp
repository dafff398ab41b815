#pragma once

#include "cluster_state.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::ctl {

/// What a plan stands upon: the ring as the coordinator will have made it when the turn of a
/// request comes, by what the cluster said when it was read. It holds as long as nobody dies or
/// comes back, takes a request back, or asks for another that goes first.
struct Footing {
    struct Before {
        std::string name;  ///< of the request's znode
        std::string what;  ///< "add redis-4"
    };

    router::ViewRecord record;             ///< nothing is proposed in it
    std::optional<std::uint64_t> handoff;  ///< the view that is being handed over
    std::vector<Before> upon;  ///< requests that go first; a handoff of one is `handoff`
    /// Requests that wait for their window or for quiet: whether they go first nobody can know.
    std::vector<Before> not_upon;
};

/// For a request that were put into the queue now. Requires: there is a view, and history was read;
/// what the leader told is used if it is there.
[[nodiscard]] Footing footing_of(const ClusterState& state, const router::Request& request);

}  // namespace ringcast::ctl
