#include "live_plan.hpp"

#include "move_plan.hpp"
#include "text_table.hpp"
#include "undo.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace ringcast::bench {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw std::runtime_error(why);
}

void check_that_it_rests(const ctl::ClusterState& state) {
    if (!state.record) refuse("there is no view of the ring yet: see `ringcastctl status`");
    if (!state.coordinator) {
        refuse("no gateway leads, so nobody would make the change: see `ringcastctl status`");
    }
    if (state.settings.paused) refuse("the cluster is paused: `ringcastctl resume` first");
    if (!state.requests.empty() || state.record->proposal || !state.record->removals.empty()) {
        refuse("the ring is being changed by somebody else: wait until `ringcastctl watch` ends");
    }
}

/// The node that is to be changed, and is fit for that.
std::string node_of(const ctl::ClusterState& state, const LiveWish& wish) {
    const ring::Ring& ring = state.record->in_force.ring;
    std::vector<std::string> members;
    for (const ring::Member& member : ring.members()) members.push_back(member.id);
    std::vector<std::string> standby;
    for (const auto& [id, node] : state.nodes) {
        if (!ring.find(id)) standby.push_back(id);
    }
    const bool adds = wish.change.kind == Change::Kind::add;
    const auto& choice = adds ? standby : members;
    if (wish.node.empty()) {
        if (adds && standby.size() == 1) return standby.front();
        if (choice.empty()) {
            refuse("there is no node on standby: start a Redis and its ringcast-node first");
        }
        refuse("say which node with --node: " + ctl::join(choice));
    }
    if (std::ranges::count(choice, wish.node) == 0) {
        refuse(wish.node + (adds ? " is not on standby (" : " is no member (") +
               (choice.empty() ? "nobody is" : "these are: " + ctl::join(choice)) + ")");
    }
    return wish.node;
}

std::uint32_t weight_of(const ring::Ring& ring, const std::string& node, const Change& change) {
    if (change.kind != Change::Kind::weight) return 0;
    const std::uint64_t now = ring.members()[ring.find(node).value()].weight;
    const std::uint64_t then =
        std::clamp<std::uint64_t>(now * change.weight / 100, 1, ring::weight_max);
    if (then == now) {
        refuse(node + " weighs " + std::to_string(now) + " and would go on to: give --weight");
    }
    return static_cast<std::uint32_t>(then);
}

std::vector<LiveTarget::Gateway> gateways_of(const ctl::ClusterState& state,
                                             const std::vector<std::string>& urls) {
    std::vector<LiveTarget::Gateway> gateways;
    const auto add = [&gateways](const std::string& id, const std::string& url) {
        const auto place = parse_client_url(url);
        if (!place) {
            refuse("gateway " + id + ": '" + url +
                   "' is no ws://host:port/path: say with --urls where gateways are reached "
                   "without TLS");
        }
        gateways.push_back({id, *place});
    };
    for (const std::string& url : urls) add(url, url);
    if (!urls.empty()) return gateways;
    for (const router::GatewayEntry& gateway : state.gateways) {
        if (!gateway.draining) add(gateway.id, gateway.client_url);
    }
    if (gateways.empty()) refuse("no gateway takes clients: see `ringcastctl status`");
    return gateways;
}

}  // namespace

router::Request request_for(Change::Kind kind, const std::string& node, std::uint32_t weight,
                            std::optional<std::uint32_t> rate) {
    assert(kind != Change::Kind::crash);
    router::Request request;
    request.kind = kind == Change::Kind::add      ? router::Request::Kind::add
                   : kind == Change::Kind::remove ? router::Request::Kind::remove
                                                  : router::Request::Kind::weight;
    request.node = node;
    if (kind == Change::Kind::weight) request.weight = weight;
    if (rate) request.rate = *rate != 0 ? *rate : unlimited_rate;
    return request;
}

LiveTarget target_of(const ctl::ClusterState& state, const LiveWish& wish) {
    check_that_it_rests(state);
    const router::View& now = state.record->in_force;
    const std::string node = node_of(state, wish);
    router::Request request =
        request_for(wish.change.kind, node, weight_of(now.ring, node, wish.change), wish.rate);
    const ctl::RingPlan plan = ctl::plan_ring(*state.record, state.nodes, request);
    if (plan.views.size() < 2) refuse("the cluster would not do it: " + plan.reason);
    const router::View& then = plan.views.back();

    LiveTarget target{std::move(request),
                      Members(now.ring, then.ring, node),
                      Rings{now.ring, then.ring},
                      {},
                      gateways_of(state, wish.urls),
                      {},
                      wish.rate.value_or(state.settings.subscribe_rate),
                      0,
                      now.number,
                      state.settings.leave_seconds_max};
    for (std::size_t i = 0; i < target.members.nodes(); ++i) {
        const std::string& id = target.members.node(i).id;
        const bool before = now.ring.find(id).has_value();
        const router::View& view = before ? now : then;
        target.addresses.push_back(view.address_of(view.ring.find(id).value()));
    }
    for (const router::GatewayEntry& gateway : state.gateways) {
        target.admin_places.push_back({gateway.id, gateway.admin_url});
        target.other_clients += gateway.load.clients;
    }
    return target;
}

void check_still(const ctl::ClusterState& now, const LiveTarget& target) {
    check_that_it_rests(now);
    if (now.record->in_force.number == target.view) return;
    refuse("the ring was changed by somebody else meanwhile: begin again");
}

router::Request undo_for(const ctl::ClusterState& now, const std::string& entry,
                         const router::Request& asked) {
    ctl::Undo undo = ctl::undo_of(now.history, entry);
    if (!undo.request) refuse("cannot undo: " + undo.reason);
    undo.request->rate = asked.rate;
    return *std::move(undo.request);
}

}  // namespace ringcast::bench
