#include "ringcast/ring/ring.hpp"

#include "digest.hpp"
#include "placement.hpp"
#include "quota.hpp"
#include "refuse.hpp"
#include "renaming.hpp"
#include "stretches.hpp"
#include "tables.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace ringcast::ring {
namespace {

void sort_by_id(std::vector<Member>& members) {
    const auto by_id = [](const Member& a, const Member& b) { return a.id < b.id; };
    if (!std::is_sorted(members.begin(), members.end(), by_id)) {
        std::sort(members.begin(), members.end(), by_id);
    }
}

std::vector<std::uint32_t> count(std::span<const Stretch> stretches, std::size_t members) {
    std::vector<std::uint32_t> arcs(members, 0);
    for (const Stretch& stretch : stretches) arcs[stretch.owner] += stretch.length;
    return arcs;
}

/// The owners count in the members as they were given; a list that is not in order cannot be from a
/// view. Neighbours become one, as in all rings.
std::vector<Stretch> renumber(const std::vector<Member>& from, const std::vector<Member>& to,
                              std::span<const Stretch> stretches) {
    std::vector<MemberIndex> now(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) now[i] = *find_member(to, from[i].id);
    std::vector<Stretch> renumbered;
    renumbered.reserve(stretches.size());
    for (const auto& [owner, length] : stretches) {
        if (!renumbered.empty() && renumbered.back().owner == now[owner]) {
            renumbered.back().length += length;
        } else if (length > 0) {
            renumbered.push_back({now[owner], length});
        }
    }
    return renumbered;
}

std::optional<Refusal> refuse(std::span<const Stretch> stretches, std::size_t members) {
    std::size_t arcs = 0;
    for (const Stretch& stretch : stretches) {
        if (stretch.owner >= members) {
            return Refusal{Errc::bad_owners, "owner " + std::to_string(stretch.owner)};
        }
        arcs += stretch.length;
    }
    if (arcs == arc_count) return std::nullopt;
    return Refusal{Errc::bad_owners, std::to_string(arcs) + " arcs"};
}

}  // namespace

Ring::Ring(std::shared_ptr<const Tables> tables) : tables_(std::move(tables)) {}

Ring Ring::complete(std::shared_ptr<Tables> tables) {
    if (tables->stretches.empty()) tables->stretches = stretches_of(tables->owners);
    tables->arcs = count(tables->stretches, tables->members.size());
    if (!tables->pins.empty()) tables->short_bytes_max = 0;
    tables->pin_index = PinIndex(tables->pins, tables->members, tables->seed);
    tables->digest = digest_of(tables->members, tables->owners, tables->pins, tables->seed);
    return Ring(std::move(tables));
}

Outcome<Ring> Ring::genesis(std::vector<Member> members, std::uint64_t seed) {
    sort_by_id(members);
    if (auto refusal = refuse(members)) return *std::move(refusal);

    auto tables = std::make_shared<Tables>();
    tables->seed = seed;
    tables->owners.fill(0);
    const std::vector<std::uint32_t> nothing(members.size(), 0);
    const std::uint32_t nobody[] = {gone};
    place(tables->owners, nobody, nothing, quotas(members, nothing));
    tables->members = std::move(members);
    return complete(std::move(tables));
}

Outcome<Ring> Ring::next(const Ring& before, std::vector<Member> members) {
    sort_by_id(members);
    if (auto refusal = refuse(members)) return *std::move(refusal);

    auto tables = std::make_shared<Tables>();
    tables->seed = before.seed();
    tables->owners = before.tables_->owners;
    const std::vector<std::uint32_t> renamed =
        rename(before.members(), members, compare(before.members(), members));
    std::vector<std::uint32_t> held(members.size(), 0);
    for (std::size_t i = 0; i < renamed.size(); ++i) {
        if (renamed[i] != gone) held[renamed[i]] = before.tables_->arcs[i];
    }
    place(tables->owners, renamed, held, quotas(members, held));
    for (const auto& [channel, member_id] : before.pins()) {
        if (find_member(members, member_id)) tables->pins.emplace(channel, member_id);
    }
    tables->members = std::move(members);
    return complete(std::move(tables));
}

Outcome<Ring> Ring::restore(std::vector<Member> members, std::span<const MemberIndex> owners,
                            Pins pins, std::uint64_t seed) {
    return restore(std::move(members), stretches_of(owners), std::move(pins), seed);
}

Outcome<Ring> Ring::restore(std::vector<Member> members, std::span<const Stretch> stretches,
                            Pins pins, std::uint64_t seed) {
    std::vector<Member> sorted = members;
    sort_by_id(sorted);
    if (auto refusal = refuse(sorted)) return *std::move(refusal);
    if (auto refusal = refuse(stretches, members.size())) return *std::move(refusal);
    if (auto refusal = refuse(pins, sorted)) return *std::move(refusal);

    auto tables = std::make_shared<Tables>();
    tables->seed = seed;
    tables->stretches = renumber(members, sorted, stretches);
    auto at = tables->owners.begin();
    for (const auto& [owner, length] : tables->stretches) at = std::fill_n(at, length, owner);
    tables->pins = std::move(pins);
    tables->members = std::move(sorted);
    return complete(std::move(tables));
}

Outcome<Ring> Ring::without(std::string_view member_id) const {
    const std::optional<MemberIndex> dead = find(member_id);
    if (!dead) return Refusal{Errc::unknown_member, std::string(member_id)};
    if (members().size() == 1) return Refusal{Errc::no_members, {}};

    auto tables = std::make_shared<Tables>();
    tables->seed = seed();
    tables->members = members();
    tables->members.erase(tables->members.begin() + *dead);
    const std::vector<MemberIndex> heirs = first_in_line(members(), tables_->owners);
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        MemberIndex owner = tables_->owners[arc];
        if (owner == *dead) owner = heirs[arc];
        tables->owners[arc] = owner > *dead ? static_cast<MemberIndex>(owner - 1) : owner;
    }
    for (const auto& [channel, pinned_to] : pins()) {
        if (pinned_to != member_id) tables->pins.emplace(channel, pinned_to);
    }
    return complete(std::move(tables));
}

Outcome<Ring> Ring::with_pins(Pins pins) const {
    if (auto refusal = refuse(pins, members())) return *std::move(refusal);

    auto tables = std::make_shared<Tables>();
    tables->seed = seed();
    tables->owners = tables_->owners;
    tables->members = members();
    tables->pins = std::move(pins);
    return complete(std::move(tables));
}

std::array<MemberIndex, successor_count> Ring::successors(Arc arc) const {
    std::call_once(tables_->lined_up,
                   [this] { tables_->successors = line_up(tables_->members, tables_->owners); });
    return (*tables_->successors)[arc];
}

}  // namespace ringcast::ring
