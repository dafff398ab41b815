#pragma once

#include "configuration.hpp"
#include "http.hpp"
#include "ringcast/gateway/protocol.hpp"
#include "ringcast/router/entries.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace ringcast::gateway {

/// What the HTTP API asks of the rest of the gateway. Every function is called on several threads
/// at once.
struct ApiSurroundings {
    /// Why nothing can be published on a channel of that name; nothing when it can.
    std::function<std::optional<ErrorCode>(std::string_view channel)> refuse_channel;
    /// The gateways that are announced in the cluster.
    std::function<std::vector<router::GatewayEntry>()> gateways;
    /// False while draining: load balancers that ask `/health` turn away.
    std::function<bool()> serving;
    std::function<std::chrono::steady_clock::time_point()> now;  ///< empty: the system's
    std::function<std::int64_t()> unix_seconds;                  ///< empty: the system's
};

/// Serves `POST /api/publish`, `broadcast`, `info` and `batch` of the server API, and `GET
/// /health`; everything else on the client port gets 404 (docs/protocol.md, section 14).
[[nodiscard]] HttpHandler make_http_api(ApiOptions options, ApiSurroundings surroundings);

}  // namespace ringcast::gateway
