#include "client_faults.hpp"

#include "ringcast/gateway/close_code.hpp"
#include "ringcast/gateway/protocol.hpp"

namespace ringcast::bench {
namespace {

using gateway::ErrorCode;

std::string section_of(std::string_view prefix) {
    const auto colon = prefix.find(':');
    if (colon == std::string_view::npos) return "its section `channels`";
    return "its namespace '" + std::string(prefix.substr(0, colon)) + "'";
}

/// What makes the error go away; empty: nobody knows.
std::string remedy(Asked asked, ErrorCode code, std::string_view prefix) {
    switch (code) {
        case ErrorCode::unknown_channel:
            return "its configuration has no namespace '" +
                   std::string(prefix.substr(0, prefix.find(':'))) +
                   "': add it under `namespaces`, or take a --prefix without ':'";
        case ErrorCode::permission_denied:
            if (asked == Asked::publish) {
                return "let clients publish there (publish_for_clients of " + section_of(prefix) +
                       "), or take another --prefix or --token";
            }
            return "let clients subscribe there (subscribe_for_clients of " + section_of(prefix) +
                   "), or take another --prefix or --token";
        case ErrorCode::limit_exceeded:
            return "raise limits.channels_per_client_max there, or give more --connections";
        case ErrorCode::too_many_requests:
            return "raise limits.publishes_per_second there, or give more --connections, or fewer "
                   "--messages";
        case ErrorCode::bad_request:
            return "its channel_pattern, limits.channel_bytes_max or limits.json_depth_max do not "
                   "let it through: take another --prefix";
        case ErrorCode::token_expired:
        case ErrorCode::expired:
            return "the token has expired: give another one";
        case ErrorCode::already_subscribed:
            return "the token subscribes its user to channels of this prefix: take another";
        default:
            return "";
    }
}

}  // namespace

std::string fault_of(Asked asked, std::uint32_t code, std::string_view message,
                     std::string_view prefix) {
    const auto error = static_cast<ErrorCode>(code);
    // Held publishes and slow nodes pass; that a client is too fast is the bench's own fault.
    if (error != ErrorCode::too_many_requests && gateway::is_temporary(error)) return "";
    const char* const what = asked == Asked::connect     ? "to connect"
                             : asked == Asked::subscribe ? "to subscribe"
                                                         : "to publish";
    std::string text = std::string("does not allow clients ") + what + " (error " +
                       std::to_string(code) + ", " + std::string(message) + ")";
    if (const std::string help = remedy(asked, error, prefix); !help.empty()) text += ": " + help;
    return text;
}

std::string advice_for_close(std::string_view how) {
    const auto closed_with = [how](gateway::CloseCode code) {
        const std::string number = std::to_string(static_cast<unsigned>(code));
        return how.find("connection: " + number) != std::string_view::npos;
    };
    using gateway::CloseCode;
    if (closed_with(CloseCode::invalid_token)) return "give a token that it knows the secret of";
    if (closed_with(CloseCode::bad_request)) {
        return "if it wants a token, give one: RINGCAST_BENCH_TOKEN";
    }
    if (closed_with(CloseCode::permission_denied)) return "give a token of a user that may connect";
    if (closed_with(CloseCode::connection_limit)) {
        return "raise admission.connections_per_user_max there, or give fewer --connections";
    }
    if (closed_with(CloseCode::too_many_requests)) {
        return "raise limits.commands_per_second there, or give more --connections";
    }
    if (closed_with(CloseCode::slow)) {
        return "give more --connections, or fewer --messages: this machine does not keep up";
    }
    if (how.find("HTTP 503") != std::string_view::npos) {
        return "it is draining or full: see limits.connections_max, connections_per_address_max "
               "and accepts_per_second there";
    }
    if (how.find("HTTP 404") != std::string_view::npos) {
        return "give the path with --urls: ws://host:port/path";
    }
    if (how.find("cannot be re") != std::string_view::npos) {
        return "is that address right from here? --urls says another";
    }
    return "";
}

}  // namespace ringcast::bench
