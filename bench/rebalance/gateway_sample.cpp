#include "gateway_sample.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <limits>

namespace ringcast::bench {
namespace {

std::optional<double> number(std::string_view text) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

/// What follows `start`, if it begins so.
std::optional<std::string_view> after(std::string_view text, std::string_view start) {
    if (!text.starts_with(start)) return std::nullopt;
    return text.substr(start.size());
}

/// `0.005"} 17`: a bound, and how many did not exceed it.
void take_bucket(std::string_view text, HoldBuckets& to) {
    constexpr std::string_view middle = "\"} ";
    const auto end = text.find(middle);
    if (end == std::string_view::npos) return;
    const auto bound = number(text.substr(0, end));
    const auto within = number(text.substr(end + middle.size()));
    if (bound && within) to.add(*bound, static_cast<std::uint64_t>(*within));
}

}  // namespace

void HoldBuckets::merge(const HoldBuckets& other) {
    assert(has_bounds_of(other));
    for (const auto& [bound, within] : other.within_) within_[bound] += within;
}

bool HoldBuckets::has_bounds_of(const HoldBuckets& other) const {
    return std::ranges::equal(
        within_, other.within_, {}, [](const auto& bucket) { return bucket.first; },
        [](const auto& bucket) { return bucket.first; });
}

Percentiles HoldBuckets::since(const HoldBuckets& earlier) const {
    assert(has_bounds_of(earlier));
    const std::uint64_t all = count() - earlier.count();
    const auto bound_of = [&](std::uint64_t thousandths) {
        const std::uint64_t rank = (all * thousandths + 999) / 1'000;
        for (const auto& [bound, within] : within_) {
            if (within - earlier.within_.at(bound) >= rank) return bound * 1e3;
        }
        return std::numeric_limits<double>::infinity();
    };
    if (all == 0) return {};
    return {all, bound_of(500), bound_of(990), bound_of(999), bound_of(1'000)};
}

GatewaySample parse_metrics(std::string_view page) {
    GatewaySample sample;
    while (!page.empty()) {
        const std::string_view line = page.substr(0, page.find('\n'));
        page.remove_prefix(std::min(page.size(), line.size() + 1));
        if (const auto cpu = after(line, "process_cpu_seconds_total ")) {
            sample.cpu_s = number(*cpu);
        } else if (const auto bucket = after(line, "ringcast_publish_hold_seconds_bucket{le=\"")) {
            if (!sample.holds) sample.holds.emplace();
            take_bucket(*bucket, *sample.holds);
        }
    }
    return sample;
}

}  // namespace ringcast::bench
