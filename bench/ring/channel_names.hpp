#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::bench {

/// Channel names as chats have them: rooms, threads, private channels of a user or a pair,
/// presence, team boards; 9 to about 60 bytes, decimal and hexadecimal ids and words mixed. The
/// same ones for the same seed. Kept one behind the other, as in a network buffer.
class ChannelNames {
public:
    ChannelNames(std::size_t count, std::uint64_t seed);

    [[nodiscard]] const std::vector<std::string_view>& all() const noexcept { return names_; }
    [[nodiscard]] double bytes_average() const noexcept;

private:
    std::string bytes_;
    std::vector<std::string_view> names_;
};

}  // namespace ringcast::bench
