#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ringcast::bench {

/// What a Redis tells of itself.
struct NodeSample {
    std::uint64_t channels = 0;    ///< with subscribers, the control channel included
    std::uint64_t subscribes = 0;  ///< commands, since it started
    std::uint64_t unsubscribes = 0;
    std::uint64_t scripts = 0;  ///< EVALSHA: batches of publishes, and probes
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    double cpu_s = 0;  ///< user and system

    /// It answered: whoever asks sends bytes.
    [[nodiscard]] bool is_known() const noexcept { return bytes_in != 0; }

    friend bool operator==(const NodeSample&, const NodeSample&) = default;
};

/// From the text that INFO ALL answers; what is not there is zero.
[[nodiscard]] NodeSample parse_info(std::string_view info);

/// What came to be from one sample to a later one; channels are those of the later.
[[nodiscard]] NodeSample operator-(const NodeSample& later, const NodeSample& earlier);

}  // namespace ringcast::bench
