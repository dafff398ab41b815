#pragma once

#include "histories.hpp"
#include "measurement.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ringcast::bench {

[[nodiscard]] double seconds_between(std::int64_t from, std::int64_t to);

/// What the histories and what was seen at each moment say: the verdict, times before, during and
/// after, CPU, the timeline. `moving`: by channel, whether its owner changed. Requires: phases,
/// names of nodes and remarks are filled in; at least one moment.
void evaluate(Measurement& result, const std::vector<Moment>& moments, const Histories& histories,
              const Spread& spread, const std::vector<bool>& moving, const std::string& title);

}  // namespace ringcast::bench
