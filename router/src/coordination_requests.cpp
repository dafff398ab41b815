#include "coordination.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

/// A node that is back but does not answer is asked again after so long.
constexpr auto probe_again_after = 5'000ms;
constexpr std::string_view return_purpose = "return";

}  // namespace

/// Handoffs that follow from what happened. A request about the same node whose time has come goes
/// before: the operator may want something else.
bool Coordination::move_unasked(Moment now, Actions& out) {
    if (cluster().paused) return false;
    if (unasked_after_ > now.clock) {
        wake_at(unasked_after_);
        return false;
    }
    for (const std::string& member : suspects_.abandoned(now.clock)) {
        if (is_asked_about(now, member) || !record_->in_force.ring.find(member)) continue;
        Change change = evict(*record_, *nodes_, member);
        if (!change.next) continue;
        propose(now, std::move(change), nullptr, out);
        return true;
    }
    return take_back_one(now, out);
}

bool Coordination::take_back_one(Moment now, Actions& out) {
    const auto is_standby = [this](const auto& node) {
        return !record_->in_force.ring.find(node.first);
    };
    if (std::ranges::none_of(*nodes_, is_standby)) return false;

    for (const auto& [id, past] :
         fallen(history_, cluster().flap_window_s, cluster().flap_count_max)) {
        const auto node = nodes_->find(id);
        if (node == nodes_->end() || !is_standby(*node) || past.flaps ||
            is_asked_about(now, id)) {
            continue;
        }
        const Time settled = registered_since_.find(id)->second + options_.return_settle;
        if (settled > now.clock) {
            wake_at(settled);
            continue;
        }
        const Address& address = node->second.address;
        if (reachable(now, id, address, std::string(return_purpose), probe_again_after, out) !=
            true) {
            continue;
        }
        Change change = give_back(*record_, *nodes_, id, past.weight, past.pins);
        if (!change.next) continue;
        asked_.erase(id);
        propose(now, std::move(change), nullptr, out);
        return true;
    }
    return false;
}

/// The request whose turn it is. It leaves the queue when history has it, and not before.
void Coordination::serve(Moment now, Actions& out) {
    for (const Queued& queued : *queue_) {
        if (find_in_history(queued) == nullptr) continue;
        waiting_ = Waiting::finish;
        finishing_ = queued;
        out.push_back(FinishRequest{queued.name});
        return;
    }

    auto open = open_entry();
    if (open && open->request.empty()) open.reset();  // no request's
    for (const Queued& queued : *queue_) {
        HistoryEntry answered;
        if (!queued.request) {
            answered.what = "request";
            answered.reason = "the request cannot be read";
            return conclude(now, std::move(answered), queued, out);
        }
        if (!open && record_->request == queued.name) {
            // What the note said of it is lost.
            answered.what = name_of(queued.request->kind);
            answered.node = queued.request->node;
            answered.done = true;
            answered.reason = "done by an earlier coordinator";
            return conclude(now, std::move(answered), queued, out);
        }
    }
    if (cluster().paused) {
        held_up_ = "an operator has paused changes: it waits for `ringcastctl resume`";
        return;
    }
    const Queued* next = next_request(now, open);
    if (next == nullptr) return;

    std::optional<Change> change = answer(now, *next, open, out);
    if (!change) return;
    if (change->next) return propose(now, *std::move(change), next, out);
    if (!open) return conclude(now, std::move(change->entry), *next, out);
    HistoryEntry ended = *open;
    ended.reason = change->entry.reason + "; " + std::to_string(open->steps) + " steps are done";
    close(now, std::move(ended), change->entry.done, out);
}

/// Whose turn it is, if it is anybody's.
const Coordination::Queued* Coordination::next_request(Moment now,
                                                       const std::optional<HistoryEntry>& open) {
    for (const Queued& queued : *queue_) {
        if (open && queued.name != open->request) continue;
        const Readiness readiness = judge(now, queued, open);
        if (readiness.due) return &queued;
        if (readiness.look_again) wake_at(*readiness.look_again);
    }
    return nullptr;
}

/// Whether it may begin, or go on, when nothing else is under way. Requires: it can be read.
Readiness Coordination::judge(Moment now, const Queued& queued,
                              const std::optional<HistoryEntry>& open) {
    const bool begun = open && open->request == queued.name;
    for (const Queued& earlier : *queue_) {
        if (begun || earlier.name == queued.name) break;
        if (!earlier.request || !is_about_the_same(*earlier.request, *queued.request)) continue;
        const Request& request = *queued.request;
        const bool same_node = !request.node.empty() && earlier.request->node == request.node;
        return {.due = false,
                .waits_for = "it waits for " + earlier.name + ", which is about " +
                             (same_node ? request.node : "'" + request.channel + "'") + " too"};
    }
    return schedule_.judge(queued.request->when, now);
}

/// What each waits for: its own time, one before it, or whatever holds up the first of the others.
void Coordination::report_requests(Moment now) {
    status_.requests.clear();
    status_.waiting.clear();
    if (!status_.leading || !record_ || !queue_) return;
    const auto open = open_entry();
    std::string ahead = open ? open->request : "";
    if (ahead.empty() && status_.handoff) {
        ahead = "the handoff to view " +
                std::to_string(static_cast<std::uint64_t>(status_.handoff->view));
    }
    for (const Queued& queued : *queue_) {
        const bool runs = status_.handoff && status_.handoff->request == queued.name;
        if (runs || !queued.request) continue;
        Readiness readiness = judge(now, queued, open);
        if (ahead.empty() && readiness.due) ahead = queued.name;
        if (readiness.due) {
            readiness.waits_for =
                queued.name == ahead ? held_up_ : "it waits until " + ahead + " is done";
        }
        status_.requests.push_back({queued.name, readiness.due, std::move(readiness.waits_for)});
    }
    if (status_.handoff || status_.requests.empty()) return;
    const auto begun = std::ranges::find_if(status_.requests, [&](const RequestProgress& one) {
        return open && one.name == open->request;
    });
    status_.waiting =
        (begun != status_.requests.end() ? *begun : status_.requests.front()).waits_for;
}

/// Nothing while the node that is to be added is waited for, or being probed.
std::optional<Change> Coordination::answer(Moment now, const Queued& queued,
                                           const std::optional<HistoryEntry>& open, Actions& out) {
    const Request& request = *queued.request;
    if (open) return plan_on(*record_, *nodes_, request, *open);
    Change change = plan_step(*record_, *nodes_, request);
    if (request.kind != Request::Kind::add) return change;
    const auto node = nodes_->find(request.node);
    if (!change.next) {
        const Time until = queued.seen + options_.registration_wait;
        const bool is_missing = !change.entry.done && node == nodes_->end();
        if (!is_missing || until <= now.clock) return change;
        held_up_ = "it waits for " + request.node + " to register";
        wake_at(until);
        return std::nullopt;
    }
    const std::optional<bool> answers =
        reachable(now, node->first, node->second.address, queued.name, {}, out);
    if (!answers) {
        held_up_ = "it waits for an answer of " + request.node;
        return std::nullopt;
    }
    return *answers ? std::move(change) : refuse_silent(*record_, node->second);
}

/// Nothing while the probe is on its way. A node is asked once for each purpose, and again later
/// when it did not answer and a negative answer is not the end of it.
std::optional<bool> Coordination::reachable(Moment now, const std::string& id,
                                            const Address& address, const std::string& purpose,
                                            std::optional<Time::duration> again_after,
                                            Actions& out) {
    const auto known = asked_.find(id);
    if (known != asked_.end() && known->second.purpose == purpose &&
        known->second.address == address) {
        const Asked& asked = known->second;
        if (asked.reachable != false || !again_after) return asked.reachable;
        const Time again = asked.answered + *again_after;
        if (again > now.clock) {
            wake_at(again);
            return false;
        }
    }
    asked_.insert_or_assign(id, Asked{purpose, address});
    out.push_back(ProbeNode{id, address});
    return std::nullopt;
}

const Coordination::Queued* Coordination::find_queued(const std::string& request) const {
    if (!queue_) return nullptr;
    const auto found = std::ranges::find(*queue_, request, &Queued::name);
    return found == queue_->end() ? nullptr : &*found;
}

/// By a request that could begin, or go on.
bool Coordination::is_asked_about(Moment now, const std::string& node) {
    const auto open = open_entry();
    return queue_ && std::ranges::any_of(*queue_, [&](const Queued& queued) {
               return queued.request && queued.request->node == node &&
                      judge(now, queued, open).due;
           });
}

/// Without a handoff: refused, or there was nothing to do.
void Coordination::conclude(Moment now, HistoryEntry entry, const Queued& queued, Actions& out) {
    entry.request = queued.name;
    if (queued.request) {
        entry.by = queued.request->by;
        entry.undo_of = queued.request->undo_of;
    }
    entry.view = static_cast<std::uint64_t>(record_->in_force.number);
    entry.at = now.unix_seconds;
    entry.took_ms = milliseconds_between(queued.seen, now.clock);
    entry.started_at = now.unix_seconds - entry.took_ms / 1'000;
    append(std::move(entry), out);
}

}  // namespace ringcast::router::detail
