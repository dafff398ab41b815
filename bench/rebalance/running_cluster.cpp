#include "running_cluster.hpp"

#include "measurement.hpp"
#include "report.hpp"
#include "ringcast/membership/random_id.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Without one more connection or subscription for so long nobody will confirm the rest.
constexpr auto patience = 60s;
constexpr auto tell_every = 2s;

}  // namespace

RunningCluster::RunningCluster(RunningRing& ring, LiveTarget target, Settings settings)
    : ring_(ring),
      target_(std::move(target)),
      settings_(std::move(settings)),
      gateway_probes_(target_.admin_places) {
    const std::string run = membership::random_id();
    for (const router::Address& address : target_.addresses) {
        probes_.push_back(std::make_unique<NodeProbe>(address));
    }
    for (const LiveTarget::Gateway& gateway : target_.gateways) {
        gateways_.push_back(std::make_unique<GatewayClients>(
            gateways_.size(), settings_.load,
            GatewayClients::Settings{gateway.id, gateway.place, settings_.token, settings_.prefix,
                                     run, settings_.connections, settings_.seconds}));
    }
}

std::vector<std::string> RunningCluster::node_names() const {
    std::vector<std::string> names;
    for (std::size_t node = 0; node < target_.members.nodes(); ++node) {
        names.push_back(target_.members.node(node).id);
    }
    return names;
}

void RunningCluster::subscribe() {
    for (const auto& gateway : gateways_) gateway->subscribe();
    std::uint64_t progress = 0;
    auto give_up_at = Clock::now() + patience;
    auto tell_at = Clock::now() + tell_every;
    for (;; std::this_thread::sleep_for(5ms)) {
        if (settings_.interrupted()) throw Interrupted("interrupted");
        check();
        std::size_t admitted = 0;
        std::size_t connections = 0;
        std::uint64_t confirmed = 0;
        std::uint64_t wanted = 0;
        for (const auto& gateway : gateways_) {
            admitted += gateway->admitted();
            connections += gateway->connections();
            confirmed += gateway->confirmed();
            wanted += gateway->wanted();
        }
        const auto now = Clock::now();
        if (std::exchange(progress, admitted + confirmed) != admitted + confirmed) {
            give_up_at = now + patience;
        }
        const bool complete = admitted == connections && confirmed == wanted;
        if (complete || now >= tell_at) {
            settings_.tell(grouped(admitted) + " of " + grouped(connections) +
                           " clients, subscribed " + grouped(confirmed) + " of " + grouped(wanted));
            tell_at = now + tell_every;
        }
        if (complete) return;
        if (now >= give_up_at) throw std::runtime_error("subscriptions are not confirmed");
    }
}

std::vector<NodeIndex> RunningCluster::owners() {
    const router::View view = ring_.view();
    std::vector<NodeIndex> node_of_member;
    for (const ring::Member& member : view.ring.members()) {
        const auto names = node_names();
        const auto found = std::ranges::find(names, member.id);
        node_of_member.push_back(
            found == names.end() ? nowhere : static_cast<NodeIndex>(found - names.begin()));
    }
    std::vector<NodeIndex> owners;
    owners.reserve(settings_.load.channels);
    for (std::uint64_t channel = 0; channel < settings_.load.channels; ++channel) {
        const auto owner = view.ring.owner(ChannelName(settings_.prefix, channel).text());
        owners.push_back(node_of_member[owner]);
    }
    return owners;
}

void RunningCluster::publish() {
    for (const auto& gateway : gateways_) gateway->publish();
}

void RunningCluster::stop_publishing() {
    for (const auto& gateway : gateways_) gateway->stop_publishing();
}

Moment RunningCluster::look() {
    check();
    Moment moment;
    for (const auto& probe : probes_) moment.nodes.push_back(probe->sample());
    look_at_gateways(moment);
    for (const auto& gateway : gateways_) {
        moment.published += gateway->traffic().published_count();
        moment.answered += gateway->traffic().answered_count();
        moment.heard += gateway->traffic().heard_count();
    }
    moment.at_ns = now_ns();
    return moment;
}

/// A sum of what some gateways tell would be taken for that of all.
void RunningCluster::look_at_gateways(Moment& moment) {
    const auto samples = gateway_probes_.sample();
    if (samples.empty() || !gateway_probes_.trouble().empty()) return;
    for (const GatewaySample& sample : samples) moment.gateways_cpu_s.push_back(*sample.cpu_s);
    const auto& first = samples.front().holds;
    if (!std::ranges::all_of(samples, [&](const GatewaySample& sample) {
            return sample.holds && first && sample.holds->has_bounds_of(*first);
        })) {
        return;
    }
    moment.hold_buckets = first;
    for (std::size_t i = 1; i < samples.size(); ++i) moment.hold_buckets->merge(*samples[i].holds);
}

void RunningCluster::change(Way way) {
    assert(way == Way::handoff);
    (void)way;
    ring_.ask(target_);
}

Remarks RunningCluster::remarks() {
    Remarks remarks;
    for (const auto& probe : probes_) remarks.nodes_mute.push_back(probe->trouble());
    remarks.gateways_mute = gateway_probes_.trouble();
    remarks.other_clients = target_.other_clients;
    for (const auto& gateway : gateways_) {
        remarks.through.push_back({gateway->gateway(), gateway->connections(),
                                   gateway->traffic().published_count(),
                                   gateway->traffic().heard_count()});
    }
    return remarks;
}

Histories RunningCluster::take() {
    Histories histories;
    for (const auto& gateway : gateways_) {
        gateway->take(histories.sent.emplace_back(), histories.heard.emplace_back());
    }
    return histories;
}

/// A load with a hole in it tells nothing of the cluster.
void RunningCluster::check() {
    for (const auto& gateway : gateways_) {
        if (const std::string trouble = gateway->trouble(); !trouble.empty()) {
            throw std::runtime_error(trouble);
        }
    }
}

}  // namespace ringcast::bench
