#include "world.hpp"

#include <utility>

namespace ringcast::simulation {

using membership::SessionState;

void World::cut_session(membership::Znodes& client, Chance::Duration length) {
    if (away_ || cut_off_.contains(&client)) return;
    const auto cut = ++cuts_;
    cut_off_.emplace(&client, cut);
    ensemble_.suspend(client);
    // The client may have died by then, and another have taken its place in memory.
    const auto lasts = [this, cut, &client] {
        const auto found = cut_off_.find(&client);
        return found != cut_off_.end() && found->second == cut;
    };
    if (length > session_timeout) {
        later(session_timeout, [this, lasts, &client] {
            if (lasts()) ensemble_.expire_unheard(client);
        });
    }
    later(length, [this, lasts, &client] {
        if (lasts()) reconnect(client);
    });
}

void World::lose_session(membership::Znodes& client, Chance::Duration length) {
    if (away_ || cut_off_.contains(&client)) return;
    cut_session(client, length);
    ensemble_.expire_unheard(client);
}

void World::reconnect(membership::Znodes& client) {
    cut_off_.erase(&client);
    if (!away_) ensemble_.resume(client);
}

void World::expire_session(membership::Znodes& client) {
    ensemble_.expire(client);
}

void World::cut_all_sessions(Chance::Duration length, bool expire) {
    note("the ensemble is away");
    ensemble_.suspend_all();
    away_ = true;
    later(length, [this, expire] {
        if (!std::exchange(away_, false)) return;
        note(expire ? "the ensemble is back, all sessions have expired" : "the ensemble is back");
        if (expire) {
            count(Rare::sessions_expired);
            ensemble_.expire_all();
        }
        ensemble_.resume_all();
        cut_off_.clear();
    });
}

void World::kill(SimulatedGateway& gateway) {
    if (!gateway.alive()) return;
    note("gateway " + std::to_string(gateway.number()) + " dies");
    if (record_ && record_->proposal) count(Rare::gateway_died);
    gateway.tripwire().clear();  // what it does while it ends trips nobody
    cut_off_.erase(&gateway.znodes());
    clients_.erase(gateway.number());
    gateway.kill();
    const auto session = gateway.session_left();
    later(chance_.between(session_timeout * 7 / 10, session_timeout * 11 / 10),
          [this, session] { ensemble_.expire(session); });
}

void World::freeze(SimulatedGateway& gateway, Chance::Duration length) {
    if (gateway.process().frozen()) return;
    gateway.process().freeze();
    if (length > session_timeout) {
        // It does not hear of it before it thaws.
        later(session_timeout, [this, &gateway] {
            if (gateway.alive() && gateway.process().frozen()) {
                ensemble_.expire(gateway.znodes());
            }
        });
    }
    later(length, [&gateway] {
        if (gateway.alive()) gateway.process().thaw();
    });
}

void World::trip(SimulatedGateway& coordinator, std::uint64_t how, Chance::Duration length) {
    note("gateway " + std::to_string(coordinator.number()) + " trips as coordinator");
    switch (how) {
        case 0:
            return freeze(coordinator, length);
        case 1:
            return cut_session(coordinator.znodes(), length);
        default:
            // It is killed outside of its own call, and does nothing until then.
            steps_.dies(coordinator);
            coordinator.tripwire().kill();
            stage.post([this, &coordinator] {
                kill(coordinator);
                if (serving().empty()) start_gateway();
            });
    }
}

void World::later(Chance::Duration delay, membership::Scheduler::Task task) {
    timers_.push_back(stage.after(delay, std::move(task)));
}

void World::leave_alone(SimulatedGateway& coordinator,
                        const std::vector<SimulatedNode*>& out_of_reach) {
    if (alone_ != nullptr) alone_->beyond_coordinator().clear();
    alone_ = &coordinator;
    coordinator.beyond_coordinator().insert(out_of_reach.begin(), out_of_reach.end());
}

void World::heal() {
    note("everything heals");
    timers_.clear();
    away_ = false;
    cut_off_.clear();
    hushed_.clear();
    ensemble_.resume_all();
    for (const auto& gateway : gateways) {
        if (!gateway->alive()) {
            ensemble_.expire(gateway->session_left());
            continue;
        }
        gateway->tripwire().clear();
        gateway->process().thaw();
        for (const auto& node : nodes) {
            auto& path = *gateway->path_to(*node);
            make_fast(path);
            path.block(router::InProcessPath::Way::to_node, false);
            path.block(router::InProcessPath::Way::to_client, false);
        }
    }
    for (const auto& node : nodes) {
        node->start();
        node->thaw();
        node->hear_again();
    }
    if (serving().size() < 2 && alone_ != nullptr) alone_->beyond_coordinator().clear();
    if (serving().empty()) start_gateway();
}

}  // namespace ringcast::simulation
