#include "fate.hpp"

namespace ringcast::bench {

std::string text_of(const Fate& change, const Fate& undo) {
    using Stage = Fate::Stage;
    switch (change.stage) {
        case Stage::not_asked:
        case Stage::refused:
            return "the ring is as it was";
        case Stage::unsure:
            return "of the request to change the ring: " + change.so_far;
        case Stage::asked:
            return change.so_far + ", `ringcastctl watch` follows it";
        case Stage::done:
            break;
    }
    const std::string changed = "the ring is changed (" + change.request + ")";
    // By its name: without one, an undo is of whatever an operator had done last.
    const std::string advice = "`ringcastctl undo " + change.entry + "` takes it back";
    switch (undo.stage) {
        case Stage::not_asked:
            return changed + ": " + advice;
        case Stage::unsure:
            return changed + "; of the request to take that back: " + undo.so_far;
        case Stage::asked:
            return changed + ", and " + undo.request +
                   " is to take that back: `ringcastctl watch` follows it";
        case Stage::refused:
            return changed + ", and " + undo.request + " did not take that back: " + advice;
        case Stage::done:
            return "the ring is as it was: " + undo.request + " took back what " + change.request +
                   " had changed";
    }
    return changed;
}

}  // namespace ringcast::bench
