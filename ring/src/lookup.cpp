#include "refuse.hpp"
#include "ringcast/ring/ring.hpp"
#include "tables.hpp"
#include "xxh3.hpp"

#include <algorithm>

// What is read of a ring while messages flow. The hash is inlined here: a lookup is one call, one
// hash and one load from a table of 128 KB, whatever the number of members.
namespace ringcast::ring {

// Up to 128 bytes XXH3 calls no function of its own. With it inlined (flatten) the usual lookup has
// no stack frame and three instructions beside the hash; a call more would cost a fifth of its
// time.
[[gnu::flatten]] MemberIndex Ring::owner(std::string_view channel) const noexcept {
    const Tables& tables = *tables_;
    if (channel.size() > tables.short_bytes_max) [[unlikely]]
        return tables.owner_in_full(channel);
    if (channel.size() > Tables::short_bytes) __builtin_unreachable();
    return tables.owners[arc_at(xxh3(channel, tables.seed))];
}

MemberIndex Ring::Tables::owner_in_full(std::string_view channel) const noexcept {
    const std::uint64_t where = xxh3(channel, seed);
    if (const auto pinned_to = pin_index.find(where, channel)) return *pinned_to;
    return owners[arc_at(where)];
}

Arc Ring::arc(std::string_view channel) const noexcept {
    return arc_at(xxh3(channel, tables_->seed));
}

MemberIndex Ring::owner_of(Arc arc) const noexcept {
    return tables_->owners[arc];
}

const std::vector<Member>& Ring::members() const noexcept {
    return tables_->members;
}

std::optional<MemberIndex> Ring::find(std::string_view member_id) const noexcept {
    return find_member(tables_->members, member_id);
}

std::span<const MemberIndex> Ring::owners() const noexcept {
    return tables_->owners;
}

std::span<const Stretch> Ring::stretches() const noexcept {
    return tables_->stretches;
}

std::size_t Ring::arcs_of(MemberIndex member) const noexcept {
    return tables_->arcs[member];
}

const Pins& Ring::pins() const noexcept {
    return tables_->pins;
}

std::uint64_t Ring::seed() const noexcept {
    return tables_->seed;
}

Digest Ring::digest() const noexcept {
    return tables_->digest;
}

PinIndex::PinIndex(const Pins& pins, const std::vector<Member>& members, std::uint64_t seed) {
    entries_.reserve(pins.size());
    for (const auto& [channel, member_id] : pins) {
        entries_.push_back({xxh3(channel, seed), channel, *find_member(members, member_id)});
    }
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.point < b.point; });
}

std::optional<MemberIndex> PinIndex::find(std::uint64_t point,
                                          std::string_view channel) const noexcept {
    auto entry = std::lower_bound(
        entries_.begin(), entries_.end(), point,
        [](const Entry& candidate, std::uint64_t wanted) { return candidate.point < wanted; });
    for (; entry != entries_.end() && entry->point == point; ++entry) {
        if (entry->channel == channel) return entry->owner;
    }
    return std::nullopt;
}

}  // namespace ringcast::ring
