#pragma once

#include "channels.hpp"

#include <cstdint>
#include <vector>

namespace ringcast::bench {

/// The clock of all histories.
[[nodiscard]] std::int64_t now_ns();

/// One message that a gateway published. Each gateway numbers its messages on each channel, from 0.
struct Sent {
    enum class Outcome : std::uint8_t { pending, accepted, failed };
    std::uint32_t channel = 0;
    std::uint32_t sequence = 0;
    std::int64_t at_ns = 0;        ///< due; handed to the router as soon as it had time
    std::int64_t answered_ns = 0;  ///< the router said what came of it
    Outcome outcome = Outcome::pending;
};

/// What a gateway heard on a channel: a message, or that some may have been lost here.
struct Heard {
    static constexpr std::uint16_t nobody = 0xffff;
    std::uint32_t channel = 0;
    std::uint32_t sequence = 0;
    std::uint16_t publisher = nobody;  ///< the gateway that sent it; `nobody`: a gap was told
    std::int64_t sent_ns = 0;
    std::int64_t at_ns = 0;

    [[nodiscard]] bool is_gap() const noexcept { return publisher == nobody; }
};

/// All that was sent and heard, by gateway, each in the order in which it happened there. Every
/// gateway was subscribed to its channels before the first message and until after the last.
struct Histories {
    std::vector<std::vector<Sent>> sent;
    std::vector<std::vector<Heard>> heard;
};

/// What became of the messages. One message counts once for each gateway that is subscribed to it.
struct Verdict {
    std::uint64_t accepted = 0;    ///< publishes that were answered with success
    std::uint64_t failed = 0;      ///< ... with an error: they may have been delivered or not
    std::uint64_t unanswered = 0;  ///< ... never
    std::uint64_t expected = 0;    ///< deliveries of accepted messages
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;         ///< accepted and not delivered
    std::uint64_t lost_untold = 0;  ///< ... without a gap told in their place
    std::uint64_t duplicated = 0;
    /// Delivered after a later message of the same publisher, after one that was sent when this one
    /// had been accepted already, or in another order than to the first gateway subscribed to the
    /// channel.
    std::uint64_t reordered = 0;
    std::uint64_t invented = 0;  ///< delivered and never published, or where nobody asked for it
    std::uint64_t gaps = 0;      ///< told
    std::vector<std::int64_t> lost_at_ns;  ///< when they were published

    [[nodiscard]] bool spotless() const noexcept {
        return lost + duplicated + reordered + invented + gaps + failed + unanswered == 0;
    }
};

[[nodiscard]] Verdict judge(const Histories& histories, const Spread& spread);

}  // namespace ringcast::bench
