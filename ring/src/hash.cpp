#include "ringcast/ring/hash.hpp"

#include "xxh3.hpp"

namespace ringcast::ring {

std::uint64_t point(std::string_view key, std::uint64_t seed) noexcept {
    return xxh3(key, seed);
}

}  // namespace ringcast::ring
