#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ringcast::gateway {

/// What clients may do on the channels of one namespace: those named `name:...`.
struct NamespaceOptions {
    std::string name;  ///< `[-a-zA-Z0-9_]{2,}`; empty in `Options::channels_without_namespace`
    bool subscribe_for_clients = false;  ///< clients with a user id may subscribe without a token
    bool subscribe_for_anonymous =
        false;                         ///< ... also those with an empty user id; needs the former
    bool publish_for_clients = false;  ///< clients with a user id may publish
    bool publish_for_subscribers = false;  ///< whoever is subscribed to the channel may publish
    bool publish_for_anonymous = false;    ///< the flags above also hold for an empty user id
    bool user_limited_channels =
        false;                    ///< `name:x#42,7` admits the users 42 and 7, and nobody else
    std::string channel_pattern;  ///< regular expression (RE2) of the whole name; empty: any
};

/// How client tokens (JWT) are checked: HS256, HS384, HS512. Without a secret every token is
/// invalid.
struct TokenOptions {
    std::string hmac_secret;
    std::string hmac_secret_previous;  ///< also accepted, while secrets are rotated; empty: none
    std::string audience;              ///< exact `aud` required; empty: not looked at
    std::string issuer;                ///< exact `iss` required; empty: not looked at
};

/// Who may connect.
struct AdmissionOptions {
    bool insecure =
        false;  ///< for tests: no token needed, everything allowed, connections never expire
    bool anonymous_without_token = false;  ///< a connect without token is user ""
    bool anonymous_with_token = true;  ///< a token without `sub` is user ""; otherwise closed 3507
    std::size_t connections_per_user_max = 0;  ///< on this gateway, close 3504; 0: no limit
};

/// What one client, one address, and all of them together may take. Zero is refused except where it
/// is said to mean "no limit".
struct LimitOptions {
    std::size_t message_bytes_max = 65'536;     ///< a WebSocket message of a client; close 1009
    std::size_t json_depth_max = 64;            ///< nesting in a client's JSON; close 3501
    std::size_t channels_per_client_max = 128;  ///< error 106
    std::size_t channel_bytes_max = 255;        ///< error 107
    std::size_t queue_bytes_max = 1U << 20U;    ///< outgoing, per client; close 3008
    std::uint32_t commands_per_second =
        1'000;  ///< per client, a second's worth at once; close 3013; 0: no limit
    std::uint32_t publishes_per_second =
        500;  ///< per client, a second's worth at once; error 111; 0: no limit
    std::size_t connections_max = 100'000;  ///< client port, all kinds; 503
    std::size_t connections_per_address_max =
        0;  ///< 503; 0: no limit (clients may share a proxy's address)
    std::uint32_t accepts_per_second = 0;    ///< WebSocket handshakes; 503; 0: no limit
    std::size_t header_bytes_max = 8'192;    ///< of an HTTP request; 431
    std::size_t body_bytes_max = 4U << 20U;  ///< of an HTTP request; 413
    std::size_t inbox_bytes_max =
        256U << 20U;  ///< on the way to one thread; beyond it subscribers are told of a gap
};

struct TimeOptions {
    std::chrono::milliseconds ping_interval{25'000};  ///< whole seconds, as clients are told them
    std::chrono::milliseconds pong_timeout{8'000};    ///< below `ping_interval`; close 3012
    std::chrono::milliseconds connect_timeout{
        10'000};  ///< from the upgrade to a successful connect; close 3502
    /// A subscribe the router does not confirm for so long gets error 100, before the client (5 s)
    /// gives the connection up.
    std::chrono::milliseconds subscribe_timeout{4'000};
    std::chrono::milliseconds expiry_grace{
        25'000};  ///< for a refresh after expiry; close 3005, unsubscribe 2501
    std::chrono::milliseconds write_timeout{1'000};  ///< close 3009
    std::chrono::milliseconds close_timeout{
        5'000};  ///< for the peer's close frame, or its close after an error
    std::chrono::milliseconds request_timeout{
        10'000};                                   ///< to read one HTTP request, also the upgrade
    std::chrono::milliseconds keep_alive{60'000};  ///< of an idle HTTP connection
    std::chrono::milliseconds stop_limit{30'000};  ///< of a graceful stop
};

/// Everything the client port is told. Plain values: whoever loads them asks `faults` before use.
struct Options {
    std::string host = "0.0.0.0";  ///< a numeric address
    std::uint16_t port = 8'000;    ///< 0: any free one
    unsigned threads = 0;          ///< 0: as many as there are processors
    std::string websocket_path = "/connection/websocket";
    /// `scheme://host[:port]` with `*` for any run of characters; `*` alone admits all. Empty:
    /// every request that carries an Origin is refused.
    std::vector<std::string> allowed_origins;
    std::string version = "0.1.0";         ///< told to clients
    std::size_t closes_at_once_max = 128;  ///< of a graceful stop: closing and not yet gone

    AdmissionOptions admission;
    TokenOptions tokens;
    NamespaceOptions channels_without_namespace;
    std::vector<NamespaceOptions> namespaces;
    LimitOptions limits;
    TimeOptions times;
};

/// Every fault of the options, a sentence each that names the field; empty when they can be used.
[[nodiscard]] std::vector<std::string> faults(const Options& options);

}  // namespace ringcast::gateway
