#pragma once

#include "peek.hpp"
#include "rare.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/settings.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::simulation {

class SimulatedGateway;
class SimulatedNode;
class World;

/// What the protocol owes beside messages, which no history of them shows: when the ring may be
/// changed and must not be, what a coordinator waits for and for how long, that what history says
/// was done is done, and that nothing is left behind. Seen from outside, by the znodes, the nodes,
/// and the probes of coordinators:
///
///   - old owners are fenced when all who had registered before the proposal, and are there still,
///     have acknowledged it;
///   - nobody is taken for dead who answered the last probe, or fell silent a moment ago;
///   - when most members are gone at once nobody is removed, nor moved out; while old owners are
///     being fenced those of the next view are members too;
///   - who died as often as the settings allow does not come back unasked; who died less often
///     does, and what was pinned to it with it;
///   - a gateway that has gone holds up nobody, and one that is there no longer than the settings
///     allow, neither while the next view is prepared nor while the former owners are left;
///   - in calm no proposal is dropped for want of time;
///   - pins end with a request, or with the member;
///   - what was done by request is so in the view that came of it, in as many steps as were asked;
///   - who is cut off from the ensemble and reaches a node that knows the next view learns it;
///   - when everything has come to rest, channels are subscribed where they live and nowhere else.
class Expectations {
public:
    explicit Expectations(World& world, membership::InProcessEnsemble& ensemble);

    /// The coordinator is about to write that, or to append that.
    void writes(SimulatedGateway& coordinator, Step step, const router::ViewRecord& record);
    void appends(const SimulatedGateway& coordinator, const router::HistoryEntry& entry);
    /// Another record, while that of the world is the one before.
    void view_is(const router::ViewRecord& record);
    /// To be called often.
    void look();

    /// The first thing that was against these rules; empty: nothing.
    [[nodiscard]] const std::string& objection() const noexcept { return objection_; }
    /// What is still to happen, now that everything is well; empty: nothing.
    [[nodiscard]] std::string unmet();
    /// What the cluster is to hold to.
    [[nodiscard]] router::ClusterSettings settings();

private:
    using Time = membership::Scheduler::Clock::time_point;
    using Names = std::vector<std::string>;

    /// Something that is so since then, as one coordinator sees it.
    struct Lasting {
        const SimulatedGateway* coordinator = nullptr;
        router::ViewNumber view{};
        Time since;
    };

    void object(std::string text);
    void taken_for_dead(const SimulatedGateway& coordinator, const std::string& member,
                        bool announced);
    void guarded(const SimulatedGateway& coordinator, const std::string& member, bool alive);
    void comes_back(const router::HistoryEntry& entry, const router::ViewRecord& record);
    void is_prepared(const router::ViewRecord& record);
    void out_of_time(const SimulatedGateway& coordinator, const std::string& reason);
    void is_true(const router::HistoryEntry& entry);
    void look_at_registry();
    void look_at_limits(SimulatedGateway& leader);
    void look_at_learning();
    [[nodiscard]] bool steady(const SimulatedGateway& coordinator) const;
    [[nodiscard]] bool lasts(Lasting& one, const SimulatedGateway& leader, router::ViewNumber view,
                             Time::duration limit) const;
    /// `in_force`: that it is, and not only that nodes are being fenced for it.
    [[nodiscard]] bool reaches_one_that_knows(SimulatedGateway& gateway, router::ViewNumber view,
                                              bool in_force);
    [[nodiscard]] Names members() const;
    [[nodiscard]] std::size_t gone(bool alive) const;
    [[nodiscard]] bool has_answered(const SimulatedNode& node, Time since) const;
    [[nodiscard]] bool has_moved(const std::string& member) const;
    /// Times that each fell, by history, since an operator last spoke of it.
    struct Fall {
        unsigned times = 0;
        bool away = false;
    };
    [[nodiscard]] std::map<std::string, Fall> falls();

    World& world_;
    Peek peek_;
    std::string objection_;
    router::ClusterSettings settings_;  // as last read
    const SimulatedGateway* leader_ = nullptr;
    std::uint64_t interruptions_ = 0;     // of its session until then
    unsigned led_ = 0;                    // looks at which it led, and was well
    std::map<std::string, Time> absent_;  // members without an entry, since when
    std::map<std::string, Time> seen_;    // entries of gateways, when last
    std::map<std::uint32_t, unsigned>
        could_know_;  // gateways: looks at which one could have learnt
    std::map<std::string, std::set<std::string>> kept_pins_;  // of who fell, by id
    router::ViewNumber proposed_{};
    Names registered_;  // gateways, before that
    Lasting preparing_;
    Lasting leaving_;
    bool unasked_dropped_ = false;  // it is tried again a minute later
    bool most_abandoned_ = false;
};

}  // namespace ringcast::simulation
