#pragma once

#include "history.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringcast::simulation {

/// "gateway 3".
[[nodiscard]] inline std::string named(std::string_view what, std::uint64_t number) {
    return std::string(what) + " " + std::to_string(number);
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
