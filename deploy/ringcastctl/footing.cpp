#include "footing.hpp"

#include "move_plan.hpp"
#include "ringcast/router/plan.hpp"
#include "when_text.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace ringcast::ctl {
namespace {

using router::HistoryEntry;
using router::Request;

/// Each step that is left of what is under way, by the coordinator's own rule.
void carry_on(router::ViewRecord& record, const router::Nodes& nodes, const Request& request,
              HistoryEntry open) {
    while (true) {
        router::Change change = router::plan_on(record, nodes, request, open);
        if (!change.next) return;
        record.in_force = *std::move(change.next);
        ++open.steps;
    }
}

/// Works out the footing of one request.
class Standing {
public:
    Standing(const ClusterState& state, const Request& request)
        : state_(state), request_(request), made_{*state.record, {}, {}, {}} {
        finish_what_runs();
        const std::vector<bool> tied = tied_to_request();
        // Those whose time has come go before the ones that this request waits for all the same.
        std::vector<const QueuedRequest*> later;
        std::vector<const Request*> held;
        for (std::size_t i = 0; i != state_.requests.size(); ++i) {
            const QueuedRequest& queued = state_.requests[i];
            if (!queued.request || is_over(queued) || queued.name == under_way_) continue;
            const bool behind = std::ranges::any_of(held, [&](const Request* other) {
                return router::is_about_the_same(*other, *queued.request);
            });
            if (!behind && state_.is_due(queued)) {
                stand_upon(queued);
                continue;
            }
            held.push_back(&*queued.request);
            if (tied[i]) {
                later.push_back(&queued);
            } else {
                made_.not_upon.push_back(named(queued));
            }
        }
        for (const QueuedRequest* queued : later) stand_upon(*queued);
    }

    Footing take() { return std::move(made_); }

private:
    static Footing::Before named(const QueuedRequest& queued) {
        return {queued.name, text_of(*queued.request)};
    }

    /// It stays in the queue for a moment after history has it.
    bool is_over(const QueuedRequest& queued) const { return state_.has_ended(queued.name); }

    const QueuedRequest* find(const std::string& name) const {
        const auto found = std::ranges::find(state_.requests, name, &QueuedRequest::name);
        return found == state_.requests.end() || !found->request ? nullptr : &*found;
    }

    /// The proposal comes into force, and the steps that are left follow it. One whose request was
    /// taken back while it prepares is dropped.
    void finish_what_runs() {
        const auto entries = router::under_way(*state_.record);
        const bool unasked = std::ranges::any_of(
            entries, [](const HistoryEntry& entry) { return entry.request.empty(); });
        auto& proposal = made_.record.proposal;
        if (proposal && proposal->stage == router::Stage::prepare && !unasked &&
            find(state_.record->request) == nullptr) {
            proposal.reset();
        }
        const bool proposed = proposal.has_value();
        if (proposed) {
            made_.handoff = static_cast<std::uint64_t>(proposal->next.number);
            made_.record.in_force = std::move(proposal->next);
            proposal.reset();
        }
        for (HistoryEntry open : entries) {
            const QueuedRequest* queued = find(open.request);
            if (queued == nullptr || is_over(*queued)) continue;
            under_way_ = queued->name;
            made_.upon.push_back(named(*queued));
            if (proposed && !unasked) ++open.steps;
            carry_on(made_.record, state_.nodes, *queued->request, std::move(open));
        }
    }

    /// Which requests this one has to wait for, since they are about the same node or channel, or
    /// because another of them has to.
    std::vector<bool> tied_to_request() const {
        std::vector<bool> tied(state_.requests.size(), false);
        std::vector<const Request*> chain{&request_};
        for (std::size_t i = state_.requests.size(); i-- != 0;) {
            const auto& queued = state_.requests[i].request;
            if (!queued) continue;
            tied[i] = std::ranges::any_of(chain, [&](const Request* later) {
                return router::is_about_the_same(*queued, *later);
            });
            if (tied[i]) chain.push_back(&*queued);
        }
        return tied;
    }

    /// One that would be refused, or finds nothing to do, leaves the ring as it is.
    void stand_upon(const QueuedRequest& queued) {
        made_.upon.push_back(named(queued));
        RingPlan plan = plan_ring(made_.record, state_.nodes, *queued.request);
        made_.record.in_force = std::move(plan.views.back());
    }

    const ClusterState& state_;
    const Request& request_;
    Footing made_;
    std::string under_way_;
};

}  // namespace

Footing footing_of(const ClusterState& state, const Request& request) {
    assert(state.record);
    return Standing(state, request).take();
}

}  // namespace ringcast::ctl
