#include "bench_cluster.hpp"

#include "agent.hpp"
#include "child_process.hpp"
#include "loopback.hpp"
#include "redis_server.hpp"
#include "report.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/random_id.hpp"
#include "ringcast/router/coordinator.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/node_control.hpp"
#include "ringcast/router/settings.hpp"

#include <cassert>
#include <charconv>
#include <deque>
#include <stdexcept>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 120s;

/// In a request 0 means the cluster's rate: more than any machine does means no limit.
constexpr std::uint32_t no_limit = 10'000'000;

membership::ZooKeeperOptions zookeeper_options(const BenchCluster::Settings& settings) {
    membership::ZooKeeperOptions options;
    options.hosts = settings.zookeeper;
    options.root = "/ringcast/" + settings.name;
    return options;
}

/// The whole of a bulk reply has come: "$<length>\r\n<bytes>\r\n".
bool is_whole_bulk(std::string_view text) {
    const auto line = text.find("\r\n");
    if (!text.starts_with("$") || line == std::string_view::npos) return false;
    std::size_t length = 0;
    std::from_chars(text.data() + 1, text.data() + line, length);
    return text.size() >= line + 2 + length + 2;
}

}  // namespace

struct BenchCluster::Nodes {
    std::deque<test::RedisServer> servers;
};

/// Coordinator, agents, and what watches them. Lives on the loop of the cluster.
class BenchCluster::Control {
public:
    Control(EventLoop& loop, const Settings& settings, const Members& members,
            std::shared_ptr<spdlog::logger> log)
        : loop_(loop),
          settings_(settings),
          members_(members),
          log_(std::move(log)),
          znodes_(membership::make_zookeeper(loop.scheduler(), zookeeper_options(settings), log_)),
          nodes_(router::make_node_control(loop.context().get_executor(), router::NodeOptions{})),
          view_(*znodes_, loop.scheduler(), std::string(router::paths::view),
                [this] { view_changed(); }),
          history_(*znodes_, loop.scheduler(), std::string(router::paths::history),
                   [this] { history_changed(); }),
          config_(*znodes_, loop.scheduler(), std::string(router::paths::config)),
          requests_(*znodes_, loop.scheduler(),
                    {std::string(router::paths::requests), "r-", membership::random_id()}) {
        router::ClusterSettings cluster;
        cluster.subscribe_rate = settings.rate != 0 ? settings.rate : no_limit;
        config_.write(encode(cluster), std::nullopt, [this](std::error_code error, std::int32_t) {
            if (error) log_->error("config: {}", error.message());
        });
        router::CoordinatorOptions options;
        options.genesis_nodes_min = members.before.size();
        options.ring_seed = settings.seed;
        coordinator_ =
            router::make_coordinator(*znodes_, loop.scheduler(), *nodes_, "bench", options, log_);
    }

    void add_agent(const ring::Member& member, std::uint16_t port) {
        router::AgentConfiguration configuration;
        configuration.agent.node.id = member.id;
        configuration.agent.node.weight = member.weight;
        configuration.agent.node.zone = member.zone;
        configuration.agent.node.address = {"127.0.0.1", port};
        configuration.agent.node.instance = membership::random_id();
        configuration.redis = configuration.agent.node.address;
        agents_.push_back(
            std::make_unique<router::Agent>(loop_.context().get_executor(), loop_.scheduler(),
                                            *znodes_, std::move(configuration), log_, [](int) {}));
        agents_.back()->start();
    }

    [[nodiscard]] std::size_t members_in_force() const {
        return record_ ? record_->in_force.ring.members().size() : 0;
    }

    void await_death() { phases_.asked = now_ns(); }

    void ask(const Change& change) {
        router::Request request;
        request.by = "ringcast-bench";
        request.rate = settings_.rate != 0 ? settings_.rate : no_limit;
        switch (change.kind) {
            case Change::Kind::add:
                request.kind = router::Request::Kind::add;
                request.node = members_.after.back().id;
                break;
            case Change::Kind::remove:
                request.kind = router::Request::Kind::remove;
                request.node = members_.before.back().id;
                break;
            case Change::Kind::weight:
                request.kind = router::Request::Kind::weight;
                request.node = members_.after.back().id;
                request.weight = members_.after.back().weight;
                break;
            case Change::Kind::crash:
                return;  // nobody asks for that
        }
        phases_.asked = now_ns();
        requests_.push(encode(request), [this](std::error_code error, std::string name) {
            if (error) phases_.refused = error.message();
            request_ = std::move(name);
            history_changed();
        });
    }

    /// `address` is that of a node which joins.
    void switch_naively(const Change& change, const std::optional<router::Address>& address) {
        assert(record_ && view_.value());
        const router::View& now = record_->in_force;
        const auto ring = change.kind == Change::Kind::crash
                              ? now.ring.without(members_.before.back().id)
                              : ring::Ring::next(now.ring, members_.after);
        if (!ring) {
            phases_.refused = ring.refusal().text();
            return;
        }
        router::View next{router::next_number(*record_), *ring, {}};
        for (const ring::Member& member : ring->members()) {
            const auto index = now.ring.find(member.id);
            next.addresses.push_back(index ? now.address_of(*index) : address.value());
        }
        router::ViewRecord record{std::move(next), {}, {}};
        record.previous = now.number;
        phases_.asked = now_ns();
        view_.write(encode(record), view_.value()->version,
                    [this](std::error_code error, std::int32_t) {
                        if (error) phases_.refused = error.message();
                    });
    }

    void stop_coordinating() {
        coordinator_->stop();
        coordinator_.reset();
    }

    [[nodiscard]] const Phases& phases() const { return phases_; }

private:
    void view_changed() {
        if (!view_.value()) return;
        auto record = router::decode_view_record(view_.value()->data);
        if (!record) {
            log_->error("the view cannot be read: {}", record.error().message());
            return;
        }
        const bool changes = phases_.asked != 0;
        const bool later = record_ && record->in_force.number > record_->in_force.number;
        if (changes && record->proposal) {
            if (phases_.prepare == 0) phases_.prepare = now_ns();
            if (record->proposal->stage == router::Stage::fence && phases_.fence == 0) {
                phases_.fence = now_ns();
            }
        }
        if (changes && later && phases_.in_force == 0) phases_.in_force = now_ns();
        record_ = std::move(*record);
    }

    void history_changed() {
        if (phases_.asked == 0 || phases_.done != 0) return;
        for (const auto& [name, entry] : history_.entries()) {
            const auto told = router::parse_history_entry(entry.data);
            const bool ours =
                told && (request_.empty() ? told->what == "death" : told->request == request_);
            if (!ours) continue;
            phases_.done = now_ns();
            if (!told->done) phases_.refused = told->reason;
        }
    }

    EventLoop& loop_;
    const Settings& settings_;
    const Members& members_;
    const std::shared_ptr<spdlog::logger> log_;
    std::unique_ptr<membership::Znodes> znodes_;
    std::unique_ptr<router::NodeControl> nodes_;
    std::optional<router::ViewRecord> record_;
    Phases phases_;
    std::string request_;  ///< its znode
    membership::Configuration view_;
    membership::Roster history_;
    membership::Configuration config_;
    membership::Queue requests_;
    std::vector<std::unique_ptr<router::Agent>> agents_;
    std::unique_ptr<router::Coordinator> coordinator_;
};

BenchCluster::BenchCluster(Settings settings, const Members& members,
                           std::shared_ptr<spdlog::logger> log)
    : settings_(std::move(settings)),
      members_(members),
      log_(std::move(log)),
      nodes_(std::make_unique<Nodes>()) {
    for (std::size_t node = 0; node < members_.nodes(); ++node) {
        nodes_->servers.emplace_back();
    }
    loop_.call([this] {
        control_ = std::make_unique<Control>(loop_, settings_, members_, log_);
        for (std::size_t node = 0; node < members_.before.size(); ++node) {
            control_->add_agent(members_.before[node], nodes_->servers[node].port());
        }
    });
    await_first_view();
    if (members_.after.size() > members_.before.size()) {
        loop_.call(
            [this] { control_->add_agent(members_.after.back(), nodes_->servers.back().port()); });
    }
    for (std::size_t gateway = 0; gateway < settings_.load.spread.gateways; ++gateway) {
        gateways_.push_back(std::make_unique<BenchGateway>(gateway, settings_.load,
                                                           zookeeper_options(settings_), log_));
    }
    await_links();
}

BenchCluster::~BenchCluster() {
    gateways_.clear();
    loop_.call([this] { control_.reset(); });
    loop_.stop();
}

void BenchCluster::await_first_view() {
    const bool made = test::wait_until(
        [this] {
            return loop_.call([this] { return control_->members_in_force(); }) ==
                   members_.before.size();
        },
        patience);
    if (!made) throw std::runtime_error("the cluster did not form a view");
}

void BenchCluster::await_links() {
    for (const auto& gateway : gateways_) {
        const bool linked = test::wait_until(
            [&] {
                const auto status = gateway->status();
                std::size_t up = 0;
                for (const auto& link : status.links) up += link.publishing && link.subscribing;
                return up == members_.before.size();
            },
            patience);
        if (!linked) throw std::runtime_error("a gateway did not reach all nodes");
    }
}

void BenchCluster::subscribe() {
    for (const auto& gateway : gateways_) gateway->subscribe();
    std::uint64_t confirmed = 0;
    auto tell_at = std::chrono::steady_clock::now() + 2s;
    for (;;) {
        std::uint64_t now = 0;
        std::uint64_t wanted = 0;
        const bool progress = test::wait_until(
            [&] {
                now = wanted = 0;
                for (const auto& gateway : gateways_) {
                    now += gateway->confirmed();
                    wanted += gateway->wanted();
                }
                return now == wanted || now > confirmed;
            },
            patience);
        if (!progress) throw std::runtime_error("subscriptions are not confirmed");
        const auto time = std::chrono::steady_clock::now();
        if (settings_.tell && (now == wanted || time >= tell_at)) {
            settings_.tell("subscribed " + grouped(now) + " of " + grouped(wanted));
            tell_at = time + 2s;
        }
        if (now == wanted) return;
        confirmed = now;
    }
}

void BenchCluster::ask() {
    if (settings_.change.kind == Change::Kind::crash) {
        loop_.call([this] { control_->await_death(); });
        nodes_->servers.back().kill();
        return;
    }
    loop_.call([this] { control_->ask(settings_.change); });
}

void BenchCluster::switch_naively() {
    std::optional<router::Address> newcomer;
    if (settings_.change.kind == Change::Kind::add) {
        newcomer = router::Address{"127.0.0.1", nodes_->servers.back().port()};
    }
    loop_.call([this] { control_->stop_coordinating(); });
    if (settings_.change.kind == Change::Kind::crash) nodes_->servers.back().kill();
    loop_.call([&] { control_->switch_naively(settings_.change, newcomer); });
}

Phases BenchCluster::phases() {
    return loop_.call([this] { return control_->phases(); });
}

std::vector<NodeSample> BenchCluster::sample() const {
    std::vector<NodeSample> samples;
    for (const test::RedisServer& server : nodes_->servers) {
        samples.push_back(parse_info(test::ask(server.port(), "INFO ALL\r\n", is_whole_bulk, 10s)));
    }
    return samples;
}

}  // namespace ringcast::bench
