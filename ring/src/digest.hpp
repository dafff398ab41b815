#pragma once

#include "ringcast/ring/ring.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ringcast::ring {

/// The digest of a ring's parts: XXH3 with 128 bits over one fixed encoding of them, the same on
/// every machine. Requires: members sorted by id.
[[nodiscard]] Digest digest_of(const std::vector<Member>& members,
                               std::span<const MemberIndex> owners, const Pins& pins,
                               std::uint64_t seed);

}  // namespace ringcast::ring
