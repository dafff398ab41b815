#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringcast::simulation {

using namespace std::chrono_literals;

/// What may go wrong in a run.
enum class Mode : std::uint8_t {
    calm,  ///< nothing but delays, while the ring is changed as operators ask: nobody may notice
    liveness,  ///< anything, then everything heals: the cluster must recover, and nothing be lost
               ///< in silence
    safety,    ///< anything, to the very end
};

/// One run, as the seed has it.
struct Setup {
    std::uint64_t seed = 0;
    Mode mode = Mode::calm;
    std::size_t members = 3;  ///< nodes that are there from the beginning
    std::size_t standby = 1;  ///< nodes that come later
    std::size_t gateways = 2;
    std::size_t channels = 10;
    std::chrono::milliseconds length{4'000};  ///< of the time in which things happen
    bool crowded = false;  ///< gateways have little room for what waits, and none now and then
};

[[nodiscard]] Setup setup_of(std::uint64_t seed);

/// Everything happens about five times as fast as in production, so that a run is short.
inline constexpr auto session_timeout = 800ms;
inline constexpr auto lease_time = 1'000ms;
inline constexpr auto lease_renewal = 200ms;
inline constexpr std::size_t listeners_each = 2;
/// What a crowded gateway keeps of next owners: some messages.
inline constexpr std::size_t crowded_early_bytes = 40;
[[nodiscard]] constexpr std::uint32_t gateway_of(std::uint32_t listener) {
    return listener / static_cast<std::uint32_t>(listeners_each);
}
/// Most of the time, and always while the view changes, clients talk on these.
inline constexpr std::size_t busy_channels = 3;

}  // namespace ringcast::simulation
