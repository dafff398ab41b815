#pragma once

#include "ringcast/ring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::bench {

/// A node by its place among all that there are before or after the change, sorted by id.
using NodeIndex = std::uint16_t;

/// What every node weighs that is not said to weigh something else.
inline constexpr std::uint32_t usual_node_weight = 100;

/// What is done to the ring.
struct Change {
    enum class Kind {
        add,     ///< one node more
        remove,  ///< the last node leaves, by a planned handoff
        weight,  ///< the last node gets another weight
        crash,   ///< the last node dies
    };
    Kind kind = Kind::add;
    std::uint32_t weight = 200;  ///< for `Kind::weight`: percent of what the others have
};

[[nodiscard]] std::string_view name_of(Change::Kind kind) noexcept;

/// The members before and after. The node that is changed is the last one of the list that has it,
/// so one index means one node in both, and in every scheme.
struct Members {
    std::vector<ring::Member> before;
    std::vector<ring::Member> after;

    /// `nodes` equal members in three zones, and what the change makes of them. Requires: at least
    /// one node, two if one leaves.
    Members(std::size_t nodes, const Change& change);

    /// Those of two rings of which the second came of the first by adding, removing or weighing
    /// `changed`. Requires: one of them has it.
    Members(const ring::Ring& before, const ring::Ring& after, std::string_view changed);

    /// Before or after, whichever are more: what tables by node are sized by.
    [[nodiscard]] std::size_t nodes() const noexcept { return all().size(); }
    /// As it is before, or after when it is not there before.
    [[nodiscard]] const ring::Member& node(std::size_t node) const { return all()[node]; }
    [[nodiscard]] const ring::Member& changed() const { return all().back(); }

    /// The node of each arc.
    [[nodiscard]] std::vector<NodeIndex> owners_in(const ring::Ring& ring) const;

    /// Of the whole, that a node should carry; 0 for one that is not there.
    [[nodiscard]] double share_before(NodeIndex node) const noexcept;
    [[nodiscard]] double share_after(NodeIndex node) const noexcept;

    /// The part of all channels that has to find another node, however it is done, when every node
    /// carries exactly its share before and after.
    [[nodiscard]] double share_moving() const noexcept;

private:
    [[nodiscard]] const std::vector<ring::Member>& all() const noexcept {
        return before.size() < after.size() ? after : before;
    }
};

/// "redis-004": the order of the names is the order of the numbers.
[[nodiscard]] std::string node_name(std::size_t node);
[[nodiscard]] std::optional<NodeIndex> node_of(std::string_view name) noexcept;

}  // namespace ringcast::bench
