#pragma once

#include "ringcast/router/view.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringcast::router {

/// What was said on a node's control channel (node_keys.hpp): a marker, or a probe.
struct ControlWords {
    std::string_view gateway;  ///< whose probe it is; empty for a marker
    std::uint64_t probe = 0;   ///< its number; 0 for a marker
    ViewNumber fence{};        ///< nothing by an earlier view follows on this connection
    ViewNumber former{};       ///< where the fence stood until then
    ViewNumber view{};         ///< the node was told of this one; 0: of none, or nothing is said
};

/// Nothing for words that are neither, or malformed: others may have been added. Refers to `words`.
[[nodiscard]] std::optional<ControlWords> parse_control(std::string_view words);

}  // namespace ringcast::router
