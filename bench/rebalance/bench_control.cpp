#include "bench_control.hpp"

#include "live_plan.hpp"
#include "ringcast/membership/random_id.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/settings.hpp"

#include <cassert>
#include <string>
#include <utility>

namespace ringcast::bench {

membership::ZooKeeperOptions zookeeper_options(const BenchCluster::Settings& settings) {
    membership::ZooKeeperOptions options;
    options.hosts = settings.zookeeper;
    options.root = "/ringcast/" + settings.name;
    return options;
}

BenchCluster::Control::Control(EventLoop& loop, const Settings& settings, const Members& members,
                               std::shared_ptr<spdlog::logger> log)
    : loop_(loop),
      settings_(settings),
      members_(members),
      log_(std::move(log)),
      znodes_(membership::make_zookeeper(loop.scheduler(), zookeeper_options(settings), log_)),
      nodes_(router::make_node_control(loop.context().get_executor(), router::NodeOptions{},
                                       "ringcast:bench:control")),
      watch_(*znodes_, loop.scheduler(), log_),
      config_(*znodes_, loop.scheduler(), std::string(router::paths::config)),
      requests_(*znodes_, loop.scheduler(),
                {std::string(router::paths::requests), "r-", membership::random_id()}) {
    router::ClusterSettings cluster;
    cluster.subscribe_rate = settings.rate != 0 ? settings.rate : unlimited_rate;
    config_.write(encode(cluster), std::nullopt, [this](std::error_code error, std::int32_t) {
        if (error) log_->error("config: {}", error.message());
    });
    router::CoordinatorOptions options;
    options.genesis_nodes_min = members.before.size();
    options.ring_seed = settings.seed;
    coordinator_ =
        router::make_coordinator(*znodes_, loop.scheduler(), *nodes_, "bench", options, log_);
}

void BenchCluster::Control::add_agent(const ring::Member& member, std::uint16_t port) {
    router::AgentConfiguration configuration;
    configuration.agent.node.id = member.id;
    configuration.agent.node.weight = member.weight;
    configuration.agent.node.zone = member.zone;
    configuration.agent.node.address = {"127.0.0.1", port};
    configuration.agent.node.instance = membership::random_id();
    configuration.redis = configuration.agent.node.address;
    agents_.push_back(std::make_unique<router::Agent>(loop_.context().get_executor(),
                                                      loop_.scheduler(), *znodes_,
                                                      std::move(configuration), log_, [](int) {}));
    agents_.back()->start();
}

std::size_t BenchCluster::Control::members_in_force() const {
    const auto& record = watch_.record();
    return record ? record->in_force.ring.members().size() : 0;
}

void BenchCluster::Control::ask(const Change& change) {
    watch_.begin();
    router::Request request = request_for(change.kind, members_.changed().id,
                                          members_.after.back().weight, settings_.rate);
    request.by = "ringcast-bench";
    requests_.push(encode(request), [this](std::error_code error, std::string name) {
        if (error) return watch_.refuse(error.message());
        watch_.asked_as(std::move(name));
    });
}

void BenchCluster::Control::await_death() {
    watch_.begin();
    watch_.asked_as("");
}

void BenchCluster::Control::switch_naively(const Change& change,
                                           const std::optional<router::Address>& address) {
    assert(watch_.record() && watch_.view().value());
    const router::View& now = watch_.record()->in_force;
    const auto ring = change.kind == Change::Kind::crash
                          ? now.ring.without(members_.before.back().id)
                          : ring::Ring::next(now.ring, members_.after);
    if (!ring) return watch_.refuse(ring.refusal().text());
    router::View next{router::next_number(*watch_.record()), *ring, {}};
    for (const ring::Member& member : ring->members()) {
        const auto index = now.ring.find(member.id);
        next.addresses.push_back(index ? now.address_of(*index) : address.value());
    }
    router::ViewRecord record{std::move(next), {}, {}};
    record.previous = now.number;
    watch_.begin();
    watch_.view().write(encode(record), watch_.view().value()->version,
                        [this](std::error_code error, std::int32_t) {
                            if (error) watch_.refuse(error.message());
                        });
}

void BenchCluster::Control::stop_coordinating() {
    coordinator_->stop();
    coordinator_.reset();
}

}  // namespace ringcast::bench
