#pragma once

#include "in_process_node.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/router/entries.hpp"
#include "seeded_scheduler.hpp"
#include "setup.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ringcast::simulation {

class SimulatedAgent;

/// A Redis and the agent beside it: the machine of `ringcast-node`, which speaks to this Redis and,
/// when the ensemble is silent, to the others. Its own way to them has no faults but theirs.
class SimulatedNode {
public:
    /// The nodes that are there, this one among them.
    using Nodes = std::vector<std::unique_ptr<SimulatedNode>>;

    /// The number gives it its address; `id` may be that of another node, which has moved here.
    SimulatedNode(SeededScheduler& world, membership::InProcessEnsemble& ensemble,
                  const Nodes& nodes, std::uint32_t number, std::string id);
    ~SimulatedNode();

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
    /// How often its lease was renewed on the word of members.
    [[nodiscard]] std::uint64_t vouched_for() const noexcept;
    /// Takes the agent apart, which may be connected to other nodes: before any of them goes.
    void dismiss_agent();

private:
    const std::uint32_t number_;
    Process& host_;  // of the Redis
    Process& agent_;
    router::NodeEntry entry_;
    router::InProcessNode redis_;
    std::unique_ptr<membership::Znodes> znodes_;
    std::unique_ptr<SimulatedAgent> machine_;
    bool running_ = true;
    bool frozen_ = false;
    bool deaf_ = false;
    std::function<void()> lost_;
};

}  // namespace ringcast::simulation
