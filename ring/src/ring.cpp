#include "ringcast/ring/ring.hpp"

#include "digest.hpp"
#include "placement.hpp"
#include "quota.hpp"
#include "refuse.hpp"
#include "renaming.hpp"
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

std::vector<std::uint32_t> count(std::span<const MemberIndex> owners, std::size_t members) {
    std::vector<std::uint32_t> arcs(members, 0);
    // By runs: to add one to the same number again and again is slow, and most arcs are in one.
    for (std::size_t first = 0; first < owners.size();) {
        std::size_t end = first + 1;
        while (end < owners.size() && owners[end] == owners[first]) ++end;
        arcs[owners[first]] += static_cast<std::uint32_t>(end - first);
        first = end;
    }
    return arcs;
}

}  // namespace

Ring::Ring(std::shared_ptr<const Tables> tables) : tables_(std::move(tables)) {}

Ring Ring::complete(std::shared_ptr<Tables> tables) {
    tables->arcs = count(tables->owners, tables->members.size());
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
    // The owners count in the members as they were given; an unsorted list cannot be from a view.
    if (!std::is_sorted(members.begin(), members.end(),
                        [](const Member& a, const Member& b) { return a.id < b.id; })) {
        std::vector<Member> sorted = members;
        sort_by_id(sorted);
        std::vector<MemberIndex> renumbered(owners.begin(), owners.end());
        if (auto refusal = refuse(sorted)) return *std::move(refusal);
        for (MemberIndex& owner : renumbered) {
            if (owner >= members.size()) return Refusal{Errc::bad_owners, std::to_string(owner)};
            owner = *find_member(sorted, members[owner].id);
        }
        return restore(std::move(sorted), renumbered, std::move(pins), seed);
    }
    if (auto refusal = refuse(members)) return *std::move(refusal);
    if (owners.size() != arc_count) {
        return Refusal{Errc::bad_owners, std::to_string(owners.size()) + " arcs"};
    }
    const MemberIndex highest = *std::max_element(owners.begin(), owners.end());
    if (highest >= members.size()) {
        return Refusal{Errc::bad_owners, "owner " + std::to_string(highest)};
    }
    if (auto refusal = refuse(pins, members)) return *std::move(refusal);

    auto tables = std::make_shared<Tables>();
    tables->seed = seed;
    std::copy(owners.begin(), owners.end(), tables->owners.begin());
    tables->pins = std::move(pins);
    tables->members = std::move(members);
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
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        MemberIndex owner = tables_->owners[arc];
        if (owner == *dead) owner = successors(static_cast<Arc>(arc))[0];
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
