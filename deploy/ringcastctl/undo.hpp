#pragma once

#include "cluster_state.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ringcast::ctl {

/// What takes a change back: a request, or why there is none.
struct Undo {
    std::optional<router::Request> request;  ///< without who asks and when
    std::string reason;                      ///< a sentence without its full stop
    bool done = false;                       ///< no request because it is taken back already
};

/// The undo of a removal brings back the pins that ended with it.
/// Of the entry of that name, or of the last change that an operator asked for and got. When that
/// was itself an undo there is nothing more to do: sent twice, an undo undoes once. History is
/// oldest first.
[[nodiscard]] Undo undo_of(const std::vector<PastChange>& history, const std::string& name);

}  // namespace ringcast::ctl
