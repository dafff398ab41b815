#include "ringcast/gateway/close_code.hpp"

namespace ringcast::gateway {

std::string_view reason(CloseCode code) noexcept {
    switch (code) {
        case CloseCode::protocol_error:
            return "protocol error";
        case CloseCode::not_text:
            return "not UTF-8";
        case CloseCode::message_too_big:
            return "message size limit exceeded";
        case CloseCode::connection_closed:
            return "connection closed";
        case CloseCode::shutdown:
            return "shutdown";
        case CloseCode::internal_error:
            return "internal server error";
        case CloseCode::expired:
            return "connection expired";
        case CloseCode::subscription_expired:
            return "subscription expired";
        case CloseCode::slow:
            return "slow";
        case CloseCode::write_error:
            return "write error";
        case CloseCode::insufficient_state:
            return "insufficient state";
        case CloseCode::force_reconnect:
            return "force reconnect";
        case CloseCode::no_pong:
            return "no pong";
        case CloseCode::too_many_requests:
            return "too many requests";
        case CloseCode::invalid_token:
            return "invalid token";
        case CloseCode::bad_request:
            return "bad request";
        case CloseCode::stale:
            return "stale";
        case CloseCode::force_disconnect:
            return "force disconnect";
        case CloseCode::connection_limit:
            return "connection limit";
        case CloseCode::channel_limit:
            return "channel limit";
        case CloseCode::inappropriate_protocol:
            return "inappropriate protocol";
        case CloseCode::permission_denied:
            return "permission denied";
        case CloseCode::not_available:
            return "not available";
        case CloseCode::too_many_errors:
            return "too many errors";
    }
    return "closed";
}

}  // namespace ringcast::gateway
