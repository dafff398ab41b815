#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringcast::membership {

/// The number at the end of a sequential znode's name: ten digits, after `prefix` and whatever
/// else. Nothing if the name is not made so: somebody put it there by hand.
[[nodiscard]] std::optional<std::uint64_t> sequence_of(std::string_view name,
                                                       std::string_view prefix = {}) noexcept;

}  // namespace ringcast::membership
