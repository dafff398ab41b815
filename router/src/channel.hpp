#pragma once

#include "link_id.hpp"
#include "ringcast/ring/ring.hpp"
#include "routing_actions.hpp"

#include <cstdint>
#include <vector>

namespace ringcast::router {

/// Who asked for a channel and has no answer yet.
struct Waiting {
    ListenerId listener;
    Router::Handler confirmed;
    Clock::time_point deadline;
};

/// One channel of this gateway, and where it stands.
///
///             subscribed            next confirmed             left or lost
///     asked --------------> live ----------------------> leaving --------------> live (at next)
///                           |  ^                                                  + gap
///                      lost |  | subscribed + gap
///                           v  |
///                           lost ---- next confirmed ---> live (at next) + gap
///
/// A view that gives it another owner makes that owner `next`; deliveries come from `home` alone.
/// Without the handoff's fence nobody can know what was missed between the two, so each change of
/// home tells a gap.
struct Channel {
    enum class State : std::uint8_t {
        asked,    ///< never confirmed: nobody listens yet
        live,     ///< confirmed at home, messages flow
        lost,     ///< was live; its link broke and asks again
        leaving,  ///< live; confirmed at `next` too, waiting for home's last word
    };

    SharedText name;
    ring::Arc arc = 0;
    State state = State::asked;
    bool next_live = false;  ///< confirmed at `next`
    LinkId home = no_link;
    LinkId next = no_link;
    Listeners listeners = 0;       ///< those that are confirmed
    std::vector<Waiting> waiting;  ///< in the order of asking
    Clock::time_point idle_since =
        Clock::time_point::max();  ///< the last listener left; max: in use

    Channel* previous_in_arc = nullptr;
    Channel* next_in_arc = nullptr;

    [[nodiscard]] bool wanted() const noexcept { return listeners != 0 || !waiting.empty(); }
    [[nodiscard]] bool delivering() const noexcept {
        return state == State::live || state == State::leaving;
    }
};

}  // namespace ringcast::router
