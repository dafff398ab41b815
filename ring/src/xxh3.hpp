#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace ringcast::ring {

/// `point` for inlining, so that a lookup is one call. Only here does the project name xxHash's
/// types.
inline std::uint64_t xxh3(std::string_view key, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

}  // namespace ringcast::ring
