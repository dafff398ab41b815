#include "channels.hpp"

#include <cassert>
#include <charconv>
#include <cstring>

namespace ringcast::bench {
namespace {

/// The finaliser of splitmix64: neighbouring numbers become unrelated.
std::uint64_t mixed(std::uint64_t number) noexcept {
    number += 0x9e37'79b9'7f4a'7c15U;
    number = (number ^ number >> 30U) * 0xbf58'476d'1ce4'e5b9U;
    number = (number ^ number >> 27U) * 0x94d0'49bb'1331'11ebU;
    return number ^ number >> 31U;
}

}  // namespace

ChannelName::ChannelName(std::uint64_t number) noexcept {
    // The number itself is in every name, so no two are equal.
    switch (number % 4) {
        case 0:
            add("chat:room-");
            add(number);
            break;
        case 1:
            add("dialog:#");
            add(number);
            add(",");
            add(mixed(number) % 10'000'000);
            break;
        case 2:
            add("thread:release:");
            add(number);
            break;
        default:
            add("personal:#");
            add(number);
    }
}

ChannelName::ChannelName(std::string_view prefix, std::uint64_t number) noexcept {
    if (prefix.empty()) {
        *this = ChannelName(number);
        return;
    }
    assert(prefix.size() <= prefix_bytes_max);
    add(prefix);
    add(number);
}

std::optional<std::uint64_t> ChannelName::number_of(std::string_view name) noexcept {
    const auto digits = name.find_first_of("0123456789");
    if (digits == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    std::from_chars(name.data() + digits, name.data() + name.size(), number);
    if (ChannelName(number).text() != name) return std::nullopt;
    return number;
}

void ChannelName::add(std::string_view text) noexcept {
    std::memcpy(buffer_ + length_, text.data(), text.size());
    length_ += text.size();
}

void ChannelName::add(std::uint64_t number) noexcept {
    const auto end = std::to_chars(buffer_ + length_, buffer_ + sizeof buffer_, number).ptr;
    length_ = static_cast<std::size_t>(end - buffer_);
}

std::size_t Spread::gateway(std::uint64_t channel, std::size_t which) const noexcept {
    return (mixed(channel) % gateways + which) % gateways;
}

}  // namespace ringcast::bench
