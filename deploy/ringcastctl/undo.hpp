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

/// Of the entry of that name, or of the last change that an operator asked for and got. When that
/// was itself an undo there is nothing more to do: sent twice, an undo undoes once. A change whose
/// undo was undone stands, and can be taken back by its name. The undo of a removal brings back the
/// pins that ended with it. History is oldest first.
[[nodiscard]] Undo undo_of(const std::vector<PastChange>& history, const std::string& name);

/// The entries that can be taken back by their names.
[[nodiscard]] std::vector<PastChange> undoable(const std::vector<PastChange>& history);

/// The same for an operator, who may mean what goes on at this moment: without a name there is none
/// while a request is under way or waits for its turn, since the last change in history is the one
/// before it. What waits for its window or for quiet is not in the way, nor is the same undo, asked
/// for before. The request is carried out as `way` says: when, in which steps, at what rate.
/// Requires: history was read; what the leader told is used if it is there.
[[nodiscard]] Undo undo_now(const ClusterState& state, const std::string& name,
                            const router::Request& way = {});

}  // namespace ringcast::ctl
