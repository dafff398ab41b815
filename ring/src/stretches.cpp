#include "stretches.hpp"

#include <cstdint>
#include <cstring>

namespace ringcast::ring {
namespace {

/// Where the stretch that begins at `first` ends. Most are long: four owners at once.
std::size_t end_of_stretch(std::span<const MemberIndex> owners, std::size_t first) noexcept {
    using Four = std::uint64_t;
    constexpr std::size_t at_once = sizeof(Four) / sizeof(MemberIndex);
    const Four same = owners[first] * Four{0x0001'0001'0001'0001};
    std::size_t end = first + 1;
    for (; end + at_once <= owners.size(); end += at_once) {
        Four found;
        std::memcpy(&found, &owners[end], sizeof found);
        if (found != same) break;
    }
    while (end < owners.size() && owners[end] == owners[first]) ++end;
    return end;
}

}  // namespace

std::vector<Stretch> stretches_of(std::span<const MemberIndex> owners) {
    std::vector<Stretch> stretches;
    for (std::size_t first = 0; first < owners.size();) {
        const std::size_t end = end_of_stretch(owners, first);
        stretches.push_back({owners[first], static_cast<std::uint32_t>(end - first)});
        first = end;
    }
    return stretches;
}

}  // namespace ringcast::ring
