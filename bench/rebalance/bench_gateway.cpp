#include "bench_gateway.hpp"

#include "loaded_cluster.hpp"
#include "ringcast/membership/random_id.hpp"
#include "ringcast/router/entries.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

/// Subscriptions asked for and not confirmed, at most: a gateway's clients do not come all at once.
constexpr std::uint64_t subscribing_max = 20'000;
constexpr auto publish_every = 1ms;

}  // namespace

BenchGateway::BenchGateway(std::size_t index, Load load, membership::ZooKeeperOptions zookeeper,
                           std::shared_ptr<spdlog::logger> log)
    : index_(index), load_(load), log_(std::move(log)), traffic_(index, load) {
    for (std::uint64_t channel = 0; channel < load_.channels; ++channel) {
        for (std::size_t which = 0; which < load_.spread.subscribers; ++which) {
            wanted_ += load_.spread.gateway(channel, which) == index_;
        }
    }
    loop_.call([&] {
        znodes_ = membership::make_zookeeper(loop_.scheduler(), std::move(zookeeper), log_);
        announce();
    });
}

BenchGateway::~BenchGateway() {
    loop_.call([this] {
        timer_.reset();
        if (router_) router_->stop();
        router_.reset();
        links_.reset();
        announcement_.reset();
        znodes_.reset();
    });
    loop_.stop();
}

/// As a gateway does: registers first, reads the view second.
void BenchGateway::announce() {
    const std::string id = "bench-" + std::to_string(index_);
    router::GatewayEntry entry;
    entry.id = id;
    announcement_ = std::make_unique<membership::Announcement>(
        *znodes_, loop_.scheduler(),
        membership::Announcement::Options{std::string(router::paths::gateways), "g-", true,
                                          membership::random_id()},
        encode(entry), [this](membership::Announcement::State state) {
            if (state != membership::Announcement::State::announced) return;
            if (!router_) serve();
            router_->announced_as(announcement_->name());
        });
}

void BenchGateway::serve() {
    router::RouterOptions options;
    options.gateway_id = "bench-" + std::to_string(index_);
    links_ =
        router::make_redis_links(loop_.context().get_executor(), loop_.scheduler(), options, log_);
    router_ = router::make_router(
        *znodes_, loop_.scheduler(), *links_,
        [](std::string_view, std::string_view payload) { return std::string(payload); }, options,
        log_);
    router_->on_change([this] { report_unreachable(); });
    listener_ = router_->attach(*this);
}

void BenchGateway::report_unreachable() {
    router::GatewayEntry entry;
    entry.id = "bench-" + std::to_string(index_);
    for (const auto& link : router_->status().links) {
        if (link.unreachable) entry.unreachable.push_back(link.member);
    }
    std::ranges::sort(entry.unreachable);
    announcement_->update(encode(entry));
}

void BenchGateway::subscribe() {
    loop_.scheduler().post([this] { subscribe_more(); });
}

void BenchGateway::subscribe_more() {
    while (!refused_.empty() && asked_ - confirmed_ < subscribing_max) {
        const std::uint64_t channel = refused_.back();
        refused_.pop_back();
        subscribe_to(channel);
    }
    while (next_channel_ < load_.channels && asked_ - confirmed_ < subscribing_max) {
        const std::uint64_t channel = next_channel_++;
        for (std::size_t which = 0; which < load_.spread.subscribers; ++which) {
            if (load_.spread.gateway(channel, which) == index_) subscribe_to(channel);
        }
    }
    if (confirmed_ < wanted_) timer_ = loop_.scheduler().after(1ms, [this] { subscribe_more(); });
}

/// Tries again when the node could not be reached: a busy machine is no reason to give up.
void BenchGateway::subscribe_to(std::uint64_t channel) {
    ++asked_;
    router_->subscribe(listener_, std::string(ChannelName(channel).text()),
                       [this, channel](boost::system::error_code error) {
                           if (!error) {
                               ++confirmed_;
                           } else {
                               --asked_;
                               refused_.push_back(channel);
                           }
                       });
}

void BenchGateway::publish() {
    loop_.call([this] {
        publishing_ = true;
        traffic_.begin(now_ns());
        publish_due();
    });
}

void BenchGateway::stop_publishing() {
    loop_.call([this] {
        publishing_ = false;
        timer_.reset();
    });
}

void BenchGateway::publish_due() {
    if (!publishing_) return;
    const std::int64_t now = now_ns();
    while (const auto due = traffic_.next(now)) publish_one(*due);
    timer_ = loop_.scheduler().after(publish_every, [this] { publish_due(); });
}

void BenchGateway::publish_one(const Traffic::Due& due) {
    router_->publish(std::string(ChannelName(due.header.channel).text()), payload_of(due.header),
                     [this, place = due.place](boost::system::error_code error) {
                         traffic_.answered(place, !error, now_ns());
                     });
}

std::string BenchGateway::payload_of(const Header& header) const {
    std::string payload(std::max(sizeof header, load_.payload_bytes), '.');
    std::memcpy(payload.data(), &header, sizeof header);
    return payload;
}

void BenchGateway::deliver(std::span<const router::Delivery> deliveries) {
    const std::int64_t now = now_ns();
    for (const router::Delivery& one : deliveries) {
        if (one.kind == router::Delivery::Kind::gap) {
            const auto channel = ChannelName::number_of(*one.channel).value_or(0);
            traffic_.heard_gap(static_cast<std::uint32_t>(channel), now);
            continue;
        }
        Header header;
        if (one.text->size() < sizeof header) continue;
        std::memcpy(&header, one.text->data(), sizeof header);
        traffic_.heard(heard_on(*one.channel, {}, header), now);
    }
}

router::RouterStatus BenchGateway::status() {
    return loop_.call([this] { return router_ ? router_->status() : router::RouterStatus{}; });
}

std::vector<NodeIndex> BenchGateway::owners() {
    return loop_.call([this] {
        std::vector<NodeIndex> owners;
        owners.reserve(load_.channels);
        for (std::uint64_t channel = 0; channel < load_.channels; ++channel) {
            const std::string owner = router_->owner_of(ChannelName(channel).text());
            owners.push_back(node_of(owner).value_or(LoadedCluster::nowhere));
        }
        return owners;
    });
}

void BenchGateway::take(std::vector<Sent>& sent, std::vector<Heard>& heard) {
    loop_.call([&] { traffic_.take(sent, heard); });
}

}  // namespace ringcast::bench
