#include "handshake.hpp"

#include <algorithm>

namespace ringcast::gateway {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t";
    const std::size_t begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

// Calls `test` with each part between separators until it returns true.
template <typename Test>
bool any_part(std::string_view list, char separator, Test test) {
    while (true) {
        const std::size_t end = list.find(separator);
        if (test(trimmed(list.substr(0, end)))) return true;
        if (end == std::string_view::npos) return false;
        list.remove_prefix(end + 1);
    }
}

bool lists_token(std::string_view list, std::string_view token) {
    return any_part(list, ',',
                    [token](std::string_view part) { return equal_ignoring_case(part, token); });
}

bool lists_exactly(std::string_view list, char separator, std::string_view wanted) {
    return any_part(list, separator, [wanted](std::string_view part) { return part == wanted; });
}

// Sixteen bytes in base64.
bool is_key(std::string_view key) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key.size() == 24 && key.ends_with("==") &&
           key.substr(0, 22).find_first_not_of(digits) == std::string_view::npos;
}

}  // namespace

unsigned status(HandshakeRefusal refusal) noexcept {
    switch (refusal) {
        case HandshakeRefusal::malformed:
        case HandshakeRefusal::protobuf:
            return 400;
        case HandshakeRefusal::origin:
            return 403;
        case HandshakeRefusal::not_an_upgrade:
        case HandshakeRefusal::version:
            return 426;
        case HandshakeRefusal::head_too_large:
            return 431;
        case HandshakeRefusal::draining:
        case HandshakeRefusal::connection_limit:
        case HandshakeRefusal::address_limit:
        case HandshakeRefusal::rate_limit:
            return 503;
    }
    return 500;
}

std::string_view text(HandshakeRefusal refusal) noexcept {
    switch (refusal) {
        case HandshakeRefusal::malformed:
            return "malformed request";
        case HandshakeRefusal::protobuf:
            return "protobuf is not supported";
        case HandshakeRefusal::origin:
            return "origin not allowed";
        case HandshakeRefusal::not_an_upgrade:
            return "websocket upgrade required";
        case HandshakeRefusal::version:
            return "websocket version 13 required";
        case HandshakeRefusal::head_too_large:
            return "request head too large";
        case HandshakeRefusal::draining:
            return "draining";
        case HandshakeRefusal::connection_limit:
            return "too many connections";
        case HandshakeRefusal::address_limit:
            return "too many connections from this address";
        case HandshakeRefusal::rate_limit:
            return "too many handshakes";
    }
    return "refused";
}

std::variant<HandshakeAcceptance, HandshakeRefusal> decide(
    const HandshakeRequest& request, const std::vector<std::string>& origins) {
    if (request.method != "GET" || request.version != 11 || request.repeats_field) {
        return HandshakeRefusal::malformed;
    }
    if (!lists_token(request.connection, "upgrade") || !lists_token(request.upgrade, "websocket")) {
        return HandshakeRefusal::not_an_upgrade;
    }
    if (trimmed(request.websocket_version) != "13") return HandshakeRefusal::version;
    if (request.host.empty() || !is_key(trimmed(request.key))) return HandshakeRefusal::malformed;
    const std::string_view query = query_of(request.target);
    if (lists_exactly(query, '&', "cf_protocol=protobuf") ||
        lists_exactly(query, '&', "format=protobuf")) {
        return HandshakeRefusal::protobuf;
    }
    const bool admitted =
        !request.origin ||
        std::any_of(origins.begin(), origins.end(), [&](const std::string& pattern) {
            return matches_origin(pattern, *request.origin);
        });
    if (!admitted) return HandshakeRefusal::origin;
    constexpr std::string_view json = "centrifuge-json";
    const bool offered = lists_exactly(request.protocols, ',', json);
    return HandshakeAcceptance{offered ? json : std::string_view()};
}

std::string_view path_of(std::string_view target) noexcept {
    return target.substr(0, target.find('?'));
}

std::string_view query_of(std::string_view target) noexcept {
    const std::size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

bool matches_origin(std::string_view pattern, std::string_view origin) noexcept {
    // The classic walk: at a mismatch the last star takes one character more.
    std::size_t p = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_takes_to = 0;
    for (std::size_t o = 0; o < origin.size();) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_takes_to = o;
        } else if (p < pattern.size() && lower(pattern[p]) == lower(origin[o])) {
            ++p;
            ++o;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            o = ++star_takes_to;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace ringcast::gateway
