#include "ringcast/gateway/protocol.hpp"

#include "json_text.hpp"

namespace ringcast::gateway {

std::string_view message(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::internal:
            return "internal server error";
        case ErrorCode::unauthorized:
            return "unauthorized";
        case ErrorCode::unknown_channel:
            return "unknown channel";
        case ErrorCode::permission_denied:
            return "permission denied";
        case ErrorCode::method_not_found:
            return "method not found";
        case ErrorCode::already_subscribed:
            return "already subscribed";
        case ErrorCode::limit_exceeded:
            return "limit exceeded";
        case ErrorCode::bad_request:
            return "bad request";
        case ErrorCode::not_available:
            return "not available";
        case ErrorCode::token_expired:
            return "token expired";
        case ErrorCode::expired:
            return "expired";
        case ErrorCode::too_many_requests:
            return "too many requests";
        case ErrorCode::unrecoverable_position:
            return "unrecoverable position";
    }
    return "unknown error";
}

bool is_temporary(ErrorCode code) noexcept {
    return code == ErrorCode::internal || code == ErrorCode::too_many_requests;
}

std::string encode(const ClientInfo& info) {
    std::string out = R"({"user":)";
    json::append_string(out, info.user);
    out += R"(,"client":)";
    json::append_string(out, info.client);
    if (!info.conn_info.empty()) {
        out += R"(,"conn_info":)";
        json::append_raw(out, info.conn_info);
    }
    if (!info.chan_info.empty()) {
        out += R"(,"chan_info":)";
        json::append_raw(out, info.chan_info);
    }
    out += '}';
    return out;
}

std::string encode_publication(std::string_view data, std::string_view info,
                               const std::vector<std::pair<std::string, std::string>>& tags) {
    std::string out;
    out.reserve(data.size() + info.size() + 32);
    out += R"({"data":)";
    json::append_raw(out, data);
    if (!info.empty()) {
        out += R"(,"info":)";
        json::append_raw(out, info);
    }
    if (!tags.empty()) {
        char before = '{';
        out += R"(,"tags":)";
        for (const auto& [name, value] : tags) {
            out += before;
            json::append_string(out, name);
            out += ':';
            json::append_string(out, value);
            before = ',';
        }
        out += '}';
    }
    out += '}';
    return out;
}

std::string encode_push(std::string_view channel, std::string_view publication) {
    std::string out;
    out.reserve(channel.size() + publication.size() + 32);
    out += R"({"push":{"channel":)";
    json::append_string(out, channel);
    out += R"(,"pub":)";
    out += publication;
    out += "}}";
    return out;
}

bool is_json(std::string_view text, std::size_t depth_max) {
    const auto end = json::check_value(text, 0, depth_max);
    return end && json::skip_whitespace(text, *end) == text.size();
}

void append_json_string(std::string& out, std::string_view text) {
    json::append_string(out, text);
}

}  // namespace ringcast::gateway
