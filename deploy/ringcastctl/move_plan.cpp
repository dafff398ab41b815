#include "move_plan.hpp"

#include "move_time.hpp"
#include "ringcast/ring/hash.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ringcast::ctl {
namespace {

using ring::Diff;
using router::View;

/// Channels in one UNSUBSCRIBE (router/src/lane.hpp, `leave_batch`).
std::uint64_t leave_batch(std::uint64_t batch) {
    return std::max<std::uint64_t>(1, batch / 8);
}

/// Where the points of arcs begin and, for the arc after the last, end.
std::vector<std::uint64_t>::const_iterator at_arc(const std::vector<std::uint64_t>& points,
                                                  std::size_t arc) {
    if (arc == ring::arc_count) return points.end();
    return std::ranges::lower_bound(points, static_cast<std::uint64_t>(arc) << 48U);
}

/// The points of all channels that either ring pins: the runs do not speak of them.
std::set<std::uint64_t> pinned_points(const ring::Ring& before, const ring::Ring& after) {
    std::set<std::uint64_t> points;
    for (const auto* ring : {&before, &after}) {
        for (const auto& [channel, member] : ring->pins()) {
            points.insert(ring::point(channel, ring->seed()));
        }
    }
    return points;
}

/// Counts what one step moves.
class Counting {
public:
    Counting(const View& before, const View& after, const std::vector<GatewayChannels>& gateways)
        : before_(before.ring),
          after_(after.ring),
          diff_(ring::diff(before_, after_)),
          pinned_(pinned_points(before_, after_)) {
        step_.arcs = diff_.arcs_moved();
        for (const ring::Run& run : diff_.runs) flow(run.from, run.to).arcs += run.length;
        for (const GatewayChannels& gateway : gateways) {
            if (gateway.trouble.empty()) count_subscriptions(gateway);
        }
        count_channels(gateways);
        for (auto& [key, flow] : flows_) step_.flows.push_back(std::move(flow));
        list_members();
    }

    StepPlan take() { return std::move(step_); }

private:
    const std::string& from(ring::MemberIndex index) const { return before_.members()[index].id; }
    const std::string& to(ring::MemberIndex index) const { return after_.members()[index].id; }

    Flow& flow(ring::MemberIndex source, ring::MemberIndex target) {
        Flow& flow = flows_[{from(source), to(target)}];
        flow.from = from(source);
        flow.to = to(target);
        return flow;
    }

    /// `take(point)` for each point of the run that no pin speaks for.
    template <typename Take>
    void each_in(const ring::Run& run, const std::vector<std::uint64_t>& points, Take take) const {
        const auto end = at_arc(points, run.first + run.length);
        for (auto at = at_arc(points, run.first); at != end; ++at) {
            if (pinned_.empty() || !pinned_.contains(*at)) take(*at);
        }
    }

    static std::uint64_t commands(std::uint64_t count, std::uint64_t full) {
        return (count + full - 1) / full;
    }

    bool has(const std::vector<std::uint64_t>& points, const std::string& channel) const {
        return std::ranges::binary_search(points, ring::point(channel, before_.seed()));
    }

    void count_subscriptions(const GatewayChannels& gateway) {
        std::map<ring::MemberIndex, std::uint64_t> made;
        std::map<ring::MemberIndex, std::uint64_t> left;
        GatewayLoad load{gateway.id, 0, 0, 0};
        const auto move = [&](ring::MemberIndex source, ring::MemberIndex target,
                              std::uint64_t count) {
            if (count == 0) return;
            flow(source, target).subscriptions += count;
            made[target] += count;
            left[source] += count;
            load.subscriptions += count;
        };
        for (const ring::Run& run : diff_.runs) {
            std::uint64_t count = 0;
            each_in(run, gateway.points, [&count](std::uint64_t) { ++count; });
            move(run.from, run.to, count);
        }
        for (const ring::PinnedMove& pin : diff_.pinned) {
            move(pin.from, pin.to, has(gateway.points, pin.channel) ? 1 : 0);
        }
        const std::uint64_t batch = gateway.batch;
        for (const auto& [member, count] : made) load.subscribes += commands(count, batch);
        for (const auto& [member, count] : left) {
            load.unsubscribes += commands(count, leave_batch(batch));
        }
        step_.subscriptions += load.subscriptions;
        step_.gateways.push_back(std::move(load));
    }

    void count_channels(const std::vector<GatewayChannels>& gateways) {
        std::vector<std::uint64_t> points;
        const auto move = [&](ring::MemberIndex source, ring::MemberIndex target,
                              std::uint64_t count) {
            if (count == 0) return;
            flow(source, target).channels += count;
            channels_out_[from(source)] += count;
            channels_in_[to(target)] += count;
            step_.channels += count;
        };
        for (const ring::Run& run : diff_.runs) {
            points.clear();
            for (const GatewayChannels& gateway : gateways) {
                each_in(run, gateway.points,
                        [&points](std::uint64_t point) { points.push_back(point); });
            }
            std::ranges::sort(points);
            const auto same = std::ranges::unique(points);
            move(run.from, run.to, points.size() - same.size());
        }
        for (const ring::PinnedMove& pin : diff_.pinned) {
            const bool known = std::ranges::any_of(gateways, [&](const GatewayChannels& gateway) {
                return has(gateway.points, pin.channel);
            });
            move(pin.from, pin.to, known ? 1 : 0);
        }
    }

    void list_members() {
        std::map<std::string, MemberShare> shares;
        for (ring::MemberIndex i = 0; i != before_.members().size(); ++i) {
            MemberShare& share = shares[from(i)];
            share.weight_before = before_.members()[i].weight;
            share.arcs_before = before_.arcs_of(i);
        }
        for (ring::MemberIndex i = 0; i != after_.members().size(); ++i) {
            MemberShare& share = shares[to(i)];
            share.weight_after = after_.members()[i].weight;
            share.arcs_after = after_.arcs_of(i);
        }
        for (auto& [id, share] : shares) {
            share.id = id;
            share.channels_in = channels_in_[id];
            share.channels_out = channels_out_[id];
            step_.members.push_back(share);
        }
    }

    const ring::Ring& before_;
    const ring::Ring& after_;
    const Diff diff_;
    const std::set<std::uint64_t> pinned_;
    std::map<std::pair<std::string, std::string>, Flow> flows_;
    std::map<std::string, std::uint64_t> channels_in_;
    std::map<std::string, std::uint64_t> channels_out_;
    StepPlan step_;
};

/// The steps together: what moves in two of them is sent twice and counts twice. Requires: they
/// follow each other, and tell of the same gateways.
StepPlan sum_of(const std::vector<StepPlan>& steps) {
    StepPlan sum;
    std::map<std::pair<std::string, std::string>, Flow> flows;
    std::map<std::string, MemberShare> members;
    for (const StepPlan& step : steps) {
        sum.arcs += step.arcs;
        sum.channels += step.channels;
        sum.subscriptions += step.subscriptions;
        sum.seconds += step.seconds;
        for (const Flow& flow : step.flows) {
            const auto [at, first] = flows.try_emplace({flow.from, flow.to}, flow);
            if (first) continue;
            at->second.arcs += flow.arcs;
            at->second.channels += flow.channels;
            at->second.subscriptions += flow.subscriptions;
        }
        for (const MemberShare& member : step.members) {
            const auto [at, first] = members.try_emplace(member.id, member);
            if (first) continue;
            at->second.weight_after = member.weight_after;
            at->second.arcs_after = member.arcs_after;
            at->second.channels_in += member.channels_in;
            at->second.channels_out += member.channels_out;
        }
        if (sum.gateways.empty()) {
            sum.gateways = step.gateways;
            continue;
        }
        for (std::size_t i = 0; i != step.gateways.size(); ++i) {
            sum.gateways[i].subscriptions += step.gateways[i].subscriptions;
            sum.gateways[i].subscribes += step.gateways[i].subscribes;
            sum.gateways[i].unsubscribes += step.gateways[i].unsubscribes;
        }
    }
    for (auto& [key, flow] : flows) sum.flows.push_back(std::move(flow));
    for (auto& [id, member] : members) sum.members.push_back(std::move(member));
    return sum;
}

MoveTime time_of(const StepPlan& step, const MoveSpeeds& speeds) {
    MoveWork work;
    std::map<std::string, std::uint64_t> taken;
    std::map<std::string, std::uint64_t> given;
    for (const GatewayLoad& gateway : step.gateways) {
        work.of_gateway = std::max(work.of_gateway, gateway.subscriptions);
    }
    for (const Flow& flow : step.flows) {
        work.of_taker = std::max(work.of_taker, taken[flow.to] += flow.subscriptions);
        work.of_giver = std::max(work.of_giver, given[flow.from] += flow.subscriptions);
    }
    return move_time(work, speeds);
}

/// Gateways that have not left in time are not waited for, but begin with the next step when they
/// have.
void tell_times(std::vector<StepPlan>& steps, const MoveSpeeds& speeds) {
    double late_s = 0;
    for (StepPlan& step : steps) {
        const MoveTime time = time_of(step, speeds);
        step.prepare_seconds = late_s + time.prepare_s;
        step.seconds = late_s + time.total_s();
        late_s = time.late_s;
    }
}

}  // namespace

std::optional<std::size_t> MovePlan::given_up_at() const {
    const auto too_slow = std::ranges::find_if(steps, [this](const StepPlan& step) {
        return step.prepare_seconds > prepare_seconds_max;
    });
    if (too_slow == steps.end()) return {};
    return static_cast<std::size_t>(too_slow - steps.begin()) + 1;
}

RingPlan plan_ring(const router::ViewRecord& record, const router::Nodes& nodes,
                   const router::Request& request) {
    RingPlan plan;
    plan.views.push_back(record.in_force);
    router::ViewRecord before = record;
    std::uint32_t weight_before = 0;
    for (std::size_t i = 0; i != router::steps_of(request); ++i) {
        router::Change change = plan_step(before, nodes, request, i, weight_before);
        if (i == 0) weight_before = change.entry.weight_before;
        plan.done = change.entry.done;
        plan.reason = change.entry.reason;
        if (!change.next) return plan;
        before.in_force = *std::move(change.next);
        plan.views.push_back(before.in_force);
    }
    return plan;
}

std::vector<Arcs> arcs_of_interest(const RingPlan& plan) {
    std::vector<bool> wanted(ring::arc_count, false);
    for (std::size_t i = 1; i < plan.views.size(); ++i) {
        const ring::Ring& before = plan.views[i - 1].ring;
        const Diff diff = ring::diff(before, plan.views[i].ring);
        for (const ring::Run& run : diff.runs) {
            std::fill_n(wanted.begin() + run.first, run.length, true);
        }
        for (const ring::PinnedMove& pin : diff.pinned) wanted[before.arc(pin.channel)] = true;
    }
    std::vector<Arcs> all;
    for (std::size_t arc = 0; arc != ring::arc_count; ++arc) {
        if (!wanted[arc]) continue;
        if (all.empty() || all.back().end != arc) all.push_back({arc, arc});
        ++all.back().end;
    }
    return all;
}

MovePlan plan_moves(const router::Request& request, const RingPlan& plan,
                    const std::vector<GatewayChannels>& gateways,
                    const router::ClusterSettings& settings) {
    MovePlan moves;
    moves.request = request;
    moves.done = plan.done;
    moves.reason = plan.reason;
    moves.rate = request.rate != 0 ? request.rate : settings.subscribe_rate;
    moves.prepare_seconds_max = settings.prepare_seconds_max;
    for (const GatewayChannels& gateway : gateways) {
        if (!gateway.trouble.empty()) moves.mute.push_back(gateway.id + " " + gateway.trouble);
    }
    for (std::size_t i = 1; i < plan.views.size(); ++i) {
        StepPlan step = Counting(plan.views[i - 1], plan.views[i], gateways).take();
        step.percent = request.steps.empty() ? 100 : request.steps[i - 1];
        moves.steps.push_back(std::move(step));
    }
    MoveSpeeds speeds;
    speeds.rate = moves.rate;
    speeds.leave_seconds_max = settings.leave_seconds_max;
    tell_times(moves.steps, speeds);
    moves.total = moves.steps.empty()
                      ? Counting(plan.views.front(), plan.views.front(), gateways).take()
                      : sum_of(moves.steps);
    return moves;
}

}  // namespace ringcast::ctl
