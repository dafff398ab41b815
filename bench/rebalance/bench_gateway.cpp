#include "bench_gateway.hpp"

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

/// What a message carries, in front of what fills it up.
struct Header {
    std::uint32_t channel;
    std::uint32_t sequence;
    std::uint16_t publisher;
    std::int64_t sent_ns;
};

}  // namespace

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

BenchGateway::BenchGateway(std::size_t index, Load load, membership::ZooKeeperOptions zookeeper,
                           std::shared_ptr<spdlog::logger> log)
    : index_(index), load_(load), log_(std::move(log)), random_(index + 1) {
    for (std::uint64_t channel = 0; channel < load_.channels; ++channel) {
        for (std::size_t which = 0; which < load_.spread.subscribers; ++which) {
            wanted_ += load_.spread.gateway(channel, which) == index_;
        }
    }
    sequences_.resize(load_.channels);
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
        publishing_since_ns_ = now_ns();
        due_sent_ = 0;
        publish_due();
    });
}

void BenchGateway::stop_publishing() {
    loop_.call([this] {
        publishing_ = false;
        timer_.reset();
    });
}

/// At a steady rate, whatever the answers do: a slow node is not spared. Nor is a gateway that
/// comes late: a message counts from when it was due, as a client's would wait in the socket.
void BenchGateway::publish_due() {
    if (!publishing_) return;
    const std::int64_t now = now_ns();
    const double every_ns = 1e9 / load_.messages_per_second;
    for (;; ++due_sent_) {
        const auto due = publishing_since_ns_ +
                         static_cast<std::int64_t>(every_ns * static_cast<double>(due_sent_ + 1));
        if (due > now) break;
        publish_one(due);
    }
    timer_ = loop_.scheduler().after(publish_every, [this] { publish_due(); });
}

void BenchGateway::publish_one(std::int64_t due) {
    const std::uint64_t range =
        random_() % 2 == 0 ? std::min(load_.busy_channels, load_.channels) : load_.channels;
    Sent one;
    one.channel = static_cast<std::uint32_t>(random_() % range);
    one.sequence = sequences_[one.channel]++;
    one.at_ns = due;
    const std::size_t place = sent_.size();
    sent_.push_back(one);
    ++published_;
    router_->publish(std::string(ChannelName(one.channel).text()), payload_of(one),
                     [this, place](boost::system::error_code error) {
                         sent_[place].answered_ns = now_ns();
                         sent_[place].outcome =
                             error ? Sent::Outcome::failed : Sent::Outcome::accepted;
                         ++answered_;
                     });
}

std::string BenchGateway::payload_of(const Sent& one) const {
    Header header{};
    header.channel = one.channel;
    header.sequence = one.sequence;
    header.publisher = static_cast<std::uint16_t>(index_);
    header.sent_ns = one.at_ns;
    std::string payload(std::max(sizeof header, load_.payload_bytes), '.');
    std::memcpy(payload.data(), &header, sizeof header);
    return payload;
}

void BenchGateway::deliver(std::span<const router::Delivery> deliveries) {
    const std::int64_t now = now_ns();
    for (const router::Delivery& one : deliveries) {
        Heard heard;
        heard.at_ns = now;
        if (one.kind == router::Delivery::Kind::gap) {
            heard.channel =
                static_cast<std::uint32_t>(ChannelName::number_of(*one.channel).value_or(0));
        } else {
            Header header{};
            if (one.text->size() < sizeof header) continue;
            std::memcpy(&header, one.text->data(), sizeof header);
            heard.channel = header.channel;
            heard.sequence = header.sequence;
            heard.publisher = header.publisher;
            heard.sent_ns = header.sent_ns;
        }
        heard_.push_back(heard);
    }
    heard_count_ += deliveries.size();
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
            owners.push_back(node_of(owner).value_or(missing));
        }
        return owners;
    });
}

void BenchGateway::take(std::vector<Sent>& sent, std::vector<Heard>& heard) {
    loop_.call([&] {
        sent = std::exchange(sent_, {});
        heard = std::exchange(heard_, {});
    });
}

}  // namespace ringcast::bench
