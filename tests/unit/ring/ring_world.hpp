#pragma once

#include "ringcast/ring/ring.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// What the tests of the ring share: members to build rings from, random histories of changes, and
/// the arithmetic of shares, done once more and in another way than the ring does it.
namespace ringcast::ring::testing {

inline std::string node_id(std::size_t number) {
    return "node-" + std::to_string(1000 + number);
}

inline std::vector<Member> members(std::size_t count, std::uint32_t weight = 100) {
    std::vector<Member> made;
    for (std::size_t i = 0; i < count; ++i) made.push_back({node_id(i), weight, ""});
    return made;
}

/// Members in zones, one after the other: "zone-0", "zone-1", ..., "zone-0", ...
inline std::vector<Member> zoned_members(std::size_t count, std::size_t zones) {
    std::vector<Member> made = members(count);
    for (std::size_t i = 0; i < count; ++i) made[i].zone = "zone-" + std::to_string(i % zones);
    return made;
}

inline const std::string& owner_id(const Ring& ring, std::size_t arc) {
    return ring.members()[ring.owners()[arc]].id;
}

inline std::uint64_t weight_sum(const std::vector<Member>& members) {
    std::uint64_t sum = 0;
    for (const Member& member : members) sum += member.weight;
    return sum;
}

/// Two rings in one numbering of their members, so that every arc can be looked at without names.
struct Pair {
    std::map<std::string, std::size_t> numbers;
    std::vector<std::size_t> owner_before, owner_after;    ///< by arc
    std::vector<std::int64_t> arcs_before, arcs_after;     ///< by number; zero for no member
    std::vector<std::size_t> number_before, number_after;  ///< by index

    Pair(const Ring& before, const Ring& after) {
        for (const Ring* ring : {&before, &after}) {
            for (const Member& member : ring->members()) numbers.emplace(member.id, numbers.size());
        }
        read(before, number_before, owner_before, arcs_before);
        read(after, number_after, owner_after, arcs_after);
    }

private:
    void read(const Ring& ring, std::vector<std::size_t>& number, std::vector<std::size_t>& owner,
              std::vector<std::int64_t>& arcs) const {
        for (const Member& member : ring.members()) number.push_back(numbers.at(member.id));
        arcs.assign(numbers.size(), 0);
        owner.reserve(arc_count);
        for (const MemberIndex index : ring.owners()) {
            owner.push_back(number[index]);
            ++arcs[number[index]];
        }
    }
};

inline std::int64_t arcs_moved(const Pair& pair) {
    std::int64_t moved = 0;
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        if (pair.owner_before[arc] != pair.owner_after[arc]) ++moved;
    }
    return moved;
}

inline std::int64_t arcs_moved(const Ring& before, const Ring& after) {
    return arcs_moved(Pair(before, after));
}

/// The least that any table with floors or ceilings of the shares can differ from `before`. A
/// member keeps no more than it has and no more than it gets; so the most is kept when the ceilings
/// there are go to members that have more than their floor, each of which then keeps one arc more.
inline std::int64_t movement_min(const Ring& before, const std::vector<Member>& after) {
    std::map<std::string_view, std::int64_t> held;
    std::vector<std::int64_t> arcs(before.members().size(), 0);
    for (const MemberIndex owner : before.owners()) ++arcs[owner];
    for (std::size_t i = 0; i < arcs.size(); ++i) held[before.members()[i].id] = arcs[i];

    const auto sum = static_cast<std::int64_t>(weight_sum(after));
    std::int64_t kept = 0;
    std::int64_t ceilings = arc_count;
    std::int64_t could_keep_one_more = 0;
    for (const Member& member : after) {
        const std::int64_t scaled = std::int64_t{arc_count} * member.weight;
        const std::int64_t floor = scaled / sum;
        const auto found = held.find(member.id);
        const std::int64_t has = found == held.end() ? 0 : found->second;
        kept += std::min(has, floor);
        ceilings -= floor;
        if (has > floor && scaled % sum != 0) ++could_keep_one_more;
    }
    return std::int64_t{arc_count} - kept - std::min(ceilings, could_keep_one_more);
}

/// One change of the members: the numbers are drawn from wide ranges and mean something for any
/// members there may be, so that a history stays one while it is shrunk.
struct Change {
    enum class Kind { add, remove, reweight, rezone } kind;
    std::uint32_t which;
    std::uint32_t weight;
};

inline std::ostream& operator<<(std::ostream& out, const Change& change) {
    constexpr const char* names[] = {"add", "remove", "reweight", "rezone"};
    return out << names[static_cast<int>(change.kind)] << ' ' << change.which << " weight "
               << change.weight;
}

/// Weights as people set them, and the extremes.
inline rc::Gen<std::uint32_t> any_weight() {
    return rc::gen::weightedOneOf<std::uint32_t>({{6, rc::gen::just(100u)},
                                                  {3, rc::gen::inRange(1u, 1000u)},
                                                  {1, rc::gen::inRange(1u, weight_max + 1)},
                                                  {1, rc::gen::element(1u, weight_max)}});
}

inline rc::Gen<Change> any_change() {
    return rc::gen::construct<Change>(
        rc::gen::weightedElement<Change::Kind>({{4, Change::Kind::add},
                                                {4, Change::Kind::remove},
                                                {3, Change::Kind::reweight},
                                                {1, Change::Kind::rezone}}),
        rc::gen::inRange(0u, 1u << 20), any_weight());
}

inline std::vector<Member> changed(std::vector<Member> members, const Change& change) {
    Member& chosen = members[change.which % members.size()];
    switch (change.kind) {
        case Change::Kind::add: {
            Member added{node_id(change.which), change.weight,
                         "zone-" + std::to_string(change.which % 3)};
            const bool known =
                std::any_of(members.begin(), members.end(),
                            [&](const Member& member) { return member.id == added.id; });
            if (!known) members.push_back(std::move(added));
            break;
        }
        case Change::Kind::remove:
            if (members.size() > 1) {
                members.erase(members.begin() + change.which % members.size());
            }
            break;
        case Change::Kind::reweight:
            chosen.weight = change.weight;
            break;
        case Change::Kind::rezone:
            chosen.zone = "zone-" + std::to_string(change.weight % 4);
            break;
    }
    return members;
}

/// From one to a few hundred members, mostly few; of mixed weights half of the time.
inline std::vector<Member> some_members() {
    const auto count =
        *rc::gen::weightedOneOf<std::size_t>({{5, rc::gen::inRange<std::size_t>(1, 12)},
                                              {3, rc::gen::inRange<std::size_t>(12, 80)},
                                              {1, rc::gen::inRange<std::size_t>(80, 400)}});
    std::vector<Member> made = zoned_members(count, *rc::gen::inRange<std::size_t>(1, 6));
    if (*rc::gen::arbitrary<bool>()) {
        const auto weights = *rc::gen::container<std::vector<std::uint32_t>>(count, any_weight());
        for (std::size_t i = 0; i < count; ++i) made[i].weight = weights[i];
    }
    return made;
}

}  // namespace ringcast::ring::testing
