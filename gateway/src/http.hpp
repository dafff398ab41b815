#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::gateway {

class Hub;

/// One HTTP request on the client port that is not a WebSocket handshake, read whole and within
/// limits.
struct HttpRequest {
    std::string method;                                       ///< "GET", "POST", as sent
    std::string path;                                         ///< without the query, not decoded
    std::string query;                                        ///< after `?`, not decoded
    std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
    std::string body;

    /// The first field of that name (lower case), empty when there is none.
    [[nodiscard]] std::string_view field(std::string_view name) const noexcept {
        for (const auto& [key, value] : fields) {
            if (key == name) return value;
        }
        return {};
    }
};

struct HttpResponse {
    unsigned status = 200;
    std::string body;
    std::string content_type = "application/json";
};

/// Answers one request: called once, now or later, on the thread of the hub that came with the
/// request. Harmless when the connection is gone by then.
using Respond = std::function<void(HttpResponse)>;

/// What serves those requests. Called on the hub's thread, and on several threads at once; a
/// connection sends its next request after the response. `request` lives until the call returns.
using HttpHandler = std::function<void(Hub&, const HttpRequest& request, Respond)>;

}  // namespace ringcast::gateway
