#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringcast::gateway {

/// The bytes of standard base64 (RFC 4648, section 4), padded or not; nothing for anything else.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ringcast::gateway
