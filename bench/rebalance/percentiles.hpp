#pragma once

#include <cstddef>
#include <vector>

namespace ringcast::bench {

/// Of some measured values, each the smallest that so many of them do not exceed (nearest rank).
struct Percentiles {
    std::size_t count = 0;
    double p50 = 0;
    double p99 = 0;
    double p999 = 0;
    double max = 0;
};

[[nodiscard]] Percentiles percentiles_of(std::vector<double> values);

}  // namespace ringcast::bench
