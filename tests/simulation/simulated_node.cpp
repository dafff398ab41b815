#include "simulated_node.hpp"

#include "node_keys.hpp"
#include "ringcast/router/view.hpp"

#include <utility>

namespace ringcast::simulation {

using membership::SessionState;

SimulatedNode::SimulatedNode(SeededScheduler& world, membership::InProcessEnsemble& ensemble,
                             std::uint32_t number)
    : number_(number),
      host_(world.start("redis-" + std::to_string(number))),
      agent_(world.start("agent-" + std::to_string(number))),
      redis_(host_),
      znodes_(ensemble.attach(agent_)),
      gateways_(*znodes_, agent_, std::string(router::paths::gateways)),
      view_(*znodes_, agent_, std::string(router::paths::view)) {
    entry_.id = "node-" + std::to_string(number);
    entry_.address = {"10.0.0." + std::to_string(number), 6379};
    entry_.instance = "instance-" + std::to_string(number);
    redis_.set_lease(false);
    agent_.post([this] { renew(); });
}

void SimulatedNode::kill() {
    if (!running_) return;
    running_ = false;
    redis_.restart();
    redis_.cut();
    keys_held_ = false;
    lease_end_.reset();
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

bool SimulatedNode::may_renew() const {
    if (znodes_->session().state == SessionState::connected) return true;
    // Connections, of which each gateway has at least one: more lenient than the agent.
    return redis_.subscribers(router::node_keys::control) * 2 > gateways_.entries().size();
}

void SimulatedNode::renew() {
    renewal_ = agent_.after(lease_renewal, [this] { renew(); });
    if (!running_) {
        announcement_.reset();
        return;
    }
    if (frozen_) return;  // no answer
    if (!keys_held_) return restore();
    if (!announcement_) {
        announcement_.emplace(*znodes_, agent_,
                              membership::Announcement::Options{std::string(router::paths::nodes),
                                                                entry_.id, false, entry_.instance},
                              encode(entry_));
    }
    if (!may_renew()) return;
    redis_.set_lease(true);
    lease_end_ = host_.after(lease_time, [this] { redis_.set_lease(false); });
}

// The record is read anew: what was read before may be from before the fence.
void SimulatedNode::restore() {
    if (reading_) return;
    reading_ = true;
    znodes_->get(std::string(router::paths::view), {},
                 [this](std::error_code error, std::string data, membership::Stat) {
                     reading_ = false;
                     if (!running_ || frozen_) return;
                     if (error == membership::Errc::no_node) {
                         keys_held_ = true;  // there was never a view
                         return;
                     }
                     if (error) {
                         if (!view_.value()) return;
                         data = view_.value()->data;
                     }
                     const auto record = router::decode_view_record(data);
                     if (!record) return;
                     const bool fencing =
                         record->proposal && record->proposal->stage == router::Stage::fence;
                     redis_.fence(fencing ? record->proposal->next.number : record->in_force.number,
                                  record->in_force.number, data);
                     keys_held_ = true;
                 });
}

}  // namespace ringcast::simulation
