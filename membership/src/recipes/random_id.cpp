#include "ringcast/membership/random_id.hpp"

#include <cstdint>
#include <random>

namespace ringcast::membership {

std::string random_id() {
    std::random_device chance;
    std::string id;
    for (int word = 0; word < 2; ++word) {
        const auto bits = static_cast<std::uint32_t>(chance());
        for (int shift = 28; shift >= 0; shift -= 4)
            id += "0123456789abcdef"[(bits >> shift) & 0xFU];
    }
    return id;
}

}  // namespace ringcast::membership
