#include "move_plan.hpp"

#include "ringcast/ring/hash.hpp"
#include "ringcast/router/options.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ringcast::ctl {
namespace {

using ring::Diff;
using router::View;

/// Proposal, barrier, fence, commit and clean-up: each is a write that everybody reads, and takes
/// some round trips however little moves.
constexpr double step_overhead_seconds = 0.1;

/// What the rate allows is done in slices, of one command's channels, at least so often.
constexpr std::uint32_t slices_per_second = 10;

/// Channels in one SUBSCRIBE or UNSUBSCRIBE.
std::uint64_t batch_at(std::uint32_t rate) {
    return std::clamp<std::uint64_t>(rate / slices_per_second, 1,
                                     router::RouterOptions{}.subscribe_batch_max);
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
    Counting(const View& before, const View& after, const std::vector<GatewayChannels>& gateways,
             std::uint64_t batch)
        : before_(before.ring),
          after_(after.ring),
          diff_(ring::diff(before_, after_)),
          pinned_(pinned_points(before_, after_)),
          batch_(batch) {
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

    std::uint64_t commands(std::uint64_t count) const { return (count + batch_ - 1) / batch_; }

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
        for (const auto& [member, count] : made) load.subscribes += commands(count);
        for (const auto& [member, count] : left) load.unsubscribes += commands(count);
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
    const std::uint64_t batch_;
    std::map<std::pair<std::string, std::string>, Flow> flows_;
    std::map<std::string, std::uint64_t> channels_in_;
    std::map<std::string, std::uint64_t> channels_out_;
    StepPlan step_;
};

/// Gateways work side by side, so the one with the most to do decides: it subscribes at `rate`, a
/// slice at a time, and after the commit it leaves likewise.
double seconds_of(const StepPlan& step, std::uint32_t rate) {
    std::uint64_t most = 0;
    for (const GatewayLoad& gateway : step.gateways) most = std::max(most, gateway.subscriptions);
    const std::uint64_t slice = batch_at(rate);
    const std::uint64_t paced = (most + slice - 1) / slice * slice;
    return step_overhead_seconds + 2.0 * static_cast<double>(paced) / rate;
}

}  // namespace

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
                    const std::vector<GatewayChannels>& gateways, std::uint32_t rate) {
    MovePlan moves;
    moves.request = request;
    moves.done = plan.done;
    moves.reason = plan.reason;
    moves.rate = rate;
    for (const GatewayChannels& gateway : gateways) {
        if (!gateway.trouble.empty()) moves.mute.push_back(gateway.id + " " + gateway.trouble);
    }
    double seconds = 0;
    for (std::size_t i = 1; i < plan.views.size(); ++i) {
        StepPlan step = Counting(plan.views[i - 1], plan.views[i], gateways, batch_at(rate)).take();
        step.percent = request.steps.empty() ? 100 : request.steps[i - 1];
        step.seconds = seconds_of(step, rate);
        seconds += step.seconds;
        moves.steps.push_back(std::move(step));
    }
    moves.total = Counting(plan.views.front(), plan.views.back(), gateways, batch_at(rate)).take();
    moves.total.seconds = seconds;
    return moves;
}

}  // namespace ringcast::ctl
