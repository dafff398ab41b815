#pragma once

#include "ringcast/router/plan.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router::detail {

// Changes that nobody asked for, and what becomes of the record when a view comes into force.
// Requests: ringcast/router/plan.hpp.

/// The first view, of all that are registered. Requires: `nodes` is not empty.
[[nodiscard]] Change genesis(const Nodes& nodes, ViewNumber number, std::uint64_t seed);

/// What history says of a request to add a node that does not answer.
[[nodiscard]] Change refuse_silent(const ViewRecord& before, const NodeEntry& node);

/// A member is dead: its arcs go to their first successors. `how` it is known that it accepts
/// nothing any more. Refused for the last member.
[[nodiscard]] Change bury(const ViewRecord& before, std::string_view member, std::string_view how);

/// A member that answers, but whose agent is gone for good: nobody renews its lease.
/// Refused for the last member.
[[nodiscard]] Change evict(const ViewRecord& before, const Nodes& nodes, std::string_view member);

/// A node that was a member until it died is back. `weight` is what it weighed; 0: as registered.
/// `pins` are the channels that were pinned to it: they are again, unless another has them now.
/// Refused when another member has its address. Requires: it is registered, and no member.
[[nodiscard]] Change give_back(const ViewRecord& before, const Nodes& nodes, std::string_view node,
                               std::uint32_t weight, const std::vector<std::string>& pins);

/// A member was started again at another address: no arc moves. `how` it is known that it accepts
/// nothing any more at the former one. Requires: it is a member.
[[nodiscard]] Change readdress(const ViewRecord& before, std::string_view member,
                               const Address& address, std::string_view how);

/// For history, when the view `after` comes into force: the pins that went with the member that the
/// entry is about, or hold with it from now on. Nothing when it is a member in both or in none.
void keep_pins(const View& before, const View& after, HistoryEntry& entry);

/// Whether a request is carried out entirely in this view, by what its history entry says.
[[nodiscard]] bool is_complete(const HistoryEntry& entry, const View& view);

/// The record with this view in force instead; a proposal in it is gone. No gateway prepared it.
[[nodiscard]] ViewRecord in_force(ViewRecord before, View next);

/// The record once its proposal is in force. Requires: it has one.
[[nodiscard]] ViewRecord committed(ViewRecord record);

/// What a node is told of a record, for gateways that are cut off from ZooKeeper.
[[nodiscard]] std::string told_of(ViewRecord record);

}  // namespace ringcast::router::detail
