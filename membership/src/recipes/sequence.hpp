#pragma once

#include "ringcast/membership/sequence.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ringcast::membership {

/// The names that are made so, in the order of their numbers (names sort differently: the random
/// part comes before the number).
[[nodiscard]] std::vector<std::string> in_sequence(std::vector<std::string> names,
                                                   std::string_view prefix);

/// "/a/b" from "/a" and "b".
[[nodiscard]] std::string join(std::string_view parent, std::string_view name);

/// "/a" from "/a/b".
[[nodiscard]] std::string parent_of(std::string_view path);

/// "b" from "/a/b".
[[nodiscard]] std::string name_of_path(std::string_view path);

}  // namespace ringcast::membership
