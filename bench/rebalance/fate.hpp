#pragma once

#include <string>

namespace ringcast::bench {

/// What is known of a request to change the ring.
struct Fate {
    enum class Stage {
        not_asked,
        unsure,   ///< it was sent, and nobody answered: it may be in the queue or not
        asked,    ///< it is in the queue, or under way
        refused,  ///< nothing came of it
        done,     ///< history has it
    };
    Stage stage = Stage::not_asked;
    std::string request = {};  ///< its znode, from `asked` on
    std::string entry = {};    ///< of history, when that tells what came of it
    std::string so_far = {};   ///< of who asked, as long as it is not told what came of it
};

/// How the ring is left, and what may be done about it: a part of a sentence. `undo` is what was to
/// take `change` back.
[[nodiscard]] std::string text_of(const Fate& change, const Fate& undo);

}  // namespace ringcast::bench
