#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringcast::router {

/// How long publishes were kept back, counted in steps that grow by a tenth: from 10 µs to about a
/// minute, in a fixed amount of memory. A value.
class HoldTimes {
public:
    using Duration = std::chrono::nanoseconds;

    void add(Duration held) noexcept;
    HoldTimes& operator+=(const HoldTimes& other) noexcept;
    /// What came to be since an earlier state of the same; `max` remains that of all.
    [[nodiscard]] HoldTimes since(const HoldTimes& earlier) const noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] Duration sum() const noexcept { return sum_; }
    [[nodiscard]] Duration max() const noexcept { return max_; }
    /// What so many thousandths of them did not exceed, up to a tenth too much; 0 of none.
    [[nodiscard]] Duration within(unsigned thousandths) const noexcept;
    /// How many did not exceed that, by whole steps.
    [[nodiscard]] std::uint64_t count_within(Duration limit) const noexcept;

private:
    static constexpr std::size_t steps = 168;
    std::array<std::uint64_t, steps> counts_{};
    std::uint64_t count_ = 0;
    Duration sum_{};
    Duration max_{};
};

}  // namespace ringcast::router
