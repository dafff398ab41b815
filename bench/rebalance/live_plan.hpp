#pragma once

#include "change.hpp"
#include "client_protocol.hpp"
#include "cluster_state.hpp"
#include "gateway_sample.hpp"
#include "placements.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {

/// In a request 0 means the cluster's rate, and as a cluster's setting nothing: more than any
/// machine does means no limit.
inline constexpr std::uint32_t unlimited_rate = 10'000'000;

/// What an operator would ask for. `weight` is the node's, for a change of weight; `rate` as a
/// bench says it: 0 means no limit, nothing the cluster's own. Requires: somebody can ask for such
/// a change.
[[nodiscard]] router::Request request_for(Change::Kind kind, const std::string& node,
                                          std::uint32_t weight, std::optional<std::uint32_t> rate);

/// What is to be measured in a cluster that runs already, before it is known.
struct LiveWish {
    Change change;     ///< a weight is a percentage of what the member weighs now
    std::string node;  ///< empty: the only one on standby, for an addition
    std::optional<std::uint32_t> rate;
    std::vector<std::string> urls;  ///< of gateways, instead of what they announce
};

/// The same as it stands in the cluster.
struct LiveTarget {
    struct Gateway {
        std::string id;
        ClientPlace place;
    };
    router::Request request;  ///< without who asks and when
    Members members;
    Rings rings;                             ///< by the coordinator's own rules
    std::vector<router::Address> addresses;  ///< of the nodes, in the order of the members
    std::vector<Gateway> gateways;           ///< that take clients
    std::vector<GatewayAdmin> admin_places;  ///< of every gateway
    std::uint32_t rate = 0;                  ///< at which each gateway will move; 0: no limit
    std::uint64_t other_clients = 0;
    router::ViewNumber view{};            ///< in force, of which all that was made
    std::uint32_t leave_seconds_max = 0;  ///< by the cluster's settings
};

/// Throws std::runtime_error with what is to be done when it cannot be measured now: while the ring
/// is being changed, when nobody would change it, when the change would be refused.
[[nodiscard]] LiveTarget target_of(const ctl::ClusterState& state, const LiveWish& wish);

/// Throws likewise unless the cluster still is what `target` was made of: minutes of setting up lie
/// between the two, and others may have asked for changes.
void check_still(const ctl::ClusterState& now, const LiveTarget& target);

/// What takes the change of that entry back, at the rate at which it was asked for. Throws
/// std::runtime_error when nothing does. Requires: history was read.
[[nodiscard]] router::Request undo_for(const ctl::ClusterState& now, const std::string& entry,
                                       const router::Request& asked);

}  // namespace ringcast::bench
