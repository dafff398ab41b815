#pragma once

#include "ringcast/ring/ring.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ringcast::ring {

/// A former owner that is not a member any more.
inline constexpr std::uint32_t gone = 0xffff'ffff;

/// Moves arcs until each member owns exactly its quota, and none that need not move. `owners` holds
/// the former owner of each arc and is rewritten; `renamed` says which member each former owner is
/// now, or `gone`. Requires: the quotas sum to 65,536.
void place(std::span<MemberIndex> owners, std::span<const std::uint32_t> renamed,
           std::span<const std::uint32_t> quotas);

}  // namespace ringcast::ring
