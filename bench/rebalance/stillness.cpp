#include "stillness.hpp"

#include <algorithm>

namespace ringcast::bench {

std::optional<std::int64_t> Stillness::look(const Moment& now) {
    const bool first = subscriptions_.empty();
    subscriptions_.resize(now.nodes.size());
    bool newly_told = false;
    std::uint64_t sum = 0;
    for (std::size_t node = 0; node < now.nodes.size(); ++node) {
        auto& told = subscriptions_[node];
        const NodeSample& sample = now.nodes[node];
        if (sample.is_known() && sample.subscriptions) {
            newly_told = newly_told || !told;
            told = sample.subscriptions;
        }
        sum += told.value_or(0);
    }
    if (first) first_look_ = now.at_ns;
    if (first || newly_told || sum < fewest_) {
        fewest_ = sum;
        fewest_since_ = now.at_ns;
    }
    if (std::ranges::none_of(subscriptions_, [](const auto& told) { return told.has_value(); })) {
        return first_look_;
    }
    const std::chrono::nanoseconds still(now.at_ns - fewest_since_);
    const std::chrono::nanoseconds all(now.at_ns - first_look_);
    if (still < believed_after && all < given_up_after) return std::nullopt;
    return fewest_since_;
}

}  // namespace ringcast::bench
