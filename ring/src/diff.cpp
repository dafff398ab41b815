#include "ringcast/ring/diff.hpp"

#include "renaming.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace ringcast::ring {
namespace {

using Owners = std::span<const MemberIndex>;

/// Arcs compared at once: most blocks have not changed, or are within one run.
constexpr std::size_t block = 64;
static_assert(arc_count % block == 0);

/// Eight owners at once: GCC and clang make it one vector register where there are any.
using Lanes [[gnu::vector_size(16)]] = MemberIndex;
constexpr std::size_t lanes = sizeof(Lanes) / sizeof(MemberIndex);

Lanes load(const MemberIndex* owners) noexcept {
    Lanes loaded;
    std::memcpy(&loaded, owners, sizeof loaded);
    return loaded;
}

bool is_zero(const Lanes& value) noexcept {
    constexpr Lanes zero{};
    return std::memcmp(&value, &zero, sizeof value) == 0;
}

/// Whether an arc stays, when the only difference between the lists is that one has `count` members
/// more, from `first` on. Either may be the ring before.
struct Inserted {
    MemberIndex first;
    MemberIndex count;

    [[nodiscard]] bool stays(MemberIndex shorter, MemberIndex longer) const noexcept {
        return shorter + (shorter >= first ? count : 0) == longer;
    }
    [[nodiscard]] bool block_stays(const MemberIndex* shorter,
                                   const MemberIndex* longer) const noexcept {
        Lanes differences{};
        for (std::size_t i = 0; i < block; i += lanes) {
            const Lanes owners = load(shorter + i);
            const Lanes shift = reinterpret_cast<Lanes>(owners >= first) & count;
            differences |= (owners + shift) ^ load(longer + i);
        }
        return is_zero(differences);
    }
};

/// The same for any two lists: through a table.
struct Renamed {
    std::vector<std::uint32_t> now;

    [[nodiscard]] bool stays(MemberIndex from, MemberIndex to) const noexcept {
        return now[from] == to;
    }
    [[nodiscard]] bool block_stays(const MemberIndex* from, const MemberIndex* to) const noexcept {
        std::uint32_t differences = 0;
        for (std::size_t i = 0; i < block; ++i) differences |= now[from[i]] ^ to[i];
        return differences == 0;
    }
};

bool block_is(const MemberIndex* owners, MemberIndex owner) noexcept {
    Lanes differences{};
    for (std::size_t i = 0; i < block; i += lanes) differences |= load(owners + i) ^ owner;
    return is_zero(differences);
}

/// Where the run that begins at `arc` ends.
std::size_t run_end(Owners from, Owners to, std::size_t arc) {
    const MemberIndex giver = from[arc];
    const MemberIndex taker = to[arc];
    while (arc < arc_count) {
        if (arc % block == 0 && block_is(&from[arc], giver) && block_is(&to[arc], taker)) {
            arc += block;
        } else if (from[arc] == giver && to[arc] == taker) {
            ++arc;
        } else {
            break;
        }
    }
    return arc;
}

/// `stays(a, b)` compares owners of the tables `a` and `b`, which are `from` and `to` in one order
/// or the other.
template <typename Comparison>
std::vector<Run> find_runs(Owners from, Owners to, Owners a, Owners b, const Comparison& compared) {
    std::vector<Run> runs;
    for (std::size_t arc = 0; arc < arc_count;) {
        if (arc % block == 0 && compared.block_stays(&a[arc], &b[arc])) {
            arc += block;
        } else if (compared.stays(a[arc], b[arc])) {
            ++arc;
        } else {
            const std::size_t end = run_end(from, to, arc);
            runs.push_back({static_cast<Arc>(arc), end - arc, from[arc], to[arc]});
            arc = end;
        }
    }
    return runs;
}

std::vector<Run> find_runs(const Ring& before, const Ring& after) {
    const Owners from = before.owners();
    const Owners to = after.owners();
    const Renaming renaming = compare(before.members(), after.members());
    const auto first = static_cast<MemberIndex>(renaming.first);
    if (renaming.removed == 0) {
        const auto count = static_cast<MemberIndex>(renaming.added);
        return find_runs(from, to, from, to, Inserted{first, count});
    }
    if (renaming.added == 0) {
        const auto count = static_cast<MemberIndex>(renaming.removed);
        return find_runs(from, to, to, from, Inserted{first, count});
    }
    return find_runs(from, to, from, to,
                     Renamed{rename(before.members(), after.members(), renaming)});
}

void add_pinned(Diff& diff, const Ring& before, const Ring& after, const std::string& channel) {
    const MemberIndex from = before.owner(channel);
    const MemberIndex to = after.owner(channel);
    if (before.members()[from].id == after.members()[to].id) return;
    diff.pinned.push_back({channel, from, to});
}

/// Both maps are sorted: walks them side by side, so that each channel is looked at once.
void compare_pins(Diff& diff, const Ring& before, const Ring& after) {
    auto old_pin = before.pins().begin();
    auto new_pin = after.pins().begin();
    while (old_pin != before.pins().end() || new_pin != after.pins().end()) {
        const bool only_old = new_pin == after.pins().end() ||
                              (old_pin != before.pins().end() && old_pin->first < new_pin->first);
        if (only_old) {
            add_pinned(diff, before, after, old_pin->first);
            ++old_pin;
            continue;
        }
        if (old_pin != before.pins().end() && old_pin->first == new_pin->first) ++old_pin;
        add_pinned(diff, before, after, new_pin->first);
        ++new_pin;
    }
}

}  // namespace

Diff diff(const Ring& before, const Ring& after) {
    assert(before.seed() == after.seed());
    Diff diff;
    diff.runs = find_runs(before, after);
    compare_pins(diff, before, after);
    return diff;
}

std::size_t Diff::arcs_moved() const noexcept {
    std::size_t moved = 0;
    for (const Run& run : runs) moved += run.length;
    return moved;
}

}  // namespace ringcast::ring
