#include "world.hpp"

#include "messages.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/settings.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace ringcast::simulation {

using membership::SessionState;
using router::PublishAnswer;

namespace {

/// Without a level that is told nothing is composed either.
std::shared_ptr<spdlog::logger> silent_log() {
    auto log = std::make_shared<spdlog::logger>("simulation");
    log->set_level(spdlog::level::off);
    return log;
}

}  // namespace

World::World(const Setup& wanted)
    : setup(wanted),
      scheduler(wanted.seed),
      stage(scheduler.start("stage")),
      chance_(wanted.seed, 2),
      delays_(wanted.seed, 3),
      channels_(name_channels(wanted.channels)),
      ensemble_({.unix_ms =
                     [this] {
                         return scheduler.now().time_since_epoch() / std::chrono::milliseconds(1);
                     }}),
      around_{scheduler,
              ensemble_,
              history,
              nodes,
              channels_,
              {.answered = [this](auto&... of) { situations_.answered(of...); },
               .delivers = [this](auto&&... of) { situations_.delivers(of...); },
               .breaks = [this](auto& gateway, auto& wire) { doubts_.breaks(gateway, wire); }},
              [this] { return latency(); },
              [this] { return lag(); },
              silent_log(),
              wanted.crowded},
      situations_(*this),
      doubts_(*this),
      steps_(*this),
      expectations_(*this, ensemble_),
      witness_(ensemble_.attach(stage)),
      view_(*witness_, stage, std::string(router::paths::view), [this] { follow_view(); }),
      requests_(*witness_, stage, {std::string(router::paths::requests), "r-", "operator"}),
      queue_(*witness_, stage, std::string(router::paths::requests), "r-", [] {}) {
    stage.post([this] { settle_settings(); });
    look_at_zombies();
}

World::~World() {
    for (const auto& gateway : gateways) gateway->kill();
    for (const auto& node : nodes) node->dismiss_agent();
}

/// Mostly well below a millisecond; a few percent take up to twenty times as long.
Chance::Duration World::latency() {
    const auto usual = delays_.between(20us, 400us);
    if (!delays_.percent(3)) return usual;
    return usual * static_cast<std::int64_t>(1 + delays_.below(20));
}

/// Servers of the ensemble are mostly up to date; now and then one is behind.
Chance::Duration World::lag() {
    return delays_.percent(80) ? Chance::Duration::zero() : delays_.between(0ms, 15ms);
}

/// What the cluster is to hold to: limits short enough for a run, and a rate at which a handoff
/// takes its time in some.
void World::settle_settings() {
    router::ClusterSettings settings;
    settings.subscribe_rate =
        static_cast<std::uint32_t>(chance_.percent(50) ? 20 + chance_.below(200) : 20'000);
    settings.prepare_seconds_max = static_cast<std::uint32_t>(1 + chance_.below(2));
    settings.leave_seconds_max = 1;
    settings.flap_count_max = chance_.percent(70) ? 1'000 : 3;
    witness_->create(std::string(router::paths::config), encode(settings),
                     membership::Mode::persistent, [](std::error_code, const std::string&) {});
}

std::vector<std::string> World::name_channels(std::size_t count) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < count; ++i) names.push_back(name_of_channel(i));
    return names;
}

void World::note(std::string text) {
    history.add({.at = scheduler.now().time_since_epoch(), .text = std::move(text)});
}

void World::start_node(const SimulatedNode* elsewhere) {
    const auto number = static_cast<std::uint32_t>(nodes.size());
    const std::string id =
        elsewhere != nullptr ? elsewhere->id() : "node-" + std::to_string(number);
    nodes.push_back(std::make_unique<SimulatedNode>(scheduler, ensemble_, nodes, number, id));
    ensemble_.set_latency(nodes.back()->znodes(), around_.latency);
    ensemble_.set_lag(nodes.back()->znodes(), around_.lag);
    watch(*nodes.back());
    note("node " + std::to_string(number) + " starts" + (elsewhere != nullptr ? " as " + id : ""));
}

bool World::wants_nodes() const {
    std::set<std::string_view> ids;
    for (const auto& node : nodes) ids.insert(node->id());
    return ids.size() < setup.members + setup.standby;
}

void World::watch(SimulatedNode& node) {
    node.redis().set_latency([this] { return latency(); });
    node.redis().set_witness([this, &node](router::ViewNumber view, const std::string& channel,
                                           const std::string& payload, PublishAnswer::Kind what) {
        const bool accepted = what == PublishAnswer::Kind::accepted;
        Event event{
            .kind = accepted ? Event::Kind::accepted : Event::Kind::refused,
            .who = node.number(),
            .message = message_of(number_of_channel(channel), std::string_view(payload).substr(1)),
            .view = static_cast<std::uint64_t>(view),
            .at = scheduler.now().time_since_epoch()};
        if (what == PublishAnswer::Kind::stale) fenced_off_.insert(event.message);
        if (what == PublishAnswer::Kind::again) count(Rare::refused_lease);
        if (accepted && fenced_off_.contains(event.message)) count(Rare::resent);
        history.add(std::move(event));
    });
    node.on_loss([this, &node] {
        if (fences_.erase(node.number()) > 0) lost_fences_.insert(node.number());
        history.add({.kind = Event::Kind::restarted,
                     .who = node.number(),
                     .at = scheduler.now().time_since_epoch()});
    });
    node.redis().set_fence_witness(
        [this, &node](router::ViewNumber fence) { fenced(node, fence); });
}

void World::start_gateway() {
    const auto number = static_cast<std::uint32_t>(gateways.size());
    note("gateway " + std::to_string(number) + " starts");
    if (record_ && record_->proposal) count(Rare::late_gateway);
    gateways.push_back(std::make_unique<SimulatedGateway>(around_, number));
    gateways.back()->tripwire().observe(steps_.observer_of(*gateways.back()));
    work(number);
}

void World::appends(const SimulatedGateway& coordinator, std::string_view entry) {
    if (const auto read = router::parse_history_entry(entry)) {
        expectations_.appends(coordinator, *read);
    }
    if (at_append_) at_append_();
}

/// What the clients of one gateway do, again and again, on its own thread.
void World::work(std::size_t number) {
    SimulatedGateway& gateway = *gateways[number];
    if (!gateway.alive()) return;
    if (traffic_ && gateway.ready() && !hushed_.contains(number)) serve_clients(gateway);
    const auto pause = busy() ? chance_.between(100us, 700us) : chance_.between(5ms, 60ms);
    clients_[number] = gateway.process().after(pause, [this, number] { work(number); });
}

void World::hush(const SimulatedGateway& gateway, bool hushed) {
    if (hushed) {
        hushed_.insert(gateway.number());
    } else {
        hushed_.erase(gateway.number());
    }
}

/// While the view changes everybody publishes as fast as he can: that is when it matters what is
/// under way.
void World::hurry() {
    busy_until_ = scheduler.now() + 8ms;
    for (const auto& gateway : gateways) {
        if (!gateway->alive()) continue;
        const auto number = gateway->number();
        clients_[number] =
            gateway->process().after(chance_.between(0us, 300us), [this, number] { work(number); });
    }
}

void World::serve_clients(SimulatedGateway& gateway) {
    const auto any_channel = [&] {
        return static_cast<std::uint32_t>(
            chance_.below(chance_.percent(60) ? busy_channels : setup.channels));
    };
    if (!gateway.has_clients()) {
        for (std::uint32_t channel = 0; channel < setup.channels; ++channel) {
            for (std::size_t i = 0; i < listeners_each; ++i) {
                if (chance_.percent(60)) gateway.subscribe(i, channel);
            }
        }
        return;
    }
    const auto who = chance_.below(listeners_each);
    if (chance_.percent(20)) {
        const auto channel = any_channel();
        if (!gateway.wants(who, channel)) {
            gateway.subscribe(who, channel);
        } else if (chance_.percent(50)) {
            gateway.unsubscribe(who, channel);
        }
    }
    const auto channel =
        busy() ? static_cast<std::uint32_t>(chance_.below(busy_channels)) : any_channel();
    for (auto left = chance_.below(5); left > 0; --left) gateway.publish(who, channel);
}

void World::publish_everywhere() {
    for (SimulatedGateway* const gateway : serving()) {
        for (std::uint32_t channel = 0; channel < setup.channels; ++channel) {
            gateway->publish(0, channel);
        }
    }
}

void World::ask_for_a_change() {
    if (nodes.empty() || queue_.items().size() > 2) return;
    using Kind = router::Request::Kind;
    static constexpr std::array kinds{Kind::add,    Kind::add, Kind::remove, Kind::remove,
                                      Kind::weight, Kind::pin, Kind::pin,    Kind::unpin};
    router::Request request;
    request.by = "operator";
    request.kind = chance_.pick(kinds);
    if (request.kind != Kind::unpin) request.node = chance_.pick(nodes)->id();
    if (request.kind == Kind::weight) {
        request.weight = static_cast<std::uint32_t>(50 + 50 * chance_.below(4));
    }
    if (request.kind == Kind::pin || request.kind == Kind::unpin) {
        request.channel = channels_[chance_.below(busy_channels)];
    } else if (chance_.percent(20)) {
        request.steps = {50, 100};
    }
    ask(request, [this](std::error_code error, const std::string& name) {
        if (error || !chance_.percent(10)) return;
        later(chance_.between(1ms, 60ms), [this, name] { take_back(name); });
    });
}

void World::ask(const router::Request& request, membership::Queue::PushHandler handler) {
    note("operator asks: " + std::string(name_of(request.kind)) + " " + request.node + " " +
         request.channel);
    requests_.push(encode(request), std::move(handler));
}

void World::ask_for_a_slow_change(std::uint32_t rate) {
    if (!record_) return;
    const auto& members = record_->in_force.ring.members();
    router::Request request;
    request.by = "operator";
    request.kind = router::Request::Kind::weight;
    request.node = members.front().id;
    request.weight = members.front().weight * 3;
    request.rate = rate;
    ask(request, [](std::error_code, const std::string&) {});
}

void World::forgive_no_fall() {
    auto settings = expectations_.settings();
    settings.flap_count_max = 1;
    witness_->set(std::string(router::paths::config), encode(settings), membership::any_version,
                  [](std::error_code, const membership::Stat&) {});
}

void World::ask_to_pin(std::uint32_t channel, const SimulatedNode& node) {
    router::Request request;
    request.by = "operator";
    request.kind = router::Request::Kind::pin;
    request.node = node.id();
    request.channel = channels_[channel];
    ask(request, [](std::error_code, const std::string&) {});
}

void World::take_back(const std::string& request) {
    note("operator takes back " + request);
    requests_.remove(request, [](std::error_code) {});
}

void World::take_back_first() {
    if (!queue_.items().empty()) take_back(queue_.items().front().name);
}

SimulatedGateway* World::leader() {
    for (const auto& gateway : gateways) {
        if (gateway->alive() && gateway->serving() && gateway->coordinator().status().leading) {
            return gateway.get();
        }
    }
    return nullptr;
}

std::vector<SimulatedGateway*> World::serving() {
    std::vector<SimulatedGateway*> found;
    for (const auto& gateway : gateways) {
        if (gateway->alive() && gateway->serving()) found.push_back(gateway.get());
    }
    return found;
}

}  // namespace ringcast::simulation
