#pragma once

#include "ringcast/gateway/options.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace ringcast::gateway {

/// Why a token is not accepted.
enum class TokenFault {
    expired,  ///< everything else is in order: the client should fetch another
    invalid,  ///< signature, algorithm, form, or a claim that must not be so
};

/// When something that a token permits ends, in Unix seconds; 0: never.
using Expiry = std::int64_t;

struct ConnectionClaims {
    std::string user;  ///< empty: anonymous
    Expiry expires = 0;
    std::string info;  ///< JSON or empty
};

struct SubscriptionClaims {
    std::string user;
    std::string channel;
    std::string client;  ///< empty: any
    Expiry expires = 0;
    std::string info;  ///< JSON or empty
    std::string data;  ///< JSON or empty: shown to the client when it is subscribed
};

/// Checks clients' tokens (JWT, docs/protocol.md section 11). Immutable: any thread may ask.
class Credentials {
public:
    explicit Credentials(TokenOptions options);

    /// `now` in Unix seconds.
    [[nodiscard]] std::variant<ConnectionClaims, TokenFault> connection(std::string_view token,
                                                                        std::int64_t now) const;

    /// Whether its user, channel and client are those of the request is for the caller to see.
    [[nodiscard]] std::variant<SubscriptionClaims, TokenFault> subscription(std::string_view token,
                                                                            std::int64_t now) const;

private:
    struct Claims;
    [[nodiscard]] std::variant<Claims, TokenFault> verify(std::string_view token,
                                                          std::int64_t now) const;
    [[nodiscard]] bool is_signed(const std::string& token) const;

    TokenOptions options_;
};

}  // namespace ringcast::gateway
