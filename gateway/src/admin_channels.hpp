#pragma once

#include "admin_request.hpp"
#include "ringcast/ring/hash.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ringcast::gateway {

/// The points of this gateway's channels on some arcs, for the dry run of a change: eight bytes
/// each, the highest first, in ascending order. Two gateways with the same channel name the same
/// point, so whoever merges their pages counts channels without ever seeing a name.
///
/// A page of a million channels is made in slices, between which the control thread does its work:
/// what is subscribed or left meanwhile may be on it or not.
class ChannelPoints {
public:
    /// Appends the points of the channels on an arc, in any order.
    using Source = std::function<void(ring::Arc, std::vector<std::uint64_t>&)>;

    /// Requires: `runs` in ascending order, as `parse_arcs` tells them.
    ChannelPoints(std::vector<ArcRun> runs, Source source)
        : runs_(std::move(runs)), source_(std::move(source)) {}

    /// Appends the next slice; false when it was the last.
    bool operator()(std::string& out);

private:
    std::vector<ArcRun> runs_;
    Source source_;
    std::size_t run_ = 0;     ///< the next arc is that many runs ...
    std::size_t offset_ = 0;  ///< ... and arcs from the beginning
    std::vector<std::uint64_t> points_;
};

}  // namespace ringcast::gateway
