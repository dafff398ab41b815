#pragma once

#include "link_id.hpp"
#include "ringcast/ring/ring.hpp"
#include "routing_actions.hpp"

#include <cstdint>
#include <memory>
#include <string>
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
/// That is what a view does which nobody prepared, and nobody can know what was missed between the
/// two homes. In a handoff the channel is `moving` instead: it stays as it is while `next` is
/// subscribed too, and what `next` says is kept until `home` is fenced.
///
///                 home fenced, next confirmed, nothing missed
///     live, moving ------------------------------------------> live (at next), then what was kept
///     lost, moving ------------------------------------------> live (at next) + gap, then the same
///     any, moving  ------------------------------------------> asked or lost (at next)
///                 home fenced, next not confirmed
///
/// The former home is left after the commit, when its turn has come.
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
    bool next_live = false;   ///< confirmed at `next`
    bool moving = false;      ///< to `next`, by a handoff
    bool next_first = false;  ///< asked at `next` before home: nothing can have gone past it
    bool missed = false;      ///< something that `next` said was lost
    LinkId home = no_link;    ///< none: to be asked after `next` has confirmed
    LinkId next = no_link;
    LinkId former = no_link;       ///< subscribed there still, and not listened to
    Listeners listeners = 0;       ///< those that are confirmed
    std::vector<Waiting> waiting;  ///< in the order of asking
    std::unique_ptr<std::vector<std::string>> early;  ///< what `next` has said so far
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
