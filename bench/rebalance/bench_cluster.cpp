#include "bench_cluster.hpp"

#include "bench_control.hpp"
#include "child_process.hpp"
#include "loopback.hpp"
#include "measurement.hpp"
#include "redis_server.hpp"
#include "report.hpp"
#include "tcp_proxy.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 120s;

}  // namespace

struct BenchCluster::Nodes {
    std::deque<test::RedisServer> servers;
};

BenchCluster::BenchCluster(Settings settings, const Members& members,
                           std::shared_ptr<spdlog::logger> log)
    : settings_(std::move(settings)),
      members_(members),
      log_(std::move(log)),
      nodes_(std::make_unique<Nodes>()) {
    try {
        form();
    } catch (...) {
        close();  // what lives on a loop is destroyed there
        throw;
    }
}

BenchCluster::~BenchCluster() {
    close();
}

void BenchCluster::form() {
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
    if (settings_.naive_lag.count() > 0) {
        const auto port = settings_.zookeeper.substr(settings_.zookeeper.rfind(':') + 1);
        late_wire_ = std::make_unique<test::TcpProxy>(static_cast<std::uint16_t>(std::stoul(port)));
    }
    const std::size_t gateways = settings_.load.spread.gateways;
    for (std::size_t gateway = 0; gateway < gateways; ++gateway) {
        auto zookeeper = zookeeper_options(settings_);
        if (late_wire_ && gateway + 1 == gateways) zookeeper.hosts = late_wire_->address();
        gateways_.push_back(
            std::make_unique<BenchGateway>(gateway, settings_.load, std::move(zookeeper), log_));
    }
    await_links();
}

void BenchCluster::close() {
    if (late_wire_) late_wire_->serve();
    gateways_.clear();
    loop_.call([this] {
        late_news_.reset();
        control_.reset();
    });
    loop_.stop();
}

template <typename Condition>
void BenchCluster::await(Condition condition, const char* trouble) const {
    const bool came = test::wait_until(
        [&] {
            if (settings_.interrupted()) throw Interrupted("interrupted");
            return condition();
        },
        patience);
    if (!came) throw std::runtime_error(trouble);
}

void BenchCluster::await_first_view() {
    const auto formed = [this] {
        return loop_.call([this] { return control_->members_in_force(); }) ==
               members_.before.size();
    };
    await(formed, "the cluster did not form a view");
}

void BenchCluster::await_links() {
    for (const auto& gateway : gateways_) {
        const auto linked = [&] {
            const auto status = gateway->status();
            std::size_t up = 0;
            for (const auto& link : status.links) up += link.publishing && link.subscribing;
            return up == members_.before.size();
        };
        await(linked, "a gateway did not reach all nodes");
    }
}

void BenchCluster::subscribe() {
    for (const auto& gateway : gateways_) gateway->subscribe();
    std::uint64_t confirmed = 0;
    auto tell_at = std::chrono::steady_clock::now() + 2s;
    for (;;) {
        std::uint64_t now = 0;
        std::uint64_t wanted = 0;
        const auto progress = [&] {
            now = wanted = 0;
            for (const auto& gateway : gateways_) {
                now += gateway->confirmed();
                wanted += gateway->wanted();
            }
            return now == wanted || now > confirmed;
        };
        await(progress, "subscriptions are not confirmed");
        const auto time = std::chrono::steady_clock::now();
        if (settings_.tell && (now == wanted || time >= tell_at)) {
            settings_.tell("subscribed " + grouped(now) + " of " + grouped(wanted));
            tell_at = time + 2s;
        }
        if (now == wanted) return;
        confirmed = now;
    }
}

std::vector<std::string> BenchCluster::node_names() const {
    std::vector<std::string> names;
    for (std::size_t node = 0; node < members_.nodes(); ++node) {
        names.push_back(members_.node(node).id);
    }
    return names;
}

std::vector<NodeIndex> BenchCluster::owners() {
    return gateways_.front()->owners();
}

void BenchCluster::publish() {
    for (const auto& gateway : gateways_) gateway->publish();
}

void BenchCluster::stop_publishing() {
    for (const auto& gateway : gateways_) gateway->stop_publishing();
}

Moment BenchCluster::look() {
    Moment moment;
    moment.nodes = sample();
    moment.holds.emplace();
    for (const auto& gateway : gateways_) {
        moment.gateways_cpu_s.push_back(gateway->cpu_seconds());
        moment.published += gateway->published();
        moment.answered += gateway->answered();
        moment.heard += gateway->heard();
        *moment.holds += gateway->status().publish_holds;
    }
    moment.at_ns = now_ns();
    return moment;
}

void BenchCluster::change(Way way) {
    view_before_ = gateways_.front()->status().view;
    const bool crash = settings_.change.kind == Change::Kind::crash;
    if (way == Way::naive) return switch_naively();
    if (crash) {
        loop_.call([this] { control_->await_death(); });
        nodes_->servers.back().kill();
        return;
    }
    loop_.call([this] { control_->ask(settings_.change); });
}

/// There is no coordinator from then on.
void BenchCluster::switch_naively() {
    std::optional<router::Address> newcomer;
    if (settings_.change.kind == Change::Kind::add) {
        newcomer = router::Address{"127.0.0.1", nodes_->servers.back().port()};
    }
    loop_.call([this] { control_->stop_coordinating(); });
    if (settings_.change.kind == Change::Kind::crash) nodes_->servers.back().kill();
    if (late_wire_) late_wire_->hold();
    loop_.call([&] {
        control_->switch_naively(settings_.change, newcomer);
        if (!late_wire_) return;
        late_news_ = loop_.scheduler().after(settings_.naive_lag, [this] { late_wire_->serve(); });
    });
}

/// Each node carries exactly what the plan gives it, and the control channel if anybody is there
/// at all: nothing is left where it was. And every gateway knows.
std::optional<std::int64_t> BenchCluster::settled_at(const Moment& now, const Cost& plan) {
    for (std::size_t node = 0; node < plan.after.size(); ++node) {
        const std::uint64_t channels = now.nodes[node].channels;
        const bool member = node < members_.after.size();
        if (member ? channels != plan.after[node] + 1 : channels > 1) return std::nullopt;
    }
    const bool all_know = std::ranges::all_of(gateways_, [this](const auto& gateway) {
        const auto status = gateway->status();
        return status.view > view_before_ && status.channels_pending == 0;
    });
    return all_know ? std::optional(now.at_ns) : std::nullopt;
}

Histories BenchCluster::take() {
    Histories histories;
    for (const auto& gateway : gateways_) {
        gateway->take(histories.sent.emplace_back(), histories.heard.emplace_back());
    }
    return histories;
}

Phases BenchCluster::phases() {
    return loop_.call([this] { return control_->phases(); });
}

std::vector<NodeSample> BenchCluster::sample() const {
    std::vector<NodeSample> samples;
    for (const test::RedisServer& server : nodes_->servers) {
        samples.push_back(
            parse_answer(test::ask(server.port(), node_question, is_whole_answer, 10s)));
    }
    return samples;
}

}  // namespace ringcast::bench
