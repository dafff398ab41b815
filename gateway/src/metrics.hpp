#pragma once

#include "snapshot.hpp"

#include <string>

namespace ringcast::gateway {

/// The page `/metrics`, in Prometheus's text format: every number of the snapshot under a name that
/// starts with `ringcast_`. `ready`: as `/ready` answers.
[[nodiscard]] std::string metrics_page(const Snapshot& snapshot, bool ready);

}  // namespace ringcast::gateway
