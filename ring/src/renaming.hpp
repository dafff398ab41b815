#pragma once

#include "ringcast/ring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringcast::ring {

/// Not a member any more.
inline constexpr std::uint32_t gone = 0xffff'ffff;

/// How two lists of members differ. Both are sorted by id, so those before the first difference
/// keep their index, and those behind the last one are shifted together.
struct Renaming {
    std::size_t first = 0;    ///< where the lists begin to differ
    std::size_t removed = 0;  ///< how many of the first list stand there
    std::size_t added = 0;    ///< how many of the second list stand there instead
};

[[nodiscard]] Renaming compare(const std::vector<Member>& before, const std::vector<Member>& after);

/// The index in `after` of each of the members `before`, or `gone`.
/// Requires: `renaming` is what `compare` says of the two.
[[nodiscard]] std::vector<std::uint32_t> rename(const std::vector<Member>& before,
                                                const std::vector<Member>& after,
                                                const Renaming& renaming);

}  // namespace ringcast::ring
