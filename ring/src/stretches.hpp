#pragma once

#include "ringcast/ring/ring.hpp"

#include <span>
#include <vector>

namespace ringcast::ring {

/// A table of owners in short: no two neighbours have the same owner, none is empty.
[[nodiscard]] std::vector<Stretch> stretches_of(std::span<const MemberIndex> owners);

}  // namespace ringcast::ring
