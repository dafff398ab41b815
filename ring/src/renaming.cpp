#include "renaming.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <span>

namespace ringcast::ring {

Renaming compare(const std::vector<Member>& before, const std::vector<Member>& after) {
    const auto same_id = [](const Member& a, const Member& b) { return a.id == b.id; };
    const auto [old_first, new_first] =
        std::mismatch(before.begin(), before.end(), after.begin(), after.end(), same_id);
    const auto [old_last, new_last] =
        std::mismatch(before.rbegin(), std::make_reverse_iterator(old_first), after.rbegin(),
                      std::make_reverse_iterator(new_first), same_id);
    return {static_cast<std::size_t>(old_first - before.begin()),
            static_cast<std::size_t>(old_last.base() - old_first),
            static_cast<std::size_t>(new_last.base() - new_first)};
}

std::vector<std::uint32_t> rename(const std::vector<Member>& before,
                                  const std::vector<Member>& after, const Renaming& renaming) {
    std::vector<std::uint32_t> now(before.size());
    const auto differing = now.begin() + static_cast<std::ptrdiff_t>(renaming.first);
    const auto shifted = differing + static_cast<std::ptrdiff_t>(renaming.removed);
    std::iota(now.begin(), differing, 0u);
    std::iota(shifted, now.end(), static_cast<std::uint32_t>(renaming.first + renaming.added));

    const auto old_part = std::span(before).subspan(renaming.first, renaming.removed);
    const auto new_part = std::span(after).subspan(renaming.first, renaming.added);
    std::size_t j = 0;
    for (std::size_t i = 0; i < old_part.size(); ++i) {
        int order = 1;
        while (j < new_part.size() && (order = new_part[j].id.compare(old_part[i].id)) < 0) ++j;
        const bool stays = j < new_part.size() && order == 0;
        now[renaming.first + i] = stays ? static_cast<std::uint32_t>(renaming.first + j) : gone;
    }
    return now;
}

}  // namespace ringcast::ring
