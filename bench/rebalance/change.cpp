#include "change.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace ringcast::bench {
namespace {

ring::Member member(std::size_t node) {
    return {node_name(node), usual_node_weight, "zone-" + std::to_string(node % 3)};
}

double share(const std::vector<ring::Member>& members, NodeIndex node) noexcept {
    if (node >= members.size()) return 0;
    double whole = 0;
    for (const auto& one : members) whole += one.weight;
    return members[node].weight / whole;
}

}  // namespace

std::string_view name_of(Change::Kind kind) noexcept {
    switch (kind) {
        case Change::Kind::add:
            return "add";
        case Change::Kind::remove:
            return "remove";
        case Change::Kind::weight:
            return "weight";
        case Change::Kind::crash:
            return "crash";
    }
    return "?";
}

Members::Members(std::size_t nodes, const Change& change) {
    assert(nodes > 0);
    for (std::size_t node = 0; node < nodes; ++node) before.push_back(member(node));
    after = before;
    switch (change.kind) {
        case Change::Kind::add:
            after.push_back(member(nodes));
            break;
        case Change::Kind::remove:
        case Change::Kind::crash:
            assert(nodes > 1);
            after.pop_back();
            break;
        case Change::Kind::weight:
            after.back().weight = change.weight;
            break;
    }
}

Members::Members(const ring::Ring& ring_before, const ring::Ring& ring_after,
                 std::string_view changed_id) {
    const auto take = [changed_id](const ring::Ring& ring, std::vector<ring::Member>& to) {
        to = ring.members();
        std::ranges::stable_partition(
            to, [changed_id](const ring::Member& one) { return one.id != changed_id; });
    };
    take(ring_before, before);
    take(ring_after, after);
    assert(changed().id == changed_id);
}

std::vector<NodeIndex> Members::owners_in(const ring::Ring& ring) const {
    std::vector<NodeIndex> node_of_member;
    for (const ring::Member& member : ring.members()) {
        const auto found = std::ranges::find(all(), member.id, &ring::Member::id);
        assert(found != all().end());
        node_of_member.push_back(static_cast<NodeIndex>(found - all().begin()));
    }
    std::vector<NodeIndex> owners;
    owners.reserve(ring.owners().size());
    for (const ring::MemberIndex owner : ring.owners()) owners.push_back(node_of_member[owner]);
    return owners;
}

double Members::share_before(NodeIndex node) const noexcept {
    return share(before, node);
}

double Members::share_after(NodeIndex node) const noexcept {
    return share(after, node);
}

double Members::share_moving() const noexcept {
    double moving = 0;
    for (NodeIndex node = 0; node < nodes(); ++node) {
        moving += std::max(0.0, share_after(node) - share_before(node));
    }
    return moving;
}

std::string node_name(std::size_t node) {
    const std::string digits = std::to_string(node + 1);
    return "redis-" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

std::optional<NodeIndex> node_of(std::string_view name) noexcept {
    constexpr std::string_view start = "redis-";
    if (!name.starts_with(start)) return std::nullopt;
    name.remove_prefix(start.size());
    NodeIndex number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec != std::errc{} || read.ptr != name.data() + name.size() || number == 0) {
        return std::nullopt;
    }
    return static_cast<NodeIndex>(number - 1);
}

}  // namespace ringcast::bench
