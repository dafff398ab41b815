#pragma once

#include "json_text.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace ringcast::gateway::json {

/// The members of a checked object that bear these names, absent where there is none, in one walk.
/// Of two with one name the last counts.
template <std::size_t Count>
[[nodiscard]] std::array<Value, Count> fields(Value object,
                                              const std::string_view (&names)[Count]) {
    std::array<Value, Count> found;
    for (Members members(object); members.next();) {
        for (std::size_t i = 0; i < Count; ++i) {
            if (members.key() == names[i]) found[i] = members.value();
        }
    }
    return found;
}

}  // namespace ringcast::gateway::json
