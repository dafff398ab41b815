#pragma once

#include "measurement.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <vector>

namespace ringcast::bench {

/// What was measured, side by side, and beside it what should be reached, for a person.
[[nodiscard]] std::string table_of(const std::vector<Measurement>& measurements, const Cost& plan);

/// The same for a program.
[[nodiscard]] boost::json::array json_of(const std::vector<Measurement>& measurements,
                                         const Cost& plan);

}  // namespace ringcast::bench
