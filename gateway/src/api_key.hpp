#pragma once

#include "http.hpp"

#include <string>
#include <vector>

namespace ringcast::gateway {

/// Whether the request shows one of the keys: `X-API-Key: <key>`, `Authorization: apikey <key>`, or
/// `api_key=<key>` in the query. How long that takes says nothing about how much of a key is right.
[[nodiscard]] bool holds_key(const HttpRequest& request, const std::vector<std::string>& keys);

}  // namespace ringcast::gateway
