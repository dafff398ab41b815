#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ringcast::gateway {

/// Why a client's connection is closed. 3000-3499: the client comes back by itself; 3500-3999: it
/// does not (docs/protocol.md, section 5).
enum class CloseCode : std::uint16_t {
    protocol_error = 1002,          ///< frames against RFC 6455: told by the WebSocket layer
    not_text = 1007,                ///< text that is not UTF-8: told by the WebSocket layer
    message_too_big = 1009,         ///< a client's message beyond the limit; for good
    connection_closed = 3000,       ///< never sent: the peer went away
    shutdown = 3001,                ///< this gateway stops
    internal_error = 3004,          ///< an unexpected failure while serving a command
    expired = 3005,                 ///< not refreshed within the grace period
    subscription_expired = 3006,    ///< an expired token in `sub_refresh`
    slow = 3008,                    ///< the outgoing queue is full
    write_error = 3009,             ///< a write failed or timed out
    insufficient_state = 3010,      ///< never sent: a gap in a server-side subscription
    force_reconnect = 3011,         ///< never sent: nobody can ask for it yet
    no_pong = 3012,                 ///< a ping was not answered in time
    too_many_requests = 3013,       ///< a flood of commands
    invalid_token = 3500,           ///< bad signature or claims, or of another user
    bad_request = 3501,             ///< against the protocol, or no credentials
    stale = 3502,                   ///< no successful connect in time
    force_disconnect = 3503,        ///< never sent: nobody can ask for it yet
    connection_limit = 3504,        ///< too many connections of one user
    channel_limit = 3505,           ///< never sent: too many server-side subscriptions
    inappropriate_protocol = 3506,  ///< never sent: JSON expresses every payload
    permission_denied = 3507,       ///< connecting is not permitted
    not_available = 3508,           ///< `send`, for which nothing listens
    too_many_errors = 3509,         ///< never sent: the rates are limits enough
};

/// All of them, for tables and metrics.
inline constexpr std::array close_codes = {
    CloseCode::protocol_error,
    CloseCode::not_text,
    CloseCode::message_too_big,
    CloseCode::connection_closed,
    CloseCode::shutdown,
    CloseCode::internal_error,
    CloseCode::expired,
    CloseCode::subscription_expired,
    CloseCode::slow,
    CloseCode::write_error,
    CloseCode::insufficient_state,
    CloseCode::force_reconnect,
    CloseCode::no_pong,
    CloseCode::too_many_requests,
    CloseCode::invalid_token,
    CloseCode::bad_request,
    CloseCode::stale,
    CloseCode::force_disconnect,
    CloseCode::connection_limit,
    CloseCode::channel_limit,
    CloseCode::inappropriate_protocol,
    CloseCode::permission_denied,
    CloseCode::not_available,
    CloseCode::too_many_errors,
};

/// The reason text sent along; never empty, for clients reconnect after an empty one.
[[nodiscard]] std::string_view reason(CloseCode code) noexcept;

}  // namespace ringcast::gateway
