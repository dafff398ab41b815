#pragma once

#include "ringcast/ring/ring.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ringcast::ring {

/// How many arcs each member gets: the floor or the ceiling of 65,536 x weight / sum of weights,
/// together exactly 65,536. A share below one arc may come out as none: such a member owns nothing
/// and is still in line as a successor. Who gets a ceiling is chosen so that the least has to move:
/// first those that hold more than their floor already (each of them saves one arc), then those
/// with the largest remainder, then by id.
/// Requires: members sorted by id, not more than arcs, weights in range; `held` is as long.
[[nodiscard]] std::vector<std::uint32_t> quotas(const std::vector<Member>& members,
                                                std::span<const std::uint32_t> held);

}  // namespace ringcast::ring
