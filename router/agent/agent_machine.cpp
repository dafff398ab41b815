#include "agent_machine.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::router {
namespace {

using namespace agent_action;
using membership::SessionState;

/// A survey older than so many renewals says nothing about who is connected now.
constexpr int survey_lives_renewals = 3;

}  // namespace

AgentMachine::AgentMachine(AgentOptions options)
    : options_(std::move(options)), entry_(options_.node), backoff_(options_.backoff_min) {}

std::vector<AgentAction> AgentMachine::on(const AgentEvent& event, Time now) {
    Actions out;
    std::visit([&](const auto& what) { handle(what, now, out); }, event);
    return out;
}

std::optional<AgentMachine::Time> AgentMachine::deadline() const {
    std::optional<Time> first;
    for (const auto& at : {connect_at_, withdraw_at_, renew_at_, report_at_, exit_at_}) {
        if (at && (!first || *at < *first)) first = at;
    }
    return first;
}

void AgentMachine::handle(const agent_event::Started&, Time, Actions& out) {
    redis_ = Redis::connecting;
    out.emplace_back(Connect{});
}

void AgentMachine::handle(const agent_event::Connected& event, Time now, Actions& out) {
    if (redis_ != Redis::connecting) return;
    redis_ = Redis::claiming;
    entry_.version = event.version;
    run_ = event.run;
    fenced_ = !run_.empty() && run_ == run_fenced_;  // only the connection was lost
    surveyed_at_.reset();
    // The survey is answered before the first renewal after the claim needs it.
    out.emplace_back(Survey{});
    keep(now, true, out);
}

void AgentMachine::handle(const agent_event::Disconnected& event, Time now, Actions& out) {
    if (redis_ == Redis::over) return;

    const bool was_serving = redis_ == Redis::serving;
    redis_ = Redis::down;
    lease_renewed_ = false;
    renew_at_.reset();
    report_at_.reset();
    if (event.why != last_trouble_) {
        last_trouble_ = event.why;
        out.emplace_back(Say{true, "no connection to Redis: " + event.why});
    }
    if (announced_) {
        if (event.refused) {
            withdraw(out);
        } else if (!withdraw_at_) {
            withdraw_at_ = now + options_.withdraw_after;
        }
    }
    // The first attempt after a break is made at once: it tells a hiccup from a Redis that is gone.
    if (was_serving && now - *serving_since_ >= options_.backoff_max) {
        backoff_ = std::chrono::milliseconds{0};
    }
    connect_at_ = now + backoff_;
    backoff_ = std::clamp(backoff_ * 2, options_.backoff_min, options_.backoff_max);
}

void AgentMachine::handle(const agent_event::Kept&, Time now, Actions& out) {
    if (redis_ != Redis::claiming) return;
    if (fenced_) return load(now, out);
    redis_ = Redis::restoring;
    renew_at_ = now + options_.renew_every;  // this may take long
    out.emplace_back(ReadView{});
}

void AgentMachine::handle(const agent_event::ViewKnown& event, Time, Actions& out) {
    if (redis_ != Redis::restoring) return;
    out.emplace_back(RestoreFence{event.fence, event.view, event.record});
}

void AgentMachine::handle(const agent_event::FenceRestored&, Time now, Actions& out) {
    if (redis_ != Redis::restoring) return;
    run_fenced_ = run_;
    fenced_ = true;
    keep(now, false, out);
    load(now, out);
}

void AgentMachine::load(Time, Actions& out) {
    redis_ = Redis::loading;
    out.emplace_back(LoadScript{});
}

void AgentMachine::handle(const agent_event::HeldByOther& event, Time now, Actions& out) {
    if (redis_ == Redis::over) return;

    if (event.id == options_.node.id) {
        out.emplace_back(Say{true, "a later agent of the same id (instance " + event.instance +
                                       ") has taken over this Redis; ending"});
    } else {
        out.emplace_back(Say{true, "this Redis is held by another agent under the id '" + event.id +
                                       "': stop that one first, or give this one another Redis"});
    }
    finish(exit_held_by_other, false, now, out);
}

void AgentMachine::handle(const agent_event::ScriptLoaded&, Time now, Actions& out) {
    if (redis_ != Redis::loading) return;
    redis_ = Redis::serving;
    serving_since_ = now;
    backoff_ = options_.backoff_min;
    withdraw_at_.reset();
    last_trouble_.clear();
    out.emplace_back(Say{false, "Redis " + entry_.version + " is ours and has the script"});
    renew_at_ = now + options_.renew_every;
    report_at_ = now + options_.report_every;
    announce(now, out);
}

void AgentMachine::handle(const agent_event::Surveyed& event, Time now, Actions&) {
    if (redis_ == Redis::over || redis_ == Redis::down) return;
    load_ = event.load;
    gateways_seen_ = event.gateways;
    surveyed_at_ = now;
}

void AgentMachine::handle(const agent_event::SessionChanged& event, Time now, Actions&) {
    session_ = event.state;
    const bool lease_waits = redis_ == Redis::serving && !lease_renewed_;
    if (lease_waits && session_ == SessionState::connected) renew_at_ = now;
}

void AgentMachine::handle(const agent_event::GatewaysKnown& event, Time, Actions&) {
    // When the service pauses every session expires at once and the list is empty for a moment:
    // that is not knowledge. A list that shrinks is.
    if (!event.gateways.empty()) gateways_known_ = event.gateways;
}

void AgentMachine::handle(const agent_event::Tick&, Time now, Actions& out) {
    const auto due = [now](std::optional<Time>& at) {
        if (!at || *at > now) return false;
        at.reset();
        return true;
    };

    if (due(exit_at_)) {
        out.emplace_back(Exit{exit_code_});
        return;
    }
    if (due(withdraw_at_)) withdraw(out);
    if (due(connect_at_)) {
        redis_ = Redis::connecting;
        out.emplace_back(Connect{});
    }
    if (due(renew_at_)) {
        keep(now, false, out);
        out.emplace_back(Survey{});
        renew_at_ = now + options_.renew_every;
    }
    if (due(report_at_)) {
        if (load_ != entry_.load) announce(now, out);
        report_at_ = now + options_.report_every;
    }
}

void AgentMachine::handle(const agent_event::StopAsked&, Time now, Actions& out) {
    if (redis_ == Redis::over) return;
    const bool ours =
        redis_ == Redis::serving || redis_ == Redis::loading || redis_ == Redis::restoring;
    finish(exit_stopped, ours, now, out);
}

void AgentMachine::handle(const agent_event::Finished&, Time, Actions& out) {
    if (!exit_at_) return;
    exit_at_.reset();
    out.emplace_back(Exit{exit_code_});
}

bool AgentMachine::may_renew_lease(Time now) const {
    return session_ == SessionState::connected || sees_most_gateways(now);
}

bool AgentMachine::sees_most_gateways(Time now) const {
    if (!surveyed_at_ || now - *surveyed_at_ > survey_lives_renewals * options_.renew_every) {
        return false;
    }
    const auto seen = std::ranges::count_if(
        gateways_known_, [&](const std::string& id) { return gateways_seen_.contains(id); });
    return static_cast<std::size_t>(seen) * 2 > gateways_known_.size();
}

void AgentMachine::keep(Time now, bool take_over, Actions& out) {
    const bool renew = fenced_ && may_renew_lease(now);
    if (!renew && lease_renewed_) {
        out.emplace_back(
            Say{true, "the lease is not renewed: no ZooKeeper session, and most of the " +
                          std::to_string(gateways_known_.size()) +
                          " known gateways are not connected to this Redis"});
    }
    if (renew && !lease_renewed_) out.emplace_back(Say{false, "the lease is kept"});
    lease_renewed_ = renew;
    out.emplace_back(Keep{take_over, renew});
}

void AgentMachine::announce(Time, Actions& out) {
    announced_ = true;
    entry_.load = load_;
    out.emplace_back(Announce{entry_});
}

void AgentMachine::withdraw(Actions& out) {
    withdraw_at_.reset();
    if (!std::exchange(announced_, false)) return;
    out.emplace_back(Withdraw{});
}

void AgentMachine::finish(int code, bool release, Time now, Actions& out) {
    redis_ = Redis::over;
    exit_code_ = code;
    connect_at_.reset();
    renew_at_.reset();
    report_at_.reset();
    withdraw(out);
    if (release) out.emplace_back(Release{});
    exit_at_ = now + options_.stop_time_max;
    out.emplace_back(Finish{});
}

}  // namespace ringcast::router
