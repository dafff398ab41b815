#include "coordination.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ringcast::router::detail {
namespace {

auto find_in(std::vector<ViewRecord::Removal>& removals, std::string_view member) {
    return std::ranges::lower_bound(removals, member, {}, &ViewRecord::Removal::member);
}

}  // namespace

Actions Coordination::yields(Moment now, const std::map<std::string, std::string>& entries) {
    Actions out;
    yields_.clear();
    for (const auto& [member, data] : entries) {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(data.data(), data.data() + data.size(), number);
        if (error == std::errc{} && end == data.data() + data.size()) {
            yields_[member] = ViewNumber{number};
        } else {
            count_unreadable("yields/" + member, data, out);
        }
    }
    std::ranges::move(decide(now), std::back_inserter(out));
    return out;
}

/// Who is announced is what the record says; how long ago, only what this process has seen.
void Coordination::follow_removals(Moment now) {
    std::map<std::string, Leaving, std::less<>> leaving;
    if (record_) {
        for (const auto& [member, number] : record_->removals) {
            const auto known = leaving_.find(member);
            if (known != leaving_.end() && known->second.number == number) {
                leaving.insert(leaving_.extract(known));
            } else {
                leaving.emplace(member, Leaving{.number = number, .seen = now.clock, .told = {}});
                suspects_.hurry(now.clock, member);
            }
        }
    }
    leaving_ = std::move(leaving);
    for (auto& [member, one] : leaving_) {
        // When most have moved at once, and their hosts are silent, there is nobody to be told.
        const bool vouched = suspects_.all_may_go() && has_moved(member);
        if (one.told || !(vouched || half_is_told_beside(member, false))) continue;
        one.told = now.clock;
        patience_ = options_.reach_patience;
    }
}

/// What holds everything up because this process does not reach it, though most gateways do not
/// complain of it; and since when.
std::optional<std::pair<std::string, Time>> Coordination::out_of_reach() const {
    if (handoff_ && handoff_->stage == HandoffStage::fence) {
        for (const auto& [member, owner] : handoff_->owners) {
            if (owner.gone || !owner.failing_since) continue;
            // Its lease where it was is waited for.
            if (leaving_.contains(member) && has_moved(member)) continue;
            if (!suspects_.may_be_dead(member)) return {{member, *owner.failing_since}};
        }
        if (!half_is_told_of_handoff()) {
            for (const Informed* const nodes : {&handoff_->owners, &handoff_->others}) {
                for (const auto& [member, node] : *nodes) {
                    if (node.failing_since && !suspects_.may_be_dead(member)) {
                        return {{member, *node.failing_since}};
                    }
                }
            }
        }
    }
    for (const auto& [member, one] : leaving_) {
        if (one.told) continue;
        // Who has moved goes however many are gone. To whoever does not reach the others either,
        // too many are: then it is others that may reach them if gateways do.
        const bool moved = has_moved(member);
        const bool gateways_reach_more = std::ranges::any_of(told_, [&](const auto& other) {
            const auto& [id, node] = other;
            const bool counts = id != member || is_only_member();
            return counts && !node.told && !suspects_.may_be_dead(id);
        });
        if (moved ? !gateways_reach_more : suspects_.too_many_gone()) continue;
        return {{"those beside " + member, one.seen}};
    }
    return std::nullopt;
}

void Coordination::step_aside_if_others_reach_more(Moment now, Actions& out) {
    const auto unreached = out_of_reach();
    if (!unreached || gateway_names_.size() < 2) return;
    const Time at = unreached->second + patience_;
    if (at > now.clock) return wake_at(at);
    patience_ = std::min<Time::duration>(patience_ * 2, options_.reach_patience_max);
    stepped_aside_ = true;
    ++status_.stepped_aside;
    out.push_back(Say{Say::Level::warning,
                      "steps aside for a coordinator that may reach node=" + unreached->first});
    out.push_back(StepAside{});
}

/// An agent that is cut off from ZooKeeper asks the members, and believes more than half of them,
/// its own among them. When half of them say nothing any more of the time before a record, none is
/// believed: because they were told of that record, or have ended since `since` and forgotten all.
/// `or_gone`: or because an operator says that whoever is gone is gone.
bool Coordination::is_half(const Names& told, Time since, std::string_view beside,
                           bool or_gone) const {
    const auto& members = record_->in_force.ring.members();
    const auto count = std::ranges::count_if(members, [&](const ring::Member& member) {
        if (member.id == beside) return false;
        if (told.contains(member.id) || suspects_.ended_since(member.id, since)) return true;
        return or_gone && suspects_.all_may_go() && suspects_.may_be_dead(member.id);
    });
    return static_cast<std::size_t>(count) * 2 >= members.size();
}

bool Coordination::is_only_member() const {
    return record_->in_force.ring.members().size() == 1;
}

/// Of the announcement. The member itself does not count: it was not reached. But the only one,
/// which goes to another address, nobody else can vouch for: once told, it does so no more.
bool Coordination::half_is_told_beside(const std::string& member, bool or_gone) const {
    if (told_view_ != stamp_of(*record_)) return false;
    const std::string_view beside = is_only_member() ? std::string_view{} : member;
    return is_half(names_of_told(told_), leaving_.at(member).seen, beside, or_gone);
}

/// How it is known that the member accepts no publish any more, and that half of the others know of
/// its removal; nothing while it is not. The second is for who goes after it: a member that is cut
/// off may hold a record in which this one is a member still, and take its word.
std::optional<std::string> Coordination::end_of(Moment now, const std::string& member) {
    const auto found = leaving_.find(member);
    if (found == leaving_.end()) return std::nullopt;
    const Leaving& one = found->second;
    if (!one.told && !is_only_member() && !half_is_told_beside(member, true)) return std::nullopt;
    const auto yielded = yields_.find(member);
    if (yielded != yields_.end() && yielded->second == one.number) return "it gave up its lease";
    if (suspects_.ended_since(member, one.seen)) return "nothing listens there";
    if (!one.told) return std::nullopt;
    const Time ends = *one.told + options_.lease_wait;
    if (ends <= now.clock) return "its lease has ended";
    wake_at(ends);
    return std::nullopt;
}

/// Whoever answers at the former address may be reached by a gateway that knows no other, and does
/// not count here: its agent may grant it leases. True when the record is written. Requires: no
/// proposal.
bool Coordination::readdress_moved(Moment now, Actions& out) {
    std::vector<std::string> moved;
    for (const ring::Member& member : record_->in_force.ring.members()) {
        if (has_moved(member.id)) moved.push_back(member.id);
    }
    if (announce_removals(moved, out)) return true;
    for (const std::string& member : moved) {
        const auto how = end_of(now, member);
        if (!how) continue;
        write(now, readdress(*record_, member, nodes_->at(member).address, *how),
              leaving_.at(member).seen, out);
        return true;
    }
    return false;
}

/// Whether none of them is to be removed, since too many are gone at once: that raises the alarm.
/// Who has moved is not gone by that.
bool Coordination::too_many_to_remove(const std::vector<std::string>& dead, Actions& out) {
    if (!suspects_.too_many_gone()) return false;
    const bool any =
        std::ranges::any_of(dead, [this](const std::string& member) { return !has_moved(member); });
    if (any && !std::exchange(alarmed_, true)) {
        ++status_.mass_vanish_alarms;
        out.push_back(Say{Say::Level::error,
                          "too many members are unreachable at once, none is removed gone=" +
                              std::to_string(suspects_.gone()) +
                              " members=" + std::to_string(suspects_.members())});
    }
    return true;
}

/// True when the record is written. Requires: no proposal.
bool Coordination::remove_dead(Moment now, Actions& out) {
    std::vector<std::string> dead = suspects_.dead(now.clock);
    std::erase_if(dead, [this](const std::string& member) { return has_moved(member); });
    if (dead.empty() || too_many_to_remove(dead, out)) return false;
    if (announce_removals(dead, out)) return true;
    for (const std::string& member : dead) {
        const auto how = end_of(now, member);
        if (!how) continue;
        // One at a time: that never raises the share of those that are gone.
        Change change = bury(*record_, member, *how);
        if (!change.next) continue;
        write(now, std::move(change), suspects_.since(member), out);
        return true;
    }
    return false;
}

/// Those of them that are not announced yet. True when there were any.
bool Coordination::announce_removals(const std::vector<std::string>& members, Actions& out) {
    ViewRecord record = *record_;
    const ViewNumber number = next_number(record);
    for (const std::string& member : members) {
        const auto at = find_in(record.removals, member);
        if (at != record.removals.end() && at->member == member) continue;
        if (!record.in_force.ring.find(member)) continue;
        record.removals.insert(at, {member, number});
        record.removals_changed = number;
        out.push_back(Say{Say::Level::warning,
                          std::string("removal announced, its lease has to end first") +
                              (has_moved(member) ? " reason=moved node=" : " node=") + member +
                              " number=" + std::to_string(static_cast<std::uint64_t>(number))});
    }
    if (record.removals_changed != number) return false;
    put(std::move(record), out);
    return true;
}

/// Of those that answer after all, or that gateways reach. True when there were any.
bool Coordination::lift_removals(Actions& out) {
    if (record_->removals.empty() || !nodes_ || !gateways_) return false;
    ViewRecord record = *record_;
    std::erase_if(record.removals, [&](const ViewRecord::Removal& removal) {
        if (suspects_.may_be_dead(removal.member) || has_moved(removal.member)) return false;
        out.push_back(
            Say{Say::Level::warning, "removal lifted, the member lives node=" + removal.member});
        return true;
    });
    if (record.removals.size() == record_->removals.size()) return false;
    record.removals_changed = next_number(*record_);
    put(std::move(record), out);
    return true;
}

void Coordination::report_removals() {
    status_.removals.clear();
    if (!status_.leading || !record_) return;
    for (const auto& [member, one] : leaving_) {
        status_.removals.push_back({.node = member, .waits_for = {}, .lease_ends = {}, .left = {}});
        RemovalProgress& progress = status_.removals.back();
        if (suspects_.too_many_gone() && !has_moved(member)) {
            progress.waits_for = "too many members are gone at once";
        } else if (!one.told) {
            progress.waits_for = "half of the members to be told";
        } else {
            progress.waits_for = "the end of its lease";
            progress.lease_ends = *one.told + options_.lease_wait;
        }
    }
}

}  // namespace ringcast::router::detail
