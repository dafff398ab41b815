#include "key_slot.hpp"

#include <array>

namespace ringcast::bench {
namespace {

constexpr std::array<std::uint16_t, 256> make_table() {
    std::array<std::uint16_t, 256> table{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned value = byte << 8U;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 0x8000U) != 0 ? value << 1U ^ 0x1021U : value << 1U;
        }
        table[byte] = static_cast<std::uint16_t>(value);
    }
    return table;
}

constexpr auto table = make_table();

}  // namespace

std::uint16_t crc16(std::string_view bytes) noexcept {
    unsigned value = 0;
    for (const char byte : bytes) {
        value = (value << 8U ^ table[(value >> 8U ^ static_cast<unsigned char>(byte)) & 0xffU]) &
                0xffffU;
    }
    return static_cast<std::uint16_t>(value);
}

std::uint16_t key_slot(std::string_view key) noexcept {
    if (const auto open = key.find('{'); open != std::string_view::npos) {
        const auto close = key.find('}', open + 1);
        if (close != std::string_view::npos && close != open + 1) {
            key = key.substr(open + 1, close - open - 1);
        }
    }
    return crc16(key) % slot_count;
}

}  // namespace ringcast::bench
