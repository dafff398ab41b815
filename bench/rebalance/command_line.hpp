#pragma once

#include "change.hpp"
#include "channels.hpp"
#include "prediction.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ringcast::bench {

enum class Output { table, json };

/// What `ringcast-bench rebalance` is asked for.
struct Rebalance {
    bool simulate = false;  ///< ring and plan alone: nothing is started
    std::size_t nodes = 4;  ///< members before the change
    std::uint64_t channels = 100'000;
    Spread spread{3, 2};
    Change change;
    Speeds speeds;
    std::uint64_t seed = 1;
    Output output = Output::table;
};

/// What to do, or what to print instead: help, or what is wrong.
struct Parsed {
    Rebalance rebalance;
    std::optional<int> exit;  ///< nothing: go on
    std::string text;
};

/// 0 done, 1 failed, 2 wrong use.
enum ExitCode : int { done = 0, failed = 1, wrong_use = 2 };

[[nodiscard]] Parsed parse(int argc, const char* const* argv);

}  // namespace ringcast::bench
