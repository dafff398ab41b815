#pragma once

#include "ringcast/ring/ring.hpp"

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace ringcast::ring {

/// The members in line behind the owner of each arc.
using SuccessorTable = std::array<std::array<MemberIndex, successor_count>, arc_count>;

/// The lines of succession, from the members and the owners alone.
[[nodiscard]] std::unique_ptr<const SuccessorTable> line_up(const std::vector<Member>& members,
                                                            std::span<const MemberIndex> owners);

}  // namespace ringcast::ring
