#include "quota.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace ringcast::ring {

std::vector<std::uint32_t> quotas(const std::vector<Member>& members,
                                  std::span<const std::uint32_t> held) {
    assert(held.size() == members.size());
    // At most 65,536 members x 65,536 arcs x 1,000,000 = 2^52: no product here overflows 64 bits.
    std::uint64_t weight_sum = 0;
    for (const Member& member : members) weight_sum += member.weight;

    struct Candidate {
        std::uint32_t index;
        bool holds_more;
        std::uint64_t remainder;
    };
    std::vector<std::uint32_t> result(members.size());
    std::vector<Candidate> candidates;
    std::size_t left = arc_count;
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        const std::uint64_t scaled = std::uint64_t{arc_count} * members[i].weight;
        result[i] = static_cast<std::uint32_t>(scaled / weight_sum);
        left -= result[i];
        const std::uint64_t remainder = scaled % weight_sum;
        if (remainder > 0) candidates.push_back({i, held[i] > result[i], remainder});
    }

    // The remainders sum to `left` whole arcs and each is less than one: there are candidates
    // enough.
    assert(left == 0 || left < candidates.size());
    const auto deserves_more = [](const Candidate& a, const Candidate& b) {
        if (a.holds_more != b.holds_more) return a.holds_more;
        if (a.remainder != b.remainder) return a.remainder > b.remainder;
        return a.index < b.index;
    };
    const auto last = candidates.begin() + static_cast<std::ptrdiff_t>(left);
    std::nth_element(candidates.begin(), last, candidates.end(), deserves_more);
    for (auto it = candidates.begin(); it != last; ++it) ++result[it->index];
    return result;
}

}  // namespace ringcast::ring
