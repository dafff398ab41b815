#pragma once

#include "in_process_node.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/router/entries.hpp"
#include "seeded_scheduler.hpp"
#include "setup.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ringcast::simulation {

/// A Redis and the agent beside it. The agent here does what `ringcast-node` does towards the
/// cluster, in its simplest form: it announces the node while the Redis serves, renews the lease
/// while it has its session or sees most gateways connected, and restores the fence before the
/// lease when the Redis has lost both.
class SimulatedNode {
public:
    SimulatedNode(SeededScheduler& world, membership::InProcessEnsemble& ensemble,
                  std::uint32_t number);

    [[nodiscard]] router::InProcessNode& redis() noexcept { return redis_; }
    [[nodiscard]] membership::Znodes& znodes() noexcept { return *znodes_; }
    [[nodiscard]] const router::Address& address() const noexcept { return entry_.address; }
    [[nodiscard]] const std::string& id() const noexcept { return entry_.id; }
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

    /// Told whenever the Redis has lost all that it knew.
    void on_loss(std::function<void()> observer) { lost_ = std::move(observer); }

    // Faults of the Redis. Of the agent's session: by `znodes`; of its process: by `agent`.
    void kill();     ///< it is gone until `start`, and then knows nothing any more
    void start();    ///< nothing if it runs
    void restart();  ///< at once
    void freeze() {
        redis_.freeze();
        frozen_ = true;
    }
    void thaw();
    void go_deaf() {
        redis_.set_deaf(true);
        deaf_ = true;
    }
    /// Ends it: those who were subscribed meanwhile have to subscribe again.
    void hear_again();
    [[nodiscard]] bool running() const noexcept { return running_; }
    [[nodiscard]] bool frozen() const noexcept { return frozen_; }
    [[nodiscard]] Process& agent() noexcept { return agent_; }

private:
    void renew();
    void find_redis();
    void restore();
    [[nodiscard]] bool may_renew() const;

    const std::uint32_t number_;
    Process& host_;  // of the Redis
    Process& agent_;
    router::NodeEntry entry_;
    router::InProcessNode redis_;
    std::unique_ptr<membership::Znodes> znodes_;
    membership::Roster gateways_;
    membership::Configuration view_;
    std::optional<membership::Announcement> announcement_;
    bool running_ = true;
    bool frozen_ = false;
    bool deaf_ = false;
    bool keys_held_ = false;  // the Redis has what the agent gave it
    bool reading_ = false;
    std::function<void()> lost_;
    membership::Token renewal_;
    membership::Token lease_end_;
};

}  // namespace ringcast::simulation
