#pragma once

#include "ringcast/ring/ring.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringcast::ring {

/// Candidates looked at on a walk. With a sixty-fourth of the members left that have room, nearly
/// two thirds of the walks still find one.
inline constexpr std::size_t steps_max = 64;

/// One step of an arc's walk: `arc x factor + offset`. The factor is odd, so a step is a
/// permutation of the arcs; it is near 2^16 / golden ratio, so neighbouring arcs go far apart,
/// evenly.
struct Step {
    std::uint32_t factor;
    std::uint32_t offset;

    [[nodiscard]] constexpr Arc from(std::uint32_t arc) const noexcept {
        return static_cast<Arc>(arc * factor + offset);
    }
};

/// A walk for each column, so that who is first for an arc does not say who is second. Fixed for
/// ever: gateways of different versions must agree.
inline constexpr auto walks = [] {
    std::array<std::array<Step, steps_max>, successor_count> made{};
    for (std::uint32_t column = 0; column < successor_count; ++column) {
        for (std::uint32_t step = 0; step < steps_max; ++step) {
            std::uint32_t mixed = (column << 8 | step) * 0x9e37'79b1u + 0x85eb'ca6bu;
            mixed ^= mixed >> 15;
            mixed *= 0x2c1b'3c6du;
            mixed ^= mixed >> 13;
            const bool first = column == 0 && step == 0;
            made[column][step] = {40'503u + (first ? 0 : mixed & 0x1ffeu), mixed >> 16};
        }
    }
    return made;
}();

}  // namespace ringcast::ring
