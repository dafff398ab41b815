#include "coordination_changes.hpp"

#include "ringcast/ring/diff.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace ringcast::router {
namespace {

using Kind = Request::Kind;

constexpr std::size_t ids_named_max = 10;
constexpr std::size_t list_size_max = 700;
constexpr std::uint32_t all_percent = 100;
/// Of the pins that history keeps with a member. The note of the record, where they stand first,
/// has room for twice as many of the longest names.
constexpr std::size_t pins_kept_max = 100;

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

std::uint32_t weight_in(const View& view, std::string_view id) {
    const auto index = view.ring.find(id);
    return index ? view.ring.members()[*index].weight : 0;
}

Change make_change(const ViewRecord& before, std::string_view what, std::string_view node) {
    Change change;
    change.entry.what = what;
    change.entry.node = node;
    change.entry.view = static_cast<std::uint64_t>(before.in_force.number);
    change.entry.weight_before = change.entry.weight = weight_in(before.in_force, node);
    return change;
}

/// The channels that are pinned to a member, so many as history keeps.
std::vector<std::string> pins_of(const View& view, std::string_view member) {
    std::vector<std::string> channels;
    for (const auto& [channel, owner] : view.ring.pins()) {
        if (owner == member && channels.size() < pins_kept_max) channels.push_back(channel);
    }
    return channels;
}

/// The ring with these channels pinned to a member, but for those that are pinned already.
ring::Outcome<ring::Ring> pinned_too(ring::Outcome<ring::Ring> ring, std::string_view member,
                                     const std::vector<std::string>& channels) {
    if (!ring || channels.empty()) return ring;
    ring::Pins all = ring->pins();
    for (const std::string& channel : channels) all.emplace(channel, member);
    return ring->with_pins(std::move(all));
}

Change refuse(Change change, std::string reason) {
    change.entry.done = false;
    change.entry.reason = std::move(reason);
    change.entry.weight = change.entry.weight_before;
    return change;
}

Change leave_as_is(Change change, std::string reason) {
    change = refuse(std::move(change), std::move(reason));
    change.entry.done = true;
    return change;
}

/// The view after `before` with this ring; addresses of new members come from `nodes`.
Change replace(Change change, const ViewRecord& before, ring::Outcome<ring::Ring> ring,
               const Nodes& nodes, std::string reason) {
    if (!ring) return refuse(std::move(change), ring.refusal().text());
    const View& old = before.in_force;
    View next{next_number(before), *std::move(ring), {}};
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
    change.next = std::move(next);
    return change;
}

/// The ring in which this node is a member of this weight; 0: no member.
ring::Outcome<ring::Ring> weighed(const View& view, const Nodes& nodes, std::string_view id,
                                  std::uint32_t weight) {
    std::vector<ring::Member> members = view.ring.members();
    const auto known = std::ranges::find(members, id, &ring::Member::id);
    if (weight == 0) {
        members.erase(known);
    } else if (known != members.end()) {
        known->weight = weight;
    } else {
        members.push_back({std::string(id), weight, nodes.find(id)->second.zone});
    }
    return ring::Ring::next(view.ring, std::move(members));
}

/// What the member weighs when so many percents of the way from one weight to the other are done.
/// It stays a member, with a weight of 1 at least, until all are.
std::uint32_t part_of_the_way(std::uint32_t from, std::uint32_t to, std::uint32_t percent) {
    if (percent == all_percent) return to;
    const auto way = (std::int64_t{to} - std::int64_t{from}) * percent / all_percent;
    return static_cast<std::uint32_t>(std::max<std::int64_t>(1, from + way));
}

const std::string* member_at(const View& view, const Address& address) {
    for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
        if (view.address_of(i) == address) return &view.ring.members()[i].id;
    }
    return nullptr;
}

/// Of `add`: why the node cannot become a member; empty when it can.
std::string fault_of_newcomer(const View& view, const Nodes& nodes, const std::string& id) {
    const auto node = nodes.find(id);
    if (node == nodes.end()) {
        return id + " has not registered: start its ringcast-node and try again (on standby: " +
               list(standby_ids(view, nodes)) + ")";
    }
    if (const std::string* member = member_at(view, node->second.address)) {
        return id + " registered the address " + node->second.address.text() +
               ", which is that of member " + *member;
    }
    return {};
}

std::string fault_of_removal(const View& view, const std::string& id) {
    if (view.ring.members().size() > 1) return {};
    return id + " is the last member: add another node before it goes";
}

/// One step towards another weight; joining and leaving begin and end with none.
Change plan_weight(Change change, const ViewRecord& before, const Nodes& nodes,
                   const Request& request, std::size_t steps_done, std::uint32_t weight_before) {
    const View& view = before.in_force;
    const std::string& id = request.node;
    const bool member = view.ring.find(id).has_value();
    const auto node = nodes.find(id);
    if (steps_done != 0) change.entry.weight_before = weight_before;

    std::string fault;
    std::string reason;
    std::uint32_t target = request.weight;
    if (request.kind == Kind::add) {
        reason = "joined as requested";
        if (member && steps_done == 0) {
            return leave_as_is(std::move(change), id + " is a member already");
        }
        if (!member) fault = fault_of_newcomer(view, nodes, id);
        if (target == 0) {
            target = node != nodes.end() ? node->second.weight : weight_in(view, id);
        }
    } else if (request.kind == Kind::remove) {
        reason = "left as requested";
        target = 0;
        if (!member && node != nodes.end()) {
            return leave_as_is(std::move(change), id + " is not a member: it is on standby");
        }
        fault = !member ? id + " is neither a member nor on standby (members: " +
                              list(member_ids(view)) + ")"
                        : fault_of_removal(view, id);
    } else {
        reason = "weighs " + std::to_string(target) + " as requested";
        if (!member) {
            fault = id + " is not a member (members: " + list(member_ids(view)) +
                    "): add it with that weight instead";
        } else if (steps_done == 0 && weight_in(view, id) == target) {
            return leave_as_is(std::move(change),
                               id + " weighs " + std::to_string(target) + " already");
        }
    }
    if (!fault.empty()) return refuse(std::move(change), std::move(fault));

    const std::uint32_t percent = request.steps.empty() ? all_percent : request.steps[steps_done];
    const std::uint32_t weight = part_of_the_way(change.entry.weight_before, target, percent);
    change.entry.weight = target;
    auto ring = weighed(view, nodes, id, weight);
    if (!member) ring = pinned_too(std::move(ring), id, request.pins);
    return replace(std::move(change), before, std::move(ring), nodes, std::move(reason));
}

Change plan_pin(Change change, const ViewRecord& before, const Nodes& nodes,
                const Request& request) {
    const View& view = before.in_force;
    const std::string& channel = request.channel;
    change.entry.channel = channel;
    ring::Pins pins = view.ring.pins();
    const auto pinned = pins.find(channel);
    if (pinned != pins.end()) change.entry.node_before = pinned->second;

    if (request.kind == Kind::unpin) {
        if (pinned == pins.end()) {
            return leave_as_is(std::move(change), "'" + channel + "' is not pinned");
        }
        pins.erase(pinned);
        return replace(std::move(change), before, view.ring.with_pins(std::move(pins)), nodes,
                       "unpinned as requested");
    }
    if (!view.ring.find(request.node)) {
        return refuse(std::move(change),
                      request.node + " is not a member (members: " + list(member_ids(view)) + ")");
    }
    if (change.entry.node_before == request.node) {
        return leave_as_is(std::move(change),
                           "'" + channel + "' is pinned to " + request.node + " already");
    }
    pins.insert_or_assign(channel, request.node);
    return replace(std::move(change), before, view.ring.with_pins(std::move(pins)), nodes,
                   "pinned as requested");
}

/// Of removals: those that are members no more, or at another address than in the view before.
void forget_gone(ViewRecord& record, const View& before) {
    std::erase_if(record.removals, [&](const ViewRecord::Removal& removal) {
        const auto was = before.ring.find(removal.member);
        const auto is = record.in_force.ring.find(removal.member);
        return !is || !was || before.address_of(*was) != record.in_force.address_of(*is);
    });
    if (record.removals_changed > record.in_force.number) {
        // Announced during the handoff: what nodes are told of the new view has to be newer.
        record.removals_changed = next_number(record);
    } else if (record.removals.empty()) {
        record.removals_changed = {};
    }
}

}  // namespace

std::optional<std::uint64_t> messages_per_second(const Nodes& nodes, std::string_view node) {
    const auto entry = nodes.find(node);
    return entry == nodes.end() ? std::nullopt : entry->second.load.messages_per_second;
}

std::size_t steps_of(const Request& request) noexcept {
    const bool divisible = request.kind != Kind::pin && request.kind != Kind::unpin;
    return divisible && !request.steps.empty() ? request.steps.size() : 1;
}

Change plan_step(const ViewRecord& before, const Nodes& nodes, const Request& request,
                 std::size_t steps_done, std::uint32_t weight_before) {
    assert(steps_done < steps_of(request));
    Change change = make_change(before, name_of(request.kind), request.node);
    if (request.kind == Kind::pin || request.kind == Kind::unpin) {
        return plan_pin(std::move(change), before, nodes, request);
    }
    return plan_weight(std::move(change), before, nodes, request, steps_done, weight_before);
}

Change plan_on(const ViewRecord& before, const Nodes& nodes, Request request,
               const HistoryEntry& open) {
    // The target is that of the first step, whatever the node registers meanwhile.
    if (request.kind == Kind::add) request.weight = open.weight;
    if (open.steps < steps_of(request)) {
        return plan_step(before, nodes, request, open.steps, open.weight_before);
    }
    Change over;
    over.entry.done = true;
    over.entry.reason = open.reason;
    return over;
}

bool is_about_the_same(const Request& a, const Request& b) noexcept {
    return (!a.node.empty() && a.node == b.node) || (!a.channel.empty() && a.channel == b.channel);
}

namespace detail {

Change genesis(const Nodes& nodes, ViewNumber number, std::uint64_t seed) {
    Change change;
    change.entry.what = "genesis";
    std::vector<ring::Member> members;
    std::vector<std::string_view> ids;
    std::map<Address, std::string_view> at;
    for (const auto& [id, node] : nodes) {
        if (const auto [other, fresh] = at.try_emplace(node.address, id); !fresh) {
            change.entry.reason = std::string(other->second) + " and " + id +
                                  " registered the same address " + node.address.text();
            return change;
        }
        members.push_back({node.id, node.weight, node.zone});
        ids.push_back(id);
    }

    auto ring = ring::Ring::genesis(std::move(members), seed);
    if (!ring) {
        change.entry.reason = ring.refusal().text();
        return change;
    }
    View first{number, *std::move(ring), {}};
    for (const ring::Member& member : first.ring.members()) {
        first.addresses.push_back(nodes.at(member.id).address);
    }
    change.entry.done = true;
    change.entry.reason = "members: " + list(ids);
    change.entry.view = static_cast<std::uint64_t>(number);
    change.next = std::move(first);
    return change;
}

Change refuse_silent(const ViewRecord& before, const NodeEntry& node) {
    return refuse(make_change(before, "add", node.id),
                  node.id + " has registered but does not answer the coordinator at " +
                      node.address.text() + ": look at its Redis and the network between");
}

Change bury(const ViewRecord& before, std::string_view member, std::string_view how) {
    Change change = make_change(before, "death", member);
    change.entry.pins = pins_of(before.in_force, member);
    change.entry.weight = 0;
    return replace(std::move(change), before, before.in_force.ring.without(member), {},
                   "neither the coordinator nor most gateways reach it; " + std::string(how));
}

Change evict(const ViewRecord& before, const Nodes& nodes, std::string_view member) {
    Change change = make_change(before, "evict", member);
    std::string fault = fault_of_removal(before.in_force, std::string(member));
    if (!fault.empty()) return refuse(std::move(change), std::move(fault));
    change.entry.weight = 0;
    return replace(std::move(change), before, weighed(before.in_force, nodes, member, 0), nodes,
                   "it answers, but its agent is gone and nobody renews its lease");
}

Change give_back(const ViewRecord& before, const Nodes& nodes, std::string_view node,
                 std::uint32_t weight, const std::vector<std::string>& pins) {
    Change change = make_change(before, "return", node);
    std::string fault = fault_of_newcomer(before.in_force, nodes, std::string(node));
    if (!fault.empty()) return refuse(std::move(change), std::move(fault));
    change.entry.weight = weight != 0 ? weight : nodes.find(node)->second.weight;
    auto ring = pinned_too(weighed(before.in_force, nodes, node, change.entry.weight), node, pins);
    return replace(std::move(change), before, std::move(ring), nodes,
                   "it is back after it had died");
}

Change readdress(const ViewRecord& before, std::string_view member, const Address& address,
                 std::string_view how) {
    Change change = make_change(before, "address", member);
    const auto index = before.in_force.ring.find(member);
    assert(index);
    const std::string reason = "moved from " + before.in_force.address_of(*index).text() + " to " +
                               address.text() + "; at the former address " + std::string(how);
    change = replace(std::move(change), before, before.in_force.ring, {}, reason);
    change.next->addresses[*index] = address;
    return change;
}

void keep_pins(const View& before, const View& after, HistoryEntry& entry) {
    const bool was = before.ring.find(entry.node).has_value();
    const bool is = after.ring.find(entry.node).has_value();
    if (was != is) entry.pins = pins_of(was ? before : after, entry.node);
}

bool is_complete(const HistoryEntry& entry, const View& view) {
    const auto kind = parse_request_kind(entry.what);
    if (entry.steps == 0) return false;
    if (!kind || *kind == Kind::pin || *kind == Kind::unpin) return true;
    return weight_in(view, entry.node) == (*kind == Kind::remove ? 0 : entry.weight);
}

ViewRecord in_force(ViewRecord before, View next) {
    before.previous = before.in_force.number;
    if (before.proposal) before.last = std::max(before.last, before.proposal->next.number);
    before.proposal.reset();
    const View former = std::exchange(before.in_force, std::move(next));
    before.acknowledged.clear();
    forget_gone(before, former);
    return before;
}

ViewRecord committed(ViewRecord record) {
    assert(record.proposal);
    record.previous = record.in_force.number;
    const View former = std::exchange(record.in_force, std::move(record.proposal->next));
    record.proposal.reset();
    forget_gone(record, former);
    return record;
}

std::string told_of(ViewRecord record) {
    if (record.proposal && record.proposal->stage == Stage::prepare) record.proposal.reset();
    record.request.clear();
    record.note.clear();
    record.step = 0;
    return encode(record);
}

}  // namespace detail
}  // namespace ringcast::router
