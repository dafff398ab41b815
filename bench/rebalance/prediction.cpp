#include "prediction.hpp"

#include <algorithm>
#include <vector>

namespace ringcast::bench {

Prediction predict(const Cost& cost, const Speeds& speeds) {
    std::vector<std::uint64_t> gained(cost.after.size());
    std::vector<std::uint64_t> lost(cost.after.size());
    for (const Flow& flow : cost.flows) {
        gained[flow.to] += flow.subscriptions;
        lost[flow.from] += flow.subscriptions;
    }
    const auto most = [](const std::vector<std::uint64_t>& counts) {
        return counts.empty() ? 0 : *std::ranges::max_element(counts);
    };
    return ctl::move_time({most(cost.by_gateway), most(gained), most(lost)}, speeds);
}

}  // namespace ringcast::bench
