#include "reply.hpp"

#include "json_text.hpp"

namespace ringcast::gateway {
namespace {

// `{"id":7,"method":` : a result of any size follows.
std::string reply_to(std::uint32_t id, std::string_view key) {
    std::string out = R"({"id":)";
    out += std::to_string(id);
    out += R"(,")";
    out += key;
    out += R"(":)";
    return out;
}

void append_expiry(std::string& out, std::int64_t ttl_seconds) {
    out += R"("expires":true,"ttl":)";
    out += std::to_string(ttl_seconds);
    out += ',';
}

// Closes the object, whose members each left a comma.
void close_object(std::string& out) {
    if (out.back() == ',') out.pop_back();
    out += '}';
}

}  // namespace

std::string connect_reply(std::uint32_t id, const ConnectResult& result) {
    std::string out = reply_to(id, name(Method::connect));
    out += R"({"client":)";
    json::append_string(out, result.client);
    out += ',';
    if (!result.version.empty()) {
        out += R"("version":)";
        json::append_string(out, result.version);
        out += ',';
    }
    if (result.expires) append_expiry(out, result.ttl_seconds);
    if (result.ping_seconds > 0) {
        out += R"("ping":)";
        out += std::to_string(result.ping_seconds);
        out += R"(,"pong":true)";
    }
    close_object(out);
    out += '}';
    return out;
}

std::string subscribe_reply(std::uint32_t id, const SubscribeResult& result) {
    std::string out = reply_to(id, name(Method::subscribe));
    out += '{';
    if (result.expires) append_expiry(out, result.ttl_seconds);
    if (result.was_recovering) out += R"("was_recovering":true,)";
    if (!result.data.empty()) {
        out += R"("data":)";
        json::append_raw(out, result.data);
    }
    close_object(out);
    out += '}';
    return out;
}

std::string refresh_reply(std::uint32_t id, Method method, bool expires, std::int64_t ttl_seconds) {
    std::string out = reply_to(id, name(method));
    out += '{';
    if (expires) append_expiry(out, ttl_seconds);
    close_object(out);
    out += '}';
    return out;
}

std::string empty_reply(std::uint32_t id, Method method) {
    return reply_to(id, name(method)) + "{}}";
}

std::string error_reply(std::uint32_t id, ErrorCode code) {
    std::string out = reply_to(id, "error");
    out += R"({"code":)";
    out += std::to_string(static_cast<std::uint32_t>(code));
    out += R"(,"message":")";
    out += message(code);
    out += is_temporary(code) ? R"(","temporary":true}})" : R"("}})";
    return out;
}

std::string unsubscribe_push(std::string_view channel, UnsubscribeCode code) {
    std::string out = R"({"push":{"channel":)";
    json::append_string(out, channel);
    out += R"(,"unsubscribe":{"code":)";
    out += std::to_string(static_cast<std::uint32_t>(code));
    out += R"(,"reason":")";
    out +=
        code == UnsubscribeCode::insufficient_state ? "insufficient state" : "subscription expired";
    out += R"("}}})";
    return out;
}

}  // namespace ringcast::gateway
