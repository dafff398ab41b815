#include "coordination_changes.hpp"

#include "ringcast/ring/diff.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace ringcast::router::detail {
namespace {

constexpr std::size_t ids_named_max = 10;
constexpr std::size_t list_size_max = 700;

/// "a, b and 3 more", or "none".
template <typename Ids>
std::string list(const Ids& ids) {
    std::string text;
    std::size_t count = 0;
    for (const auto& id : ids) {
        if (count++ < ids_named_max) text += (text.empty() ? "" : ", ") + std::string(id);
    }
    text.resize(std::min(text.size(), list_size_max));
    if (count > ids_named_max) text += " and " + std::to_string(count - ids_named_max) + " more";
    return text.empty() ? "none" : text;
}

std::vector<std::string_view> member_ids(const View& view) {
    std::vector<std::string_view> ids;
    for (const ring::Member& member : view.ring.members()) ids.push_back(member.id);
    return ids;
}

std::vector<std::string_view> standby_ids(const View& view, const Nodes& nodes) {
    std::vector<std::string_view> ids;
    for (const auto& [id, node] : nodes) {
        if (!view.ring.find(id)) ids.push_back(id);
    }
    return ids;
}

Change make_change(std::string_view what, std::string_view node) {
    Change change;
    change.entry.what = what;
    change.entry.node = node;
    return change;
}

Change refuse(Change change, const ViewRecord& before, std::string reason) {
    change.entry.done = false;
    change.entry.reason = std::move(reason);
    change.entry.view = static_cast<std::uint64_t>(before.in_force.number);
    return change;
}

Change leave_as_is(Change change, const ViewRecord& before, std::string reason) {
    change = refuse(std::move(change), before, std::move(reason));
    change.entry.done = true;
    return change;
}

/// The view after `before` with this ring; addresses of new members come from `nodes`.
Change replace(Change change, const ViewRecord& before, ring::Ring ring, const Nodes& nodes,
               std::string reason) {
    const View& old = before.in_force;
    View next{successor(old.number), std::move(ring), {}};
    for (const ring::Member& member : next.ring.members()) {
        const auto index = old.ring.find(member.id);
        const auto node = nodes.find(member.id);
        assert(index || node != nodes.end());
        next.addresses.push_back(index ? old.address_of(*index) : node->second.address);
    }

    change.entry.done = true;
    change.entry.reason = std::move(reason);
    change.entry.view = static_cast<std::uint64_t>(next.number);
    change.entry.arcs_moved = ring::diff(old.ring, next.ring).arcs_moved();
    change.record = ViewRecord{std::move(next), std::nullopt, before.request};
    return change;
}

ring::Member member_of(const NodeEntry& node) {
    return {node.id, node.weight, node.zone};
}

}  // namespace

Change genesis(const Nodes& nodes, ViewNumber number, std::uint64_t seed) {
    Change change = make_change("genesis", "");
    std::vector<ring::Member> members;
    std::vector<std::string_view> ids;
    for (const auto& [id, node] : nodes) {
        members.push_back(member_of(node));
        ids.push_back(id);
    }

    auto ring = ring::Ring::genesis(std::move(members), seed);
    if (!ring) {
        change.entry.reason = ring.refusal().text();
        return change;
    }
    ViewRecord record{{number, *std::move(ring), {}}, std::nullopt, ""};
    for (const ring::Member& member : record.in_force.ring.members()) {
        record.in_force.addresses.push_back(nodes.at(member.id).address);
    }
    change.entry.done = true;
    change.entry.reason = "members: " + list(ids);
    change.entry.view = static_cast<std::uint64_t>(number);
    change.record = std::move(record);
    return change;
}

Change add(const ViewRecord& before, const Nodes& nodes, std::string_view id) {
    const View& view = before.in_force;
    Change change = make_change("add", id);
    const std::string name(id);
    if (view.ring.find(id))
        return leave_as_is(std::move(change), before, name + " is a member already");

    const auto node = nodes.find(id);
    if (node == nodes.end()) {
        return refuse(
            std::move(change), before,
            name + " has not registered: start its ringcast-node and try again (on standby: " +
                list(standby_ids(view, nodes)) + ")");
    }
    for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
        if (view.address_of(i) != node->second.address) continue;
        return refuse(std::move(change), before,
                      name + " registered the address " + node->second.address.text() +
                          ", which is that of member " + view.ring.members()[i].id);
    }

    std::vector<ring::Member> members = view.ring.members();
    members.push_back(member_of(node->second));
    auto ring = ring::Ring::next(view.ring, std::move(members));
    if (!ring) return refuse(std::move(change), before, ring.refusal().text());
    return replace(std::move(change), before, *std::move(ring), nodes, "joined as requested");
}

Change refuse_silent(const ViewRecord& before, const NodeEntry& node) {
    return refuse(make_change("add", node.id), before,
                  node.id + " has registered but does not answer the coordinator at " +
                      node.address.text() + ": look at its Redis and the network between");
}

Change remove(const ViewRecord& before, const Nodes& nodes, std::string_view id) {
    const View& view = before.in_force;
    Change change = make_change("remove", id);
    const std::string name(id);
    if (!view.ring.find(id)) {
        if (nodes.contains(id)) {
            return leave_as_is(std::move(change), before,
                               name + " is not a member: it is on standby");
        }
        return refuse(
            std::move(change), before,
            name + " is neither a member nor on standby (members: " + list(member_ids(view)) + ")");
    }
    if (view.ring.members().size() == 1) {
        return refuse(std::move(change), before,
                      name + " is the last member: add another node before it goes");
    }

    std::vector<ring::Member> members = view.ring.members();
    std::erase_if(members, [&](const ring::Member& member) { return member.id == id; });
    auto ring = ring::Ring::next(view.ring, std::move(members));
    if (!ring) return refuse(std::move(change), before, ring.refusal().text());
    return replace(std::move(change), before, *std::move(ring), nodes, "left as requested");
}

Change bury(const ViewRecord& before, std::string_view member) {
    Change change = make_change("death", member);
    auto ring = before.in_force.ring.without(member);
    if (!ring) return refuse(std::move(change), before, ring.refusal().text());
    return replace(std::move(change), before, *std::move(ring), {},
                   "neither the coordinator nor most gateways reach it");
}

Change readdress(const ViewRecord& before, std::string_view member, const Address& address) {
    Change change = make_change("address", member);
    const auto index = before.in_force.ring.find(member);
    assert(index);
    const std::string reason =
        "moved from " + before.in_force.address_of(*index).text() + " to " + address.text();
    change = replace(std::move(change), before, before.in_force.ring, {}, reason);
    change.record->in_force.addresses[*index] = address;
    return change;
}

}  // namespace ringcast::router::detail
