#include "move_time.hpp"

#include <algorithm>

namespace ringcast::ctl {
namespace {

/// What a rate allows is done in slices, of so many channels at most, at least so often
/// (router/src/subscribing_handoff.cpp). The first one waits its time, too.
constexpr std::uint64_t slice_max = 128;
constexpr std::uint32_t slices_per_second = 10;

double seconds_by_rate(std::uint64_t subscriptions, std::uint32_t rate) {
    if (rate == 0) return 0;
    const std::uint64_t slice = std::clamp<std::uint64_t>(rate / slices_per_second, 1, slice_max);
    const std::uint64_t paced = (subscriptions + slice - 1) / slice * slice;
    return static_cast<double>(paced) / rate;
}

}  // namespace

MoveTime move_time(const MoveWork& work, const MoveSpeeds& speeds) {
    const auto seconds = [](std::uint64_t count, double us) {
        return static_cast<double>(count) * us / 1e6;
    };
    const double by_rate = seconds_by_rate(work.of_gateway, speeds.rate);
    const double by_gateway = seconds(work.of_gateway, speeds.gateway_us);
    const double by_taker = seconds(work.of_taker, speeds.node_us);
    const double by_giver = seconds(work.of_giver, speeds.node_us);
    const double by_leaving = seconds(work.of_gateway, speeds.leave_us);

    MoveTime time;
    time.prepare_s = speeds.prepare_ms / 1e3 + std::max({by_rate, by_gateway, by_taker});
    time.fence_s = speeds.fence_ms / 1e3;
    const double leave_s = speeds.leave_ms / 1e3 + std::max({by_rate, by_leaving, by_giver});
    time.leave_s = std::min(leave_s, speeds.leave_seconds_max);
    time.late_s = leave_s - time.leave_s;
    const double slowest = std::max({by_rate, by_gateway, by_taker});
    time.bound = slowest == by_rate ? "rate" : slowest == by_gateway ? "gateway" : "node";
    return time;
}

}  // namespace ringcast::ctl
