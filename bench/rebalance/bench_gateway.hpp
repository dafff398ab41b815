#pragma once

#include "change.hpp"
#include "channels.hpp"
#include "event_loop.hpp"
#include "histories.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "ringcast/router/router.hpp"
#include "traffic.hpp"

#include <spdlog/logger.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ringcast::bench {

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

    [[nodiscard]] std::uint64_t published() const noexcept { return traffic_.published_count(); }
    [[nodiscard]] std::uint64_t answered() const noexcept { return traffic_.answered_count(); }
    [[nodiscard]] std::uint64_t heard() const noexcept { return traffic_.heard_count(); }

    [[nodiscard]] router::RouterStatus status();
    /// The node of every channel, as this gateway routes now; `LoadedCluster::nowhere` without a
    /// view.
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
    void publish_one(const Traffic::Due& due);
    [[nodiscard]] std::string payload_of(const Header& header) const;

    const std::size_t index_;
    const Load load_;
    std::uint64_t wanted_ = 0;
    std::atomic<std::uint64_t> confirmed_ = 0;
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
    Traffic traffic_;
};

}  // namespace ringcast::bench
