#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::gateway {

/// Codes of error replies (docs/protocol.md, section 12).
enum class ErrorCode : std::uint32_t {
    internal = 100,  ///< temporary: the client tries again
    unauthorized = 101,
    unknown_channel = 102,  ///< no such namespace
    permission_denied = 103,
    method_not_found = 104,
    already_subscribed = 105,
    limit_exceeded = 106,
    bad_request = 107,
    not_available = 108,
    token_expired = 109,  ///< the client fetches another
    expired = 110,
    too_many_requests = 111,  ///< temporary
    unrecoverable_position = 112,
};

[[nodiscard]] std::string_view message(ErrorCode code) noexcept;
[[nodiscard]] bool is_temporary(ErrorCode code) noexcept;

/// Who sent a publication. `conn_info` and `chan_info` are JSON, or empty.
struct ClientInfo {
    std::string user;
    std::string client;
    std::string conn_info;
    std::string chan_info;
};

[[nodiscard]] std::string encode(const ClientInfo& info);

/// The Publication object that is published on a channel: `data` is JSON and is kept byte for byte,
/// except for raw newlines, which frames must not contain. `info` (JSON) may be empty.
/// Requires: `data`, `info` are JSON (`is_json`).
[[nodiscard]] std::string encode_publication(
    std::string_view data, std::string_view info,
    const std::vector<std::pair<std::string, std::string>>& tags = {});

/// The text that every subscriber of the channel is sent for a publication: the router's encoder.
[[nodiscard]] std::string encode_push(std::string_view channel, std::string_view publication);

/// Whether `text` is exactly one JSON value in valid UTF-8, not nested deeper than `depth_max`.
[[nodiscard]] bool is_json(std::string_view text, std::size_t depth_max = 64);

/// Appends a JSON string literal, with quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ringcast::gateway
