#pragma once

#include "ringcast/membership/sequence.hpp"

#include <string>
#include <string_view>

namespace ringcast::membership {

/// "/a/b" from "/a" and "b".
[[nodiscard]] std::string join(std::string_view parent, std::string_view name);

/// "/a" from "/a/b".
[[nodiscard]] std::string parent_of(std::string_view path);

/// "b" from "/a/b".
[[nodiscard]] std::string name_of_path(std::string_view path);

}  // namespace ringcast::membership
