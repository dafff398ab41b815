#include "api_key.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace ringcast::gateway {
namespace {

/// Takes as long for every key of one length, whatever is wrong with it.
bool same_key(std::string_view given, std::string_view key) {
    unsigned difference = given.size() == key.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        difference |=
            static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(key[i % key.size()]);
    }
    return difference == 0;
}

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

std::string query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
        pair.remove_prefix(name.size() + 1);
        std::string value;
        for (std::size_t i = 0; i < pair.size(); ++i) {
            if (pair[i] == '%' && i + 2 < pair.size()) {
                const auto high = hex_digit(pair[i + 1]);
                const auto low = hex_digit(pair[i + 2]);
                if (high && low) {
                    value += static_cast<char>(*high * 16 + *low);
                    i += 2;
                    continue;
                }
            }
            value += pair[i] == '+' ? ' ' : pair[i];
        }
        return value;
    }
    return {};
}

std::string given_key(const HttpRequest& request) {
    if (const auto key = request.field("x-api-key"); !key.empty()) return std::string(key);
    constexpr std::string_view scheme = "apikey ";
    const auto authorization = request.field("authorization");
    if (authorization.size() > scheme.size() &&
        std::ranges::equal(authorization.substr(0, scheme.size()), scheme,
                           [](char a, char b) { return a == b || (a ^ 0x20) == b; })) {
        return std::string(authorization.substr(scheme.size()));
    }
    return query_value(request.query, "api_key");
}

}  // namespace

bool holds_key(const HttpRequest& request, const std::vector<std::string>& keys) {
    const std::string given = given_key(request);
    bool any = false;
    for (const auto& key : keys) any = same_key(given, key) || any;
    return any;
}

}  // namespace ringcast::gateway
