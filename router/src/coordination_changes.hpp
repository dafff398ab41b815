#pragma once

#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::router::detail {

/// The nodes that are registered, by id.
using Nodes = std::map<std::string, NodeEntry, std::less<>>;

/// What comes of something that was asked for or happened: the record to write, or none because the
/// ring stays as it is, and what history says of it. In the entry `what`, `node`, `done`, `reason`,
/// `view` and `arcs_moved` are filled in.
struct Change {
    std::optional<ViewRecord> record;
    HistoryEntry entry;
};

/// The first view, of all that are registered. Requires: `nodes` is not empty.
[[nodiscard]] Change genesis(const Nodes& nodes, ViewNumber number, std::uint64_t seed);

/// A node on standby becomes a member. Done without a change when it is one; refused when it has
/// not registered, or under the address of a member.
[[nodiscard]] Change add(const ViewRecord& before, const Nodes& nodes, std::string_view node);

/// What history says instead when the node that is to be added does not answer.
[[nodiscard]] Change refuse_silent(const ViewRecord& before, const NodeEntry& node);

/// A member goes to standby. Done without a change when it is there; refused for the last member
/// and for a node that nobody knows.
[[nodiscard]] Change remove(const ViewRecord& before, const Nodes& nodes, std::string_view node);

/// A member is dead: its arcs go to their first successors.
[[nodiscard]] Change bury(const ViewRecord& before, std::string_view member);

/// A member was started again at another address: no arc moves.
/// Requires: it is a member.
[[nodiscard]] Change readdress(const ViewRecord& before, std::string_view member,
                               const Address& address);

}  // namespace ringcast::router::detail
