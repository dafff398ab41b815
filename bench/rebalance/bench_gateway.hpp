#pragma once

#include "change.hpp"
#include "channels.hpp"
#include "event_loop.hpp"
#include "histories.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "ringcast/router/router.hpp"

#include <spdlog/logger.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace ringcast::bench {

/// What the gateways of a bench do.
struct Load {
    std::uint64_t channels = 0;
    Spread spread;
    double messages_per_second = 0;  ///< of one gateway
    std::size_t payload_bytes = 128;
    /// Every other message goes to one of so many channels, so that channels have histories; the
    /// others go to any channel.
    std::uint64_t busy_channels = 1'000;
};

/// A gateway without clients: a real router on a thread of its own, with a ZooKeeper session and an
/// entry in the registry, subscribed to its share of the channels and publishing at a steady rate.
/// It keeps the history of all that it sent and heard. All functions are for the main thread.
class BenchGateway final : private router::Listener {
public:
    BenchGateway(std::size_t index, Load load, membership::ZooKeeperOptions zookeeper,
                 std::shared_ptr<spdlog::logger> log);
    ~BenchGateway() override;

    /// Starts to subscribe to its channels; `confirmed` counts up to `wanted`.
    void subscribe();
    [[nodiscard]] std::uint64_t wanted() const noexcept { return wanted_; }
    [[nodiscard]] std::uint64_t confirmed() const noexcept { return confirmed_; }

    void publish();  ///< starts to
    void stop_publishing();

    [[nodiscard]] std::uint64_t published() const noexcept { return published_; }
    [[nodiscard]] std::uint64_t answered() const noexcept { return answered_; }
    [[nodiscard]] std::uint64_t heard() const noexcept { return heard_count_; }

    [[nodiscard]] router::RouterStatus status();
    /// The node of every channel, as this gateway routes now; `missing` without a view.
    static constexpr NodeIndex missing = 0xffff;
    [[nodiscard]] std::vector<NodeIndex> owners();
    [[nodiscard]] double cpu_seconds() { return loop_.cpu_seconds(); }

    /// What it sent and heard so far, handed over. Requires: it does not publish.
    void take(std::vector<Sent>& sent, std::vector<Heard>& heard);

private:
    void deliver(std::span<const router::Delivery> deliveries) override;

    void announce();
    void serve();
    void report_unreachable();
    void subscribe_more();
    void subscribe_to(std::uint64_t channel);
    void publish_due();
    void publish_one(std::int64_t due_ns);
    [[nodiscard]] std::string payload_of(const Sent& one) const;

    const std::size_t index_;
    const Load load_;
    std::uint64_t wanted_ = 0;
    std::atomic<std::uint64_t> confirmed_ = 0;
    std::atomic<std::uint64_t> published_ = 0;
    std::atomic<std::uint64_t> answered_ = 0;
    std::atomic<std::uint64_t> heard_count_ = 0;
    const std::shared_ptr<spdlog::logger> log_;

    EventLoop loop_;
    // All below lives on the loop's thread.
    std::unique_ptr<membership::Znodes> znodes_;
    std::unique_ptr<membership::Announcement> announcement_;
    std::unique_ptr<router::LinkFactory> links_;
    std::unique_ptr<router::Router> router_;
    router::ListenerId listener_ = 0;

    std::uint64_t next_channel_ = 0;      ///< to subscribe to
    std::uint64_t asked_ = 0;             ///< and not refused
    std::vector<std::uint64_t> refused_;  ///< to be asked for again

    membership::Token timer_;
    bool publishing_ = false;
    std::int64_t publishing_since_ns_ = 0;
    std::uint64_t due_sent_ = 0;
    std::mt19937_64 random_;
    std::vector<std::uint32_t> sequences_;  ///< the next number on each channel
    std::vector<Sent> sent_;
    std::vector<Heard> heard_;
};

/// The clock of all histories.
[[nodiscard]] std::int64_t now_ns();

}  // namespace ringcast::bench
