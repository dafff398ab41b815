#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringcast::bench {

/// The name of the channel with a number, as chats have them: rooms, dialogs, threads, private
/// channels; 13 to about 40 bytes. Written into a buffer of its own, so that a hundred million of
/// them need no memory.
class ChannelName {
public:
    explicit ChannelName(std::uint64_t number) noexcept;

    /// With a prefix the name is that and the number, so that a bench can be told from everybody
    /// else in a cluster; without one as above. Requires: `prefix_bytes_max` at most.
    ChannelName(std::string_view prefix, std::uint64_t number) noexcept;
    static constexpr std::size_t prefix_bytes_max = 40;

    [[nodiscard]] std::string_view text() const noexcept { return {buffer_, length_}; }

    /// The number that a name was made from; nothing for another name.
    [[nodiscard]] static std::optional<std::uint64_t> number_of(std::string_view name) noexcept;

private:
    void add(std::string_view text) noexcept;
    void add(std::uint64_t number) noexcept;

    char buffer_[64];
    std::size_t length_ = 0;
};

/// Which gateways have subscribers on a channel: so many in a row, from one that the number
/// chooses. Every gateway gets about the same number of channels, whatever the ring does with them.
struct Spread {
    std::size_t gateways = 1;
    std::size_t subscribers = 1;  ///< gateways with a subscription on each channel; <= gateways

    /// Requires: which < subscribers.
    [[nodiscard]] std::size_t gateway(std::uint64_t channel, std::size_t which) const noexcept;
};

}  // namespace ringcast::bench
