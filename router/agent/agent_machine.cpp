#include "agent_machine.hpp"

#include "coordination_changes.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::router {
namespace {

using namespace agent_action;
using membership::SessionState;

std::string text_of(ViewNumber number) {
    return std::to_string(static_cast<std::uint64_t>(number));
}

agent_event::Ids ids_of(const View& view) {
    agent_event::Ids ids;
    for (const ring::Member& member : view.ring.members()) ids.insert(member.id);
    return ids;
}

}  // namespace

agent_event::ViewKnown view_known(const ViewRecord& record, std::string_view id,
                                  const Address& address) {
    agent_event::ViewKnown known;
    const bool fencing = record.proposal && record.proposal->stage == Stage::fence;
    known.fence = fencing ? record.proposal->next.number : record.in_force.number;
    known.stamp = std::max(known.fence, stamp_of(record));
    known.record = detail::told_of(record);
    known.voters.push_back(ids_of(record.in_force));
    if (fencing) known.voters.push_back(ids_of(record.proposal->next));
    const auto index = record.in_force.ring.find(id);
    known.member = index && record.in_force.address_of(*index) == address;
    for (const ViewRecord::Removal& removal : record.removals) {
        if (known.member && removal.member == id) known.removal = removal.number;
    }
    return known;
}

AgentMachine::AgentMachine(AgentOptions options)
    : options_(std::move(options)), entry_(options_.node), backoff_(options_.backoff_min) {}

std::vector<AgentAction> AgentMachine::on(const AgentEvent& event, Time now) {
    Actions out;
    std::visit([&](const auto& what) { handle(what, now, out); }, event);
    return out;
}

std::optional<AgentMachine::Time> AgentMachine::deadline() const {
    std::optional<Time> first;
    for (const auto& at : {connect_at_, withdraw_at_, renew_at_, report_at_, yield_at_, exit_at_}) {
        if (at && (!first || *at < *first)) first = at;
    }
    return first;
}

void AgentMachine::handle(const agent_event::Started&, Time now, Actions& out) {
    redis_ = Redis::connecting;
    lease_over_ = now + options_.lease_time;
    out.emplace_back(Connect{});
}

void AgentMachine::handle(const agent_event::Connected& event, Time now, Actions& out) {
    if (redis_ != Redis::connecting) return;
    redis_ = Redis::claiming;
    entry_.version = event.version;
    run_ = event.run;
    fenced_ = !run_.empty() && run_ == run_fenced_;  // only the connection was lost
    connected_at_ = heard_at_ = now;
    redis_time_ = event.redis_time;
    refused_ = false;
    out.emplace_back(Survey{});
    keep(now, true, out);
}

void AgentMachine::handle(const agent_event::Disconnected& event, Time now, Actions& out) {
    if (redis_ == Redis::over) return;

    const bool was_serving = redis_ == Redis::serving;
    redis_ = Redis::down;
    lease_renewed_ = false;
    refused_ = event.refused;
    yield_asked_ = fence_asked_ = {};
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
    stand_by_the_record(now, out);
}

void AgentMachine::handle(const agent_event::Kept& event, Time now, Actions& out) {
    if (redis_ == Redis::down || redis_ == Redis::connecting || redis_ == Redis::over) return;
    redis_time_ = event.redis_time;
    heard_at_ = now;
    if (redis_ != Redis::claiming) return;
    if (fenced_) {
        // Nobody was asked while it was away: announced without a lease it could be given channels.
        if (!may_renew_lease(now)) ask(now, out);
        load(now, out);
    } else {
        redis_ = Redis::restoring;
        renew_at_ = now + options_.renew_every;  // this may take long
        out.emplace_back(AskView{now});
    }
    stand_by_the_record(now, out);
}

void AgentMachine::handle(const agent_event::ViewKnown& event, Time now, Actions& out) {
    if (redis_ == Redis::over) return;
    known_ = event;
    stand_by_the_record(now, out);
}

void AgentMachine::handle(const agent_event::ViewConfirmed& event, Time now, Actions& out) {
    if (!known_) return;
    if (redis_ == Redis::restoring && event.asked >= connected_at_) restore(out);
    prove(event.asked, now, out);
}

void AgentMachine::handle(const agent_event::MemberAnswered& event, Time now, Actions& out) {
    if (!known_ || event.asked != members_asked_ || event.stamp > known_->stamp) return;
    members_said_.insert(event.member);
    if (most_vouch()) prove(event.asked, now, out);
}

bool AgentMachine::most_vouch() const {
    const auto most_of = [this](const agent_event::Ids& voters) {
        const auto said = std::ranges::count_if(
            members_said_, [&voters](const std::string& id) { return voters.contains(id); });
        return static_cast<std::size_t>(said) * 2 > voters.size();
    };
    return !known_->voters.empty() && std::ranges::all_of(known_->voters, most_of);
}

void AgentMachine::prove(Time asked, Time now, Actions& out) {
    if (redis_ == Redis::over) return;
    proven_ = proven_ ? std::max(*proven_, asked) : asked;
    const bool waits = is_usable() && !lease_renewed_;
    if (waits && may_renew_lease(now)) keep(now, false, out);
}

void AgentMachine::restore(Actions& out) {
    if (fence_asked_ != ViewNumber{} && fence_asked_ >= known_->fence) return;
    fence_asked_ = known_->fence;
    out.emplace_back(RestoreFence{known_->fence, known_->stamp, known_->record});
}

void AgentMachine::handle(const agent_event::FenceRestored&, Time now, Actions& out) {
    if (!is_usable()) return;
    fenced_at_ = std::max(fenced_at_, std::exchange(fence_asked_, {}));
    if (known_->removal == ViewNumber{} && fenced_at_ >= known_->fence) yielded_ = false;
    const bool restored = redis_ == Redis::restoring;
    if (restored) {
        run_fenced_ = run_;
        fenced_ = true;
    }
    if (restored || may_renew_lease(now)) keep(now, false, out);
    if (restored) load(now, out);
    stand_by_the_record(now, out);
}

void AgentMachine::handle(const agent_event::Yielded& event, Time, Actions& out) {
    if (is_usable() && known_ && known_->removal == event.number) acknowledge(out);
}

/// Does what the record known demands of this node, as far as that is possible now.
void AgentMachine::stand_by_the_record(Time now, Actions& out) {
    if (!known_ || redis_ == Redis::over) return;
    if (known_->removal != ViewNumber{}) return yield(now, out);
    yield_at_.reset();
    if (std::exchange(acknowledged_, {}) != ViewNumber{}) out.emplace_back(Recall{});
    if (fenced_ && is_usable() && !is_fenced_enough()) restore(out);
}

/// Members are fenced by the coordinator. Who is none, or was given up meanwhile, may have missed
/// it.
bool AgentMachine::is_fenced_enough() const {
    return !yielded_ && (known_->member || fenced_at_ >= known_->fence);
}

void AgentMachine::yield(Time now, Actions& out) {
    yielded_ = true;
    lease_renewed_ = false;
    if (acknowledged_ == known_->removal) return;
    // What ended took its lease along, and what is started there gets none from this agent.
    if (refused_) return acknowledge(out);
    if (is_usable() && yield_asked_ != known_->removal) {
        yield_asked_ = known_->removal;
        out.emplace_back(
            Say{true, "taken for dead, to be removed from the ring: the lease is given up"});
        // One that was started again vouches for nothing before ZooKeeper has said what holds.
        if (fenced_) out.emplace_back(Tell{known_->stamp, known_->record});
        out.emplace_back(Yield{yield_asked_});
    }
    yield_at_ = lease_over_ + options_.lease_margin;
    if (*yield_at_ <= now) acknowledge(out);
}

void AgentMachine::acknowledge(Actions& out) {
    if (acknowledged_ == known_->removal) return;
    acknowledged_ = known_->removal;
    yield_at_.reset();
    out.emplace_back(
        Say{true, "removal " + text_of(acknowledged_) + " may go on: no lease is left"});
    out.emplace_back(Acknowledge{acknowledged_});
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

void AgentMachine::handle(const agent_event::Surveyed& event, Time, Actions&) {
    if (redis_ == Redis::over || redis_ == Redis::down) return;
    load_ = event.load;
}

void AgentMachine::handle(const agent_event::SessionChanged& event, Time now, Actions&) {
    session_ = event.state;
    const bool lease_waits = redis_ == Redis::serving && !lease_renewed_;
    if (lease_waits && session_ == SessionState::connected) renew_at_ = now;
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
        ask(now, out);
    }
    if (due(yield_at_)) stand_by_the_record(now, out);
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

/// ZooKeeper first; when it has not answered for more than a renewal, the members too.
void AgentMachine::ask(Time now, Actions& out) {
    out.emplace_back(AskView{now});
    if (!fenced_ || !known_) return;
    if (proven_ && now - *proven_ <= options_.renew_every * 3 / 2) return;
    members_asked_ = now;
    members_said_.clear();
    out.emplace_back(AskMembers{now});
}

bool AgentMachine::is_usable() const {
    return redis_ == Redis::restoring || redis_ == Redis::loading || redis_ == Redis::serving;
}

bool AgentMachine::may_renew_lease(Time now) const {
    return known_ && known_->removal == ViewNumber{} && fenced_ && is_fenced_enough() && proven_ &&
           *proven_ + options_.lease_time > now;
}

void AgentMachine::keep(Time now, bool take_over, Actions& out) {
    const bool renew = may_renew_lease(now);
    if (!renew && lease_renewed_) {
        const std::size_t members = known_->voters.empty() ? 0 : known_->voters.back().size();
        out.emplace_back(Say{true, "the lease is not renewed: neither ZooKeeper nor most of the " +
                                       std::to_string(members) +
                                       " members say that this node has not been given up"});
    }
    if (renew && !lease_renewed_) out.emplace_back(Say{false, "the lease is kept"});
    lease_renewed_ = renew;
    Keep keep{.take_over = take_over, .renew_lease = renew, .lease_until = {}, .stamp = {}};
    if (renew) {
        keep.stamp = known_->stamp;
        keep.lease_until =
            redis_time_ + options_.lease_time +
            std::chrono::duration_cast<std::chrono::milliseconds>(*proven_ - heard_at_);
        lease_over_ = std::max(lease_over_, *proven_ + options_.lease_time);
    }
    out.emplace_back(keep);
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
