#pragma once

#include <cstdint>
#include <string_view>

namespace ringcast::membership {

/// How this process stands with the coordination service.
enum class SessionState {
    connecting,  ///< no session yet: the service was never reached; it keeps trying
    connected,   ///< a session is in force
    suspended,   ///< no server answers; the session may live on. Serve with what is known
    lost,        ///< expired: its ephemeral entries are gone; a new session will come by itself
};

struct Session {
    SessionState state = SessionState::connecting;
    std::int64_t id = 0;  ///< changes with every new session; 0 before the first

    friend bool operator==(const Session&, const Session&) = default;
};

[[nodiscard]] std::string_view name_of(SessionState state) noexcept;

}  // namespace ringcast::membership
