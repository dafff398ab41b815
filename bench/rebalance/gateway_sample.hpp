#pragma once

#include "percentiles.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::bench {

/// How many publishes were kept back for how long, as far as a histogram of Prometheus tells that:
/// how many were not kept back longer than each of some bounds.
class HoldBuckets {
public:
    /// So many did not exceed that, of `infinity` all.
    void add(double bound_s, std::uint64_t within) { within_[bound_s] = within; }

    [[nodiscard]] std::uint64_t count() const {
        return within_.empty() ? 0 : within_.rbegin()->second;
    }
    /// Those of another gateway, too. Requires: the same bounds.
    void merge(const HoldBuckets& other);
    [[nodiscard]] bool has_bounds_of(const HoldBuckets& other) const;

    /// What came to be since an earlier state of the same, in milliseconds. Each figure is the
    /// bound of a bucket: what so many did not exceed, and may have been well below.
    [[nodiscard]] Percentiles since(const HoldBuckets& earlier) const;

private:
    std::map<double, std::uint64_t> within_;  ///< by bound, rising like them
};

/// Where a gateway tells of itself.
struct GatewayAdmin {
    std::string gateway;  ///< its id
    std::string url;      ///< as it announces it
};

/// What a gateway tells of itself as `/metrics`. Nothing: it does not tell that.
struct GatewaySample {
    std::optional<double> cpu_s;
    std::optional<HoldBuckets> holds;
};

[[nodiscard]] GatewaySample parse_metrics(std::string_view page);

}  // namespace ringcast::bench
