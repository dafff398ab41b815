#pragma once

#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ringcast::router {

/// The nodes that are registered, by id.
using Nodes = std::map<std::string, NodeEntry, std::less<>>;

/// What comes of something that was asked for or happened: the next view, or none because the ring
/// stays as it is, and what history says of it. In the entry `what`, `node`, `channel`, `done`,
/// `reason`, `view`, `arcs_moved`, the weights and `node_before` are filled in.
struct Change {
    std::optional<View> next;
    HistoryEntry entry;
};

/// In how many handoffs a request is carried out; 1 at least.
[[nodiscard]] std::size_t steps_of(const Request& request) noexcept;

/// The next step of a request, after `steps_done` of them: exactly what the coordinator would hand
/// over now. Done without a view when there is nothing to do; refused, with the reason in the
/// entry, when it cannot be.
///   add      refused when the node has not registered, or under the address of a member
///   remove   refused for the last member and for a node that nobody knows
///   weight   refused when the node is no member
///   pin      refused when the node is no member
/// `weight_before` is what the member weighed before the first step, and not used in that one.
/// Requires: fewer than `steps_of(request)` are done.
[[nodiscard]] Change plan_step(const ViewRecord& before, const Nodes& nodes, const Request& request,
                               std::size_t steps_done = 0, std::uint32_t weight_before = 0);

}  // namespace ringcast::router
