#pragma once

#include <cstdint>
#include <optional>
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
    /// Of all connections, each channel once for each; nothing: it does not tell.
    std::optional<std::uint64_t> subscriptions = std::nullopt;

    /// It answered: whoever asks sends bytes.
    [[nodiscard]] bool is_known() const noexcept { return bytes_in != 0; }

    friend bool operator==(const NodeSample&, const NodeSample&) = default;
};

/// What a Redis is asked, and gives two answers to: bulks, or errors.
inline constexpr std::string_view node_question = "INFO ALL\r\nCLIENT LIST TYPE pubsub\r\n";
[[nodiscard]] bool is_whole_answer(std::string_view answer);
/// Of as much as there is: what is not there is zero.
[[nodiscard]] NodeSample parse_answer(std::string_view answer);

/// From the text that INFO ALL answers; what is not there is zero.
[[nodiscard]] NodeSample parse_info(std::string_view info);

/// From the text that CLIENT LIST answers.
[[nodiscard]] std::uint64_t subscriptions_of(std::string_view clients);

/// What came to be from one sample to a later one; channels and subscriptions are those of the
/// later.
[[nodiscard]] NodeSample operator-(const NodeSample& later, const NodeSample& earlier);

}  // namespace ringcast::bench
