#include "redis_world.hpp"

#include "node_keys.hpp"
#include "ringcast/router/asio_scheduler.hpp"
#include "ringcast/router/entries.hpp"

#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <stdexcept>

namespace ringcast::router::test {

using namespace std::chrono_literals;

std::size_t Received::count(const std::string& channel, std::string_view text) const {
    const auto found = on.find(channel);
    if (found == on.end()) return 0;
    return static_cast<std::size_t>(std::ranges::count(found->second, text));
}

std::string quoted(std::string_view key) {
    return "\"\\xff" + std::string(key.substr(1)) + "\"";
}

RedisWorld::RedisWorld(std::size_t count, std::vector<std::string> arguments)
    : scheduler(make_asio_scheduler(loop.get_executor())),
      coordinator_(ensemble.attach(*scheduler)) {
    for (std::size_t i = 0; i < count; ++i) {
        servers.emplace_back(arguments);
        (void)servers.back().command("SET " + quoted(node_keys::lease) + " " + id_of(i));
    }
}

RedisWorld::~RedisWorld() {
    for (Gateway& gateway : gateways) gateway.router->stop();
    for (Gateway& gateway : gateways) gateway.router.reset();
    for (auto& server : servers) server.thaw();
}

RouterOptions RedisWorld::patient() {
    RouterOptions options;
    options.node.connect_timeout = 10s;
    options.node.answer_timeout = 30s;
    options.node.probe_timeout = 30s;
    options.hold_time_max = 30s;
    return options;
}

RedisWorld::Gateway& RedisWorld::add_gateway(RouterOptions options) {
    Gateway& gateway = gateways.emplace_back();
    if (options.gateway_id.empty()) {
        options.gateway_id = "gateway-" + std::to_string(gateways.size());
    }
    const auto log =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_st>());
    gateway.znodes = ensemble.attach(*scheduler);
    gateway.links = make_redis_links(loop.get_executor(), *scheduler, options, log);
    gateway.router = make_router(
        *gateway.znodes, *scheduler, *gateway.links,
        [](std::string_view, std::string_view payload) { return std::string(payload); }, options,
        log);
    (void)gateway.router->attach(gateway.received);
    return gateway;
}

void RedisWorld::change_view(const std::vector<std::size_t>& members) {
    std::vector<ring::Member> named;
    for (const std::size_t i : members)
        named.push_back({.id = id_of(i), .weight = 100, .zone = {}});
    auto ring = view_ ? ring::Ring::next(view_->ring, named) : ring::Ring::genesis(named);
    if (!ring) throw std::logic_error(ring.refusal().text());
    View next{view_ ? successor(view_->number) : ViewNumber{1}, *ring, {}};
    for (const ring::Member& member : next.ring.members()) {
        const auto number = std::stoul(member.id.substr(std::string_view("redis-").size()));
        next.addresses.push_back({"127.0.0.1", servers[number].port()});
    }
    ViewRecord record{next, {}, {}};
    if (view_) record.previous = view_->number;
    const std::string bytes = encode(record);
    const std::string path(paths::view);
    if (view_) {
        coordinator_->set(path, bytes, membership::any_version, [](auto, auto) {});
    } else {
        coordinator_->create(path, bytes, membership::Mode::persistent, [](auto, auto) {});
    }
    view_ = std::move(next);
}

bool RedisWorld::run_until(const std::function<bool()>& condition,
                           std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        loop.run_one_for(10ms);
        loop.restart();
    }
    return true;
}

bool RedisWorld::run_until_linked(const Gateway& gateway) {
    return run_until([&] {
        const RouterStatus status = gateway.router->status();
        return !status.links.empty() && std::ranges::all_of(status.links, [](const auto& link) {
            return link.publishing && link.subscribing;
        });
    });
}

bool RedisWorld::subscribe(Gateway& gateway, const std::vector<std::string>& channels) {
    std::size_t confirmed = 0;
    for (const std::string& channel : channels) {
        gateway.router->subscribe(0, channel,
                                  [&](boost::system::error_code error) { confirmed += !error; });
    }
    return run_until([&] { return confirmed == channels.size(); }, 20s);
}

boost::system::error_code RedisWorld::publish(Gateway& gateway, const std::string& channel,
                                              const std::string& payload) {
    struct Outcome {
        bool known = false;
        boost::system::error_code error;
    };
    const auto outcome = std::make_shared<Outcome>();
    gateway.router->publish(channel, payload, [outcome](boost::system::error_code error) {
        *outcome = {true, error};
    });
    if (!run_until([&] { return outcome->known; })) throw std::runtime_error("never answered");
    return outcome->error;
}

std::size_t RedisWorld::owner_of(const Gateway& gateway, const std::string& channel) const {
    return std::stoul(gateway.router->owner_of(channel).substr(std::string_view("redis-").size()));
}

}  // namespace ringcast::router::test
