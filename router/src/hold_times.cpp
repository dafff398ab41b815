#include "ringcast/router/hold_times.hpp"

#include <algorithm>

namespace ringcast::router {
namespace {

using Duration = HoldTimes::Duration;

/// The greatest value of each step, in integers, so that all machines agree: 10 µs, and each a
/// tenth more than the one before.
template <std::size_t count>
constexpr std::array<std::int64_t, count> bounds() {
    std::array<std::int64_t, count> bounds{};
    std::int64_t bound = 10'000;
    for (std::int64_t& one : bounds) {
        one = bound;
        bound += bound / 10;
    }
    return bounds;
}

template <std::size_t count>
std::size_t step_of(const std::array<std::uint64_t, count>&, Duration held) {
    static constexpr auto limits = bounds<count>();
    const auto found = std::ranges::lower_bound(limits, held.count());
    return std::min<std::size_t>(static_cast<std::size_t>(found - limits.begin()), count - 1);
}

}  // namespace

void HoldTimes::add(Duration held) noexcept {
    ++counts_[step_of(counts_, held)];
    ++count_;
    sum_ += held;
    max_ = std::max(max_, held);
}

HoldTimes& HoldTimes::operator+=(const HoldTimes& other) noexcept {
    for (std::size_t i = 0; i < steps; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    max_ = std::max(max_, other.max_);
    return *this;
}

HoldTimes HoldTimes::since(const HoldTimes& earlier) const noexcept {
    HoldTimes difference = *this;
    for (std::size_t i = 0; i < steps; ++i) difference.counts_[i] -= earlier.counts_[i];
    difference.count_ -= earlier.count_;
    difference.sum_ -= earlier.sum_;
    return difference;
}

Duration HoldTimes::within(unsigned thousandths) const noexcept {
    if (count_ == 0) return Duration::zero();
    static constexpr auto limits = bounds<steps>();
    const std::uint64_t rank = (count_ * thousandths + 999) / 1'000;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < steps; ++i) {
        seen += counts_[i];
        if (seen >= rank) return std::min(Duration(limits[i]), max_);
    }
    return max_;
}

std::uint64_t HoldTimes::count_within(Duration limit) const noexcept {
    static constexpr auto limits = bounds<steps>();
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < steps && limits[i] <= limit.count(); ++i) count += counts_[i];
    return count;
}

}  // namespace ringcast::router
