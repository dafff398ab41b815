#include "credentials.hpp"

#include "json_text.hpp"

#include <jwt.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace ringcast::gateway {
namespace {

constexpr std::size_t depth_max = 32;
constexpr std::int64_t century = 100LL * 365 * 24 * 3600;

std::optional<std::string> decode_base64url(std::string_view text) {
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        std::uint32_t six = 0;
        if (c >= 'A' && c <= 'Z') {
            six = static_cast<std::uint32_t>(c - 'A');
        } else if (c >= 'a' && c <= 'z') {
            six = static_cast<std::uint32_t>(c - 'a') + 26;
        } else if (c >= '0' && c <= '9') {
            six = static_cast<std::uint32_t>(c - '0') + 52;
        } else if (c == '-') {
            six = 62;
        } else if (c == '_') {
            six = 63;
        } else {
            return std::nullopt;
        }
        bits = (bits << 6U) | six;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>((bits >> count) & 0xFFU));
        }
    }
    if (text.size() % 4 == 1) return std::nullopt;
    return out;
}

// The object in one part of a token, or an absent value. The text must outlive it.
json::Value checked_object(const std::optional<std::string>& text) {
    if (!text) return {};
    const std::size_t begin = json::skip_whitespace(*text, 0);
    const auto end = json::check_value(*text, begin, depth_max);
    if (!end || json::skip_whitespace(*text, *end) != text->size()) return {};
    const json::Value value(std::string_view(*text).substr(begin, *end - begin));
    return value.is_object() ? value : json::Value();
}

// A time claim, which may have a fraction. Far beyond any time that adds up without overflow: none.
std::optional<std::int64_t> seconds(json::Value claim) {
    const auto number = claim.number();
    if (!number || !(std::abs(*number) < 1e15)) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

bool names(json::Value audience, std::string_view wanted) {
    if (!audience.is_array()) return audience.string() == wanted;
    for (json::Members each(audience); each.next();) {
        if (each.value().string() == wanted) return true;
    }
    return false;
}

}  // namespace

/// What is common to both kinds, read once the signature was found good.
struct Credentials::Claims {
    std::string user;
    std::optional<std::string> channel;
    std::string client;
    Expiry expires = 0;
    std::string info;
    std::string data;
};

Credentials::Credentials(TokenOptions options) : options_(std::move(options)) {}

bool Credentials::is_signed(const std::string& token) const {
    for (const std::string& secret : {options_.hmac_secret, options_.hmac_secret_previous}) {
        if (secret.empty()) continue;
        jwt_t* jwt = nullptr;
        const int failure =
            jwt_decode(&jwt, token.c_str(), reinterpret_cast<const unsigned char*>(secret.data()),
                       static_cast<int>(secret.size()));
        const jwt_alg_t algorithm = failure == 0 ? jwt_get_alg(jwt) : JWT_ALG_NONE;
        jwt_free(jwt);
        if (algorithm == JWT_ALG_HS256 || algorithm == JWT_ALG_HS384 ||
            algorithm == JWT_ALG_HS512) {
            return true;
        }
    }
    return false;
}

std::variant<Credentials::Claims, TokenFault> Credentials::verify(std::string_view token,
                                                                  std::int64_t now) const {
    const std::size_t first = token.find('.');
    const std::size_t second = token.find('.', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
        return TokenFault::invalid;
    }

    // The form and the algorithm come first so that the library sees only what it is meant for.
    const auto header_text = decode_base64url(token.substr(0, first));
    const auto claims_text = decode_base64url(token.substr(first + 1, second - first - 1));
    const json::Value header = checked_object(header_text);
    const json::Value payload = checked_object(claims_text);
    if (header.is_absent() || payload.is_absent()) return TokenFault::invalid;
    for (json::Members members(header); members.next();) {
        if (members.key() == "alg" && !members.value().string().value_or("").starts_with("HS")) {
            return TokenFault::invalid;
        }
    }
    if (!is_signed(std::string(token))) return TokenFault::invalid;

    Claims claims;
    std::int64_t token_expires = 0;
    std::optional<Expiry> expires_at;
    bool audience_matches = options_.audience.empty();
    bool issuer_matches = options_.issuer.empty();
    bool invalid = false;
    const auto take_text = [&invalid](json::Value value) {
        const auto text = value.string();
        invalid = invalid || !text;
        return text.value_or("");
    };
    const auto take_time = [&invalid](json::Value value) {
        const auto time = seconds(value);
        invalid = invalid || !time;
        return time.value_or(0);
    };
    for (json::Members members(payload); members.next();) {
        const std::string& name = members.key();
        const json::Value value = members.value();
        if (name == "sub") {
            claims.user = take_text(value);
        } else if (name == "channel") {
            claims.channel = take_text(value);
        } else if (name == "client") {
            claims.client = take_text(value);
        } else if (name == "info") {
            claims.info.clear();
            if (!value.is_absent()) json::append_raw(claims.info, value.text());
        } else if (name == "data") {
            claims.data.clear();
            if (!value.is_absent()) json::append_raw(claims.data, value.text());
        } else if (name == "exp") {
            token_expires = take_time(value);
        } else if (name == "expire_at") {
            if (!value.is_absent()) expires_at = take_time(value);
        } else if (name == "nbf") {
            invalid = invalid || take_time(value) > now;
        } else if (name == "aud") {
            audience_matches = audience_matches || names(value, options_.audience);
        } else if (name == "iss") {
            issuer_matches = issuer_matches || value.string() == options_.issuer;
        }
    }
    if (invalid || !audience_matches || !issuer_matches) return TokenFault::invalid;
    if (token_expires != 0 && token_expires <= now) return TokenFault::expired;
    claims.expires = expires_at.value_or(token_expires);
    claims.expires = std::min(claims.expires, now + century);  // a clock in nanoseconds holds three
    return claims;
}

std::variant<ConnectionClaims, TokenFault> Credentials::connection(std::string_view token,
                                                                   std::int64_t now) const {
    auto verified = verify(token, now);
    if (const auto* fault = std::get_if<TokenFault>(&verified)) return *fault;
    auto& claims = std::get<Claims>(verified);
    if (claims.channel) return TokenFault::invalid;  // a subscription token does not connect
    return ConnectionClaims{std::move(claims.user), claims.expires, std::move(claims.info)};
}

std::variant<SubscriptionClaims, TokenFault> Credentials::subscription(std::string_view token,
                                                                       std::int64_t now) const {
    auto verified = verify(token, now);
    if (const auto* fault = std::get_if<TokenFault>(&verified)) return *fault;
    auto& claims = std::get<Claims>(verified);
    if (!claims.channel) return TokenFault::invalid;
    return SubscriptionClaims{std::move(claims.user),   std::move(*claims.channel),
                              std::move(claims.client), claims.expires,
                              std::move(claims.info),   std::move(claims.data)};
}

}  // namespace ringcast::gateway
