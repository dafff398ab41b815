#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ringcast::bench {

/// What a client asked of a gateway.
enum class Asked { connect, subscribe, publish };

/// Why a bench cannot go on after a gateway refused that with an error, and what to do about it: a
/// part of a sentence whose subject is the gateway. Empty when it is to be tried again, as the
/// error passes by itself.
[[nodiscard]] std::string fault_of(Asked asked, std::uint32_t code, std::string_view message,
                                   std::string_view prefix);

/// What to do about a close of a connection, if there is something that helps: appended to a
/// sentence. `how` is what a ClientConnection tells.
[[nodiscard]] std::string advice_for_close(std::string_view how);

}  // namespace ringcast::bench
