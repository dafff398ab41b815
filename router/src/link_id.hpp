#pragma once

#include <cstddef>
#include <cstdint>

namespace ringcast::router {

/// Names the link to one member at one address, within this process and for its life: a member that
/// comes back at another address has another link. Counts from 0, never used again.
enum class LinkId : std::uint32_t {};

inline constexpr LinkId no_link{0xffff'ffff};

[[nodiscard]] constexpr std::size_t index_of(LinkId link) noexcept {
    return static_cast<std::size_t>(link);
}

}  // namespace ringcast::router
