#include "base64.hpp"

#include <cstdint>

namespace ringcast::gateway {
namespace {

std::optional<unsigned> value_of(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return std::nullopt;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    const auto padded = text.size();
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    if (text.size() != padded && padded % 4 != 0) return std::nullopt;
    if (text.size() % 4 == 1) return std::nullopt;

    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t collected = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto value = value_of(c);
        if (!value) return std::nullopt;
        collected = (collected << 6) | *value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((collected >> bits) & 0xff);
        }
    }
    // What is left over must be zero, or two texts would mean the same bytes.
    if ((collected & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

}  // namespace ringcast::gateway
