#pragma once

#include "checker.hpp"
#include "history.hpp"
#include "rare.hpp"
#include "setup.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ringcast::simulation {

/// What came of one run.
struct Outcome {
    Setup setup;
    std::vector<Violation> violations;
    std::string stuck;  ///< what did not come to rest in time; empty: everything did
    RareCounters rare;
    History history;

    [[nodiscard]] bool good() const { return violations.empty() && stuck.empty(); }
};

/// Runs one seed from the beginning to the end. The same seed takes the same course on every
/// machine.
[[nodiscard]] Outcome simulate(const Setup& setup);

/// For whoever has to find the cause: what is wrong, the last events of the channel concerned, and
/// how to see it again.
[[nodiscard]] std::string report(const Outcome& outcome);

}  // namespace ringcast::simulation
