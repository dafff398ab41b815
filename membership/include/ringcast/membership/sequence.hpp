#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::membership {

/// The number at the end of a sequential znode's name: ten digits, after `prefix` and whatever
/// else. Nothing if the name is not made so: somebody put it there by hand.
[[nodiscard]] std::optional<std::uint64_t> sequence_of(std::string_view name,
                                                       std::string_view prefix = {}) noexcept;

/// The names that are made so, in the order of their numbers (names sort differently: the random
/// part comes before the number).
[[nodiscard]] std::vector<std::string> in_sequence(std::vector<std::string> names,
                                                   std::string_view prefix);

}  // namespace ringcast::membership
