#include "simulated_node.hpp"

#include "simulated_agent.hpp"

#include <utility>

namespace ringcast::simulation {

SimulatedNode::SimulatedNode(SeededScheduler& world, membership::InProcessEnsemble& ensemble,
                             const Nodes& nodes, std::uint32_t number, std::string id)
    : number_(number),
      host_(world.start("redis-" + std::to_string(number))),
      agent_(world.start("agent-" + std::to_string(number))),
      redis_(host_),
      znodes_(ensemble.attach(agent_)) {
    entry_.id = std::move(id);
    entry_.address = {"10.0.0." + std::to_string(number), 6379};
    entry_.instance = "instance-" + std::to_string(number);
    redis_.set_lease(false);
    agent_.post([this, &nodes] {
        const auto find = [&nodes](const router::Address& address) -> router::InProcessNode* {
            for (const auto& node : nodes) {
                if (node->address() == address) return &node->redis();
            }
            return nullptr;
        };
        machine_ = std::make_unique<SimulatedAgent>(agent_, *znodes_, entry_, find);
    });
}

SimulatedNode::~SimulatedNode() = default;

void SimulatedNode::dismiss_agent() {
    machine_.reset();
}

std::uint64_t SimulatedNode::vouched_for() const noexcept {
    return machine_ ? machine_->vouched_for() : 0;
}

void SimulatedNode::kill() {
    if (!running_) return;
    running_ = false;
    redis_.restart();
    redis_.cut();
    if (lost_) lost_();
}

void SimulatedNode::start() {
    if (running_) return;
    running_ = true;
    redis_.heal();
}

void SimulatedNode::restart() {
    kill();
    start();
}

void SimulatedNode::thaw() {
    frozen_ = false;
    redis_.thaw();
}

void SimulatedNode::hear_again() {
    if (!std::exchange(deaf_, false)) return;
    redis_.set_deaf(false);
    redis_.break_connections(router::NodeConnection::Purpose::subscribing);
}

}  // namespace ringcast::simulation
