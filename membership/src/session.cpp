#include "ringcast/membership/session.hpp"

namespace ringcast::membership {

std::string_view name_of(SessionState state) noexcept {
    switch (state) {
        case SessionState::connecting:
            return "connecting";
        case SessionState::connected:
            return "connected";
        case SessionState::suspended:
            return "suspended";
        case SessionState::lost:
            return "lost";
    }
    return "unknown";
}

}  // namespace ringcast::membership
