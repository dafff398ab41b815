#include "placement.hpp"

#include <cassert>

namespace ringcast::ring {

void place(std::span<MemberIndex> owners, std::span<const std::uint32_t> renamed,
           std::span<const std::uint32_t> quotas) {
    std::vector<std::uint32_t> held(quotas.size(), 0);
    for (const MemberIndex former : owners) {
        if (renamed[former] != gone) ++held[renamed[former]];
    }
    std::vector<std::uint32_t> excess(quotas.size(), 0);
    std::vector<std::uint32_t> lack(quotas.size(), 0);
    for (std::size_t i = 0; i < quotas.size(); ++i) {
        if (held[i] > quotas[i]) excess[i] = held[i] - quotas[i];
        if (held[i] < quotas[i]) lack[i] = quotas[i] - held[i];
    }
    std::size_t taker = 0;
    for (MemberIndex& owner : owners) {
        const std::uint32_t now = renamed[owner];
        if (now != gone && excess[now] == 0) {
            owner = static_cast<MemberIndex>(now);
            continue;
        }
        if (now != gone) --excess[now];
        while (lack[taker] == 0) ++taker;
        assert(taker < lack.size());
        --lack[taker];
        owner = static_cast<MemberIndex>(taker);
    }
}

}  // namespace ringcast::ring
