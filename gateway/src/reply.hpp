#pragma once

#include "command.hpp"
#include "ringcast/gateway/protocol.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ringcast::gateway {

// What the gateway answers and tells on its own, as the text of one line.

struct ConnectResult {
    std::string_view client;
    std::string_view version;
    bool expires = false;
    std::int64_t ttl_seconds = 0;  ///< sent when `expires`
    std::int64_t ping_seconds = 0;
};

struct SubscribeResult {
    bool was_recovering = false;
    bool expires = false;
    std::int64_t ttl_seconds = 0;  ///< sent when `expires`
    std::string_view data;         ///< JSON or empty
};

/// Why the gateway ends a client's subscription; from 2500 on the client subscribes again at once.
enum class UnsubscribeCode : std::uint32_t {
    insufficient_state = 2500,
    subscription_expired = 2501,
};

[[nodiscard]] std::string connect_reply(std::uint32_t id, const ConnectResult& result);
[[nodiscard]] std::string subscribe_reply(std::uint32_t id, const SubscribeResult& result);
/// The result of `refresh` and `sub_refresh`.
[[nodiscard]] std::string refresh_reply(std::uint32_t id, Method method, bool expires,
                                        std::int64_t ttl_seconds);
[[nodiscard]] std::string empty_reply(std::uint32_t id, Method method);
[[nodiscard]] std::string error_reply(std::uint32_t id, ErrorCode code);
[[nodiscard]] std::string unsubscribe_push(std::string_view channel, UnsubscribeCode code);

}  // namespace ringcast::gateway
