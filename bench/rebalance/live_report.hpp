#pragma once

#include "measurement.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {

/// What one node carries of all channels, in percent.
struct Share {
    double before = 0;  ///< the change
    double after = 0;
};

/// Of each node; nothing: one does not tell, so nobody knows how many there are in all.
[[nodiscard]] std::optional<std::vector<Share>> shares_of(const Measurement& one);

/// What was measured, side by side, and beside it what should be reached, for a person.
[[nodiscard]] std::string table_of(const std::vector<Measurement>& measurements, const Cost& plan);

/// The same for a program.
[[nodiscard]] boost::json::array json_of(const std::vector<Measurement>& measurements,
                                         const Cost& plan);

}  // namespace ringcast::bench
