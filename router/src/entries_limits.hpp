#pragma once

#include <cstddef>
#include <cstdint>

namespace ringcast::router::detail {

/// Longer entries are refused unread. A gateway that names a thousand unreachable members stays
/// below.
inline constexpr std::size_t entry_size_max = 256U << 10U;
/// Of one text within an entry: URLs, reasons, names of people.
inline constexpr std::size_t text_size_max = 2'048;
/// Of a channel's name: the ring pins no longer ones.
inline constexpr std::size_t channel_size_max = 255;
/// The ring's largest weight.
inline constexpr std::uint32_t weight_max = 1'000'000;

}  // namespace ringcast::router::detail
