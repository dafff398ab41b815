#pragma once

#include "history.hpp"

#include <cassert>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringcast::simulation {

/// "gateway 3".
[[nodiscard]] inline std::string named(std::string_view what, std::uint64_t number) {
    return std::string(what) + " " + std::to_string(number);
}

inline constexpr std::string_view channel_prefix = "channel-";

[[nodiscard]] inline std::string name_of_channel(std::uint32_t number) {
    return std::string(channel_prefix) + std::to_string(number);
}

/// Requires: a name of the above.
[[nodiscard]] inline std::uint32_t number_of_channel(std::string_view name) {
    assert(name.starts_with(channel_prefix));
    std::uint32_t number = 0;
    std::from_chars(name.data() + channel_prefix.size(), name.data() + name.size(), number);
    return number;
}

/// From what `text_of` made of it, and its channel.
[[nodiscard]] inline Message message_of(std::uint32_t channel, std::string_view text) {
    Message message{channel, 0, 0};
    const auto* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, message.publisher);
    if (first.ptr != end) std::from_chars(first.ptr + 1, end, message.number);
    return message;
}

}  // namespace ringcast::simulation
