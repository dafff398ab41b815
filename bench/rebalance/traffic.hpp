#pragma once

#include "channels.hpp"
#include "histories.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace ringcast::bench {

/// What the gateways of a bench do.
struct Load {
    std::uint64_t channels = 0;
    Spread spread;
    double messages_per_second = 0;  ///< of one gateway
    std::size_t payload_bytes = 128;
    /// Every other message goes to one of so many channels, so that channels have histories; the
    /// others go to any channel.
    std::uint64_t busy_channels = 1'000;
};

/// What every message carries, whatever it is sent as.
struct Header {
    std::uint32_t channel = 0;
    std::uint32_t sequence = 0;
    std::uint16_t publisher = 0;
    std::int64_t sent_ns = 0;

    friend bool operator==(const Header&, const Header&) = default;
};

/// What was heard on a channel of that name, with a payload that says this. On another channel than
/// it was published on it is another message, one that nobody sent.
[[nodiscard]] Header heard_on(std::string_view channel, std::string_view prefix, Header said);

/// What is published at one gateway, and when, and the history of that and of all that is heard
/// there. Decides without a clock or a socket. One thread; the counts may be read from any.
class Traffic {
public:
    Traffic(std::size_t publisher, const Load& load);

    void begin(std::int64_t now_ns);

    /// A message to be sent: its place among those that were.
    struct Due {
        std::size_t place = 0;
        Header header;
    };
    /// The next one that is due by now, at a steady rate whatever the answers do: a slow node is
    /// not spared. Nor is a gateway that comes late: a message counts from when it was due, as a
    /// client's would wait in the socket. Nothing: that is all for now.
    [[nodiscard]] std::optional<Due> next(std::int64_t now_ns);

    /// The first answer counts, and none after `take`: by then that message was never answered.
    void answered(std::size_t place, bool accepted, std::int64_t now_ns);
    void heard(const Header& header, std::int64_t now_ns);
    void heard_gap(std::uint32_t channel, std::int64_t now_ns);

    void take(std::vector<Sent>& sent, std::vector<Heard>& heard);

    [[nodiscard]] std::uint64_t published_count() const noexcept { return published_; }
    [[nodiscard]] std::uint64_t answered_count() const noexcept { return answered_; }
    [[nodiscard]] std::uint64_t heard_count() const noexcept { return heard_count_; }

private:
    const std::size_t publisher_;
    const Load load_;
    std::int64_t since_ns_ = 0;
    std::uint64_t due_sent_ = 0;
    std::mt19937_64 random_;
    std::vector<std::uint32_t> sequences_;  ///< the next number on each channel
    std::vector<Sent> sent_;
    std::vector<Heard> heard_;
    std::atomic<std::uint64_t> published_ = 0;
    std::atomic<std::uint64_t> answered_ = 0;
    std::atomic<std::uint64_t> heard_count_ = 0;
};

}  // namespace ringcast::bench
