#pragma once

#include "traffic.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::bench {

/// What a client says to a gateway and hears from it (docs/protocol.md), as far as a bench needs
/// it: text from values and values from text.

/// The server that clients of a gateway connect to.
struct ClientPlace {
    std::string host;
    std::string port;
    std::string target;  ///< "/connection/websocket"
    friend bool operator==(const ClientPlace&, const ClientPlace&) = default;
};
/// Of "ws://host:port/path", whose port is 80 unless it is there, or of "host:port" for the usual
/// path; IPv6 in brackets. Nothing for anything else, also for wss://.
[[nodiscard]] std::optional<ClientPlace> parse_client_url(std::string_view url);

/// Commands, each appended as a line of its own.
void append_connect(std::string& to, std::uint32_t id, std::string_view token);
void append_subscribe(std::string& to, std::uint32_t id, std::string_view channel);
/// `run` tells this run's messages from those of any other; `payload_bytes` counts the data, which
/// is never shorter than what it has to carry. Requires: `run` needs no escapes in JSON.
void append_publish(std::string& to, std::uint32_t id, std::string_view channel,
                    std::string_view run, const Header& header, std::size_t payload_bytes);

/// Of data whose `run` has 16 digits: room for whatever it has to carry.
inline constexpr std::size_t data_bytes_min = 71;

/// The answer to a ping.
inline constexpr std::string_view pong = "{}";

/// One line from a gateway.
struct ServerLine {
    enum class Kind {
        reply,         ///< to the command of that id: refused when there is an error
        publication,   ///< `channel`; with `header` if it is one of this run's
        unsubscribed,  ///< `channel`: the gateway took the subscription away, `code` says why
        ping,
        other,  ///< nothing that a bench cares for
    };
    Kind kind = Kind::other;
    std::uint32_t id = 0;
    std::uint32_t code = 0;  ///< of an error, or of an unsubscribe; 0: none
    std::string message;     ///< what goes with it
    /// Of a connect: the seconds until the connection expires; nothing: it does not.
    std::optional<std::uint32_t> expires_s;
    std::string channel;
    std::optional<Header> header;
};

/// Nothing when it is not a line of this protocol.
[[nodiscard]] std::optional<ServerLine> parse_line(std::string_view line, std::string_view run);

}  // namespace ringcast::bench
