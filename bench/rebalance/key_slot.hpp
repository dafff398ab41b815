#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringcast::bench {

/// What a Redis Cluster is cut into.
inline constexpr std::size_t slot_count = 16'384;

/// CRC16 as XMODEM has it: polynomial 0x1021, nothing reflected, from zero. "123456789" is 0x31c3.
[[nodiscard]] std::uint16_t crc16(std::string_view bytes) noexcept;

/// The slot that a Redis Cluster puts a key into, by the rule of its specification: the CRC16 of
/// the name, or of what stands between the first `{` and the next `}` if that is not empty.
[[nodiscard]] std::uint16_t key_slot(std::string_view key) noexcept;

}  // namespace ringcast::bench
