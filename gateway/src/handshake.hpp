#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ringcast::gateway {

/// The head of an HTTP request, as far as it decides whether a WebSocket opens. Views into the
/// request; fields that are missing are empty.
struct HandshakeRequest {
    std::string_view method;
    unsigned version = 11;  ///< 11 is HTTP/1.1
    std::string_view target;
    std::string_view host;
    std::string_view connection;
    std::string_view upgrade;
    std::string_view key;
    std::string_view websocket_version;
    std::string_view protocols;
    std::optional<std::string_view> origin;
    bool repeats_field = false;  ///< one of those that may stand only once stands twice
};

/// Why no WebSocket opens. The status that tells it is given by `status`.
enum class HandshakeRefusal {
    malformed,         ///< 400: not HTTP, or a head that breaks its rules
    protobuf,          ///< 400: asks for the encoding that is not spoken here
    origin,            ///< 403: a browser on a page that is not admitted
    not_an_upgrade,    ///< 426: a plain request for the WebSocket path
    version,           ///< 426: another WebSocket version than 13
    head_too_large,    ///< 431
    draining,          ///< 503, as are those below: the client comes back later
    connection_limit,  ///< too many connections in all
    address_limit,     ///< too many from this address
    rate_limit,        ///< too many handshakes a second
};
inline constexpr std::size_t handshake_refusals = 10;

[[nodiscard]] unsigned status(HandshakeRefusal refusal) noexcept;
[[nodiscard]] std::string_view text(HandshakeRefusal refusal) noexcept;  ///< for people and metrics

/// A WebSocket opens, with this subprotocol (or none).
struct HandshakeAcceptance {
    std::string_view protocol;
};

/// Decides docs/protocol.md section 1, as far as the request alone decides it. `origins` as in
/// `Options::allowed_origins`.
[[nodiscard]] std::variant<HandshakeAcceptance, HandshakeRefusal> decide(
    const HandshakeRequest& request, const std::vector<std::string>& origins);

/// The target up to its query, and the query.
[[nodiscard]] std::string_view path_of(std::string_view target) noexcept;
[[nodiscard]] std::string_view query_of(std::string_view target) noexcept;

/// Whether the origin matches a pattern in which `*` stands for any run of characters, whatever the
/// case of letters.
[[nodiscard]] bool matches_origin(std::string_view pattern, std::string_view origin) noexcept;

}  // namespace ringcast::gateway
