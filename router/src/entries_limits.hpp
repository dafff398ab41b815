#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringcast::router::detail {

/// Longer entries are refused unread. A gateway that names a thousand unreachable members stays
/// below.
inline constexpr std::size_t entry_size_max = 256U << 10U;
/// Of one text within an entry: URLs, reasons, names of people.
inline constexpr std::size_t text_size_max = 2'048;
/// Of the id of a node or gateway, and of a zone. The ring would take longer ones.
inline constexpr std::size_t id_size_max = 64;
/// Of a channel's name: the ring pins no longer ones.
inline constexpr std::size_t channel_size_max = 255;
/// The ring's largest weight.
inline constexpr std::uint32_t weight_max = 1'000'000;

constexpr bool is_printable(std::string_view text) noexcept {
    for (const char c : text) {
        if (c < 0x21 || c > 0x7e) return false;
    }
    return true;
}

/// Ids name znodes and stand in commands and logs: printable ASCII without blank or slash, and not
/// the two names that mean folders.
constexpr bool is_entry_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= id_size_max && is_printable(id) &&
           id.find('/') == std::string_view::npos && id != "." && id != "..";
}

constexpr bool is_zone(std::string_view zone) noexcept {
    return zone.size() <= id_size_max && is_printable(zone);
}

}  // namespace ringcast::router::detail
