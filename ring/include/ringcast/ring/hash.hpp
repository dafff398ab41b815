#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringcast::ring {

/// The 64-bit circle is cut into this many equal arcs, for the life of a cluster.
inline constexpr std::size_t arc_count = 65'536;
using Arc = std::uint16_t;

/// Where a key lies on the circle: XXH3 with 64 bits over its bytes, seeded. Fixed for ever: the
/// same on every machine, and changing it would move every channel of every running cluster.
[[nodiscard]] std::uint64_t point(std::string_view key, std::uint64_t seed) noexcept;

/// The arc that a point falls into. Arcs begin at multiples of 2^48 and hold their first point.
[[nodiscard]] constexpr Arc arc_at(std::uint64_t point) noexcept {
    return static_cast<Arc>(point >> 48);
}

}  // namespace ringcast::ring
