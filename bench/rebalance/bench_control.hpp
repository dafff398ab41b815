#pragma once

#include "agent.hpp"
#include "bench_cluster.hpp"
#include "change_watch.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "ringcast/router/coordinator.hpp"
#include "ringcast/router/node_control.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace ringcast::bench {

/// Coordinator and agents of a cluster that the bench started, what asks for its change and what
/// watches it. Lives on the loop of the cluster.
class BenchCluster::Control {
public:
    Control(EventLoop& loop, const Settings& settings, const Members& members,
            std::shared_ptr<spdlog::logger> log);

    void add_agent(const ring::Member& member, std::uint16_t port);

    [[nodiscard]] std::size_t members_in_force() const;
    [[nodiscard]] const Phases& phases() const { return watch_.phases(); }

    /// As an operator would.
    void ask(const Change& change);

    /// The next death in history is the change.
    void await_death();

    /// Writes the next view as the one in force. `address` is that of a node which joins.
    void switch_naively(const Change& change, const std::optional<router::Address>& address);

    void stop_coordinating();

private:
    EventLoop& loop_;
    const Settings& settings_;
    const Members& members_;
    const std::shared_ptr<spdlog::logger> log_;
    std::unique_ptr<membership::Znodes> znodes_;
    std::unique_ptr<router::NodeControl> nodes_;
    ChangeWatch watch_;
    membership::Configuration config_;
    membership::Queue requests_;
    std::vector<std::unique_ptr<router::Agent>> agents_;
    std::unique_ptr<router::Coordinator> coordinator_;
};

/// Where a cluster of these settings is.
[[nodiscard]] membership::ZooKeeperOptions zookeeper_options(
    const BenchCluster::Settings& settings);

}  // namespace ringcast::bench
