#pragma once

#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// The nodes that are registered, by id.
using Nodes = std::map<std::string, NodeEntry, std::less<>>;

/// Messages a second of a node, as its agent tells; nothing while it does not, or is away.
[[nodiscard]] std::optional<std::uint64_t> messages_per_second(const Nodes& nodes,
                                                               std::string_view node);

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
///   add      refused when the node has not registered (the coordinator waits for that a while
///            first), or under the address of a member
///   remove   refused for the last member and for a node that nobody knows
///   weight   refused when the node is no member
///   pin      refused when the node is no member
/// `weight_before` is what the member weighed before the first step, and not used in that one.
/// Requires: fewer than `steps_of(request)` are done.
[[nodiscard]] Change plan_step(const ViewRecord& before, const Nodes& nodes, const Request& request,
                               std::size_t steps_done = 0, std::uint32_t weight_before = 0);

/// The next step of a request that is under way, by what its open history entry says: how many
/// steps are done, and what weighed how much before. Done without a view when none is left.
[[nodiscard]] Change plan_on(const ViewRecord& before, const Nodes& nodes, Request request,
                             const HistoryEntry& open);

/// What the record says is under way: the request whose step is being handed over, or that is
/// between two of its steps, and a handoff that nobody asked for. Their entries have no time of
/// their end. One that has ended since stands here until the next record, and in history.
[[nodiscard]] std::vector<HistoryEntry> under_way(const ViewRecord& record);

/// Whether both name the same node or the same channel. Such requests are carried out in the order
/// in which they were given: who asked for the later one knew of the earlier.
[[nodiscard]] bool is_about_the_same(const Request& a, const Request& b) noexcept;

}  // namespace ringcast::router
