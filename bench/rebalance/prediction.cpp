#include "prediction.hpp"

#include <algorithm>
#include <vector>

namespace ringcast::bench {

Prediction predict(const Cost& cost, const Speeds& speeds) {
    std::uint64_t most_at_gateway = 0;
    for (const std::uint64_t one : cost.by_gateway)
        most_at_gateway = std::max(most_at_gateway, one);
    std::vector<std::uint64_t> gained(cost.after.size());
    std::vector<std::uint64_t> lost(cost.after.size());
    for (const Flow& flow : cost.flows) {
        gained[flow.to] += flow.subscriptions;
        lost[flow.from] += flow.subscriptions;
    }
    const auto most = [](const std::vector<std::uint64_t>& counts) {
        return counts.empty()
                   ? 0.0
                   : static_cast<double>(*std::max_element(counts.begin(), counts.end()));
    };

    const auto at_gateway = static_cast<double>(most_at_gateway);
    const double by_rate = speeds.rate == 0 ? 0 : at_gateway / speeds.rate;
    const double by_gateway = at_gateway * speeds.gateway_us / 1e6;
    const double by_taker = most(gained) * speeds.node_us / 1e6;
    const double by_giver = most(lost) * speeds.node_us / 1e6;
    const double step = speeds.step_ms / 1e3;

    Prediction prediction;
    prediction.prepare_s = step + std::max({by_rate, by_gateway, by_taker});
    prediction.fence_s = 2 * step;  // the stage is written, and the view in force
    prediction.leave_s = step + std::max({by_rate, by_gateway, by_giver});
    const double slowest = std::max({by_rate, by_gateway, by_taker});
    prediction.bound = slowest == by_rate ? "rate" : slowest == by_gateway ? "gateway" : "node";
    return prediction;
}

}  // namespace ringcast::bench
