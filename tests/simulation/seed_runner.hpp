#pragma once

#include "rare.hpp"
#include "simulation.hpp"

#include <cstdint>
#include <functional>

namespace ringcast::simulation {

/// Which seeds to run, and how.
struct SeedRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    unsigned jobs = 1;        ///< threads; seeds know nothing of each other
    bool keep_going = false;  ///< after one that failed
};

/// What came of them all.
struct Tally {
    std::uint64_t run = 0;
    std::uint64_t failed = 0;
    RareCounters rare;
};

/// Runs the seeds and returns when all are done, or one has failed and those under way are done.
/// `done` is told of each, one at a time, in the order in which they end; `progress` every ten
/// seconds of how it stands. Should the process be aborted, standard error names the seed.
[[nodiscard]] Tally run_seeds(const SeedRange& range,
                              const std::function<void(const Outcome&)>& done,
                              const std::function<void(const Tally&)>& progress);

}  // namespace ringcast::simulation
