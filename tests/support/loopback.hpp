#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ringcast::test {

/// Connects to a port of 127.0.0.1, sends `request` and collects what comes back until `enough`
/// says so, the peer closes or `limit` has passed. Empty if nobody answers.
[[nodiscard]] std::string ask(std::uint16_t port, std::string_view request,
                              const std::function<bool(std::string_view)>& enough,
                              std::chrono::milliseconds limit);

}  // namespace ringcast::test
