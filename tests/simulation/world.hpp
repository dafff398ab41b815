#pragma once

#include "chance.hpp"
#include "doubts.hpp"
#include "expectations.hpp"
#include "history.hpp"
#include "rare.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/router/view.hpp"
#include "seeded_scheduler.hpp"
#include "setup.hpp"
#include "simulated_gateway.hpp"
#include "simulated_node.hpp"
#include "situations.hpp"
#include "steps.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::simulation {

/// A whole cluster in one thread: nodes with their agents, gateways with their coordinators, an
/// ensemble, an operator who asks for changes, and a witness who follows the view without delay.
/// Everything that happens to it follows from the seed.
class World {
public:
    explicit World(const Setup& setup);
    ~World();

    /// `elsewhere`: as this node at another address, instead of as one more.
    void start_node(const SimulatedNode* elsewhere = nullptr);
    [[nodiscard]] bool wants_nodes() const;
    void start_gateway();

    /// Clients subscribe, leave and publish from now on, at each gateway that serves; or no more.
    void set_traffic(bool on) { traffic_ = on; }
    /// The clients of one gateway do nothing, or go on.
    void hush(const SimulatedGateway& gateway, bool hushed);
    /// The operator asks for one change, whichever comes to his mind.
    void ask_for_a_change();
    /// ... and for one at so few channels a second.
    void ask_for_a_slow_change(std::uint32_t rate);
    /// From now on who is taken for dead once stays on standby.
    void forgive_no_fall();
    void ask_to_pin(std::uint32_t channel, const SimulatedNode& node);
    /// What is first in line, if anything is.
    void take_back_first();

    // Faults of sessions. A session that is cut off for longer than its timeout expires.
    void cut_session(membership::Znodes& client, Chance::Duration length);
    /// Likewise, and its timeout ends now: the ensemble had not heard of it for long.
    void lose_session(membership::Znodes& client, Chance::Duration length);
    void expire_session(membership::Znodes& client);
    void cut_all_sessions(Chance::Duration length, bool expire);

    // Faults of processes.
    void kill(SimulatedGateway& gateway);
    void freeze(SimulatedGateway& gateway, Chance::Duration length);
    /// For tripwires. `how`: 0 frozen, 1 cut off from the ensemble, else killed.
    void trip(SimulatedGateway& coordinator, std::uint64_t how, Chance::Duration length);

    /// The coordinator in that gateway, and nobody else, reaches none of these. `heal` does not end
    /// it while another gateway could lead: only when it has come to somebody else does it end.
    void leave_alone(SimulatedGateway& coordinator,
                     const std::vector<SimulatedNode*>& out_of_reach);

    /// Ends every fault, but for the above; what is dead stays dead, but for nodes.
    void heal();

    /// A coordinator that leads, if there is one.
    [[nodiscard]] SimulatedGateway* leader();
    [[nodiscard]] std::vector<SimulatedGateway*> serving();
    [[nodiscard]] const std::optional<router::ViewRecord>& record() const { return record_; }
    /// Whether a write of the view against that version is taken; nothing: one that is to make it.
    [[nodiscard]] bool may_be_written(std::optional<std::int32_t> version) const;
    /// The coordinator is about to write that; another may be faster.
    void writes(const SimulatedGateway& coordinator, std::string_view view);
    /// Which gateway brought the view in force into force.
    [[nodiscard]] std::optional<std::uint32_t> committed_by() const { return committed_by_; }
    [[nodiscard]] const Situations& situations() const { return situations_; }
    [[nodiscard]] Expectations& expectations() { return expectations_; }
    /// Where a node is fenced, as far as it has not lost that since.
    [[nodiscard]] router::ViewNumber fence_of(const SimulatedNode& node) const;

    /// Nothing when all gateways agree on the view in force, nothing is under way and everything
    /// asked for is done; else what is not so.
    [[nodiscard]] std::string unsettled();
    [[nodiscard]] std::string whom_the_handoff_waits_for();
    /// Runs until the above, for at most `limit`; tells what is not so then.
    [[nodiscard]] std::string settle(Chance::Duration limit);
    /// Each gateway publishes once on each channel.
    void publish_everywhere();

    void note(std::string text);
    /// On the stage; not any more after `heal`.
    void later(Chance::Duration delay, membership::Scheduler::Task task);
    void make_slow(router::InProcessPath& path, Chance::Duration longest) {
        path.set_latency([this, longest] { return delays_.between(1ms, longest); });
    }
    void make_fast(router::InProcessPath& path) {
        path.set_latency([this] { return latency(); });
    }
    void count(Rare what, std::uint64_t times = 1) { rare.add(what, times); }
    /// Called when a node is fenced, before it says so; nothing: nobody.
    void at_fence(std::function<void(SimulatedNode&)> fault) { at_fence_ = std::move(fault); }
    /// Called when the view, or the proposal, is another; nothing: nobody.
    void at_view(std::function<void()> fault) { at_view_ = std::move(fault); }
    /// Called when a coordinator writes to history that a request is done; nothing: nobody.
    void at_append(std::function<void()> fault) { at_append_ = std::move(fault); }
    /// Called at each step of a coordinator, before it is carried out and after; nothing: nobody.
    void at_step(std::function<void(SimulatedGateway&, Step, Side)> fault) {
        steps_.at_step(std::move(fault));
    }
    /// A coordinator is about to append that to history.
    void appends(const SimulatedGateway& coordinator, std::string_view entry);
    /// A channel that everybody talks on, and who owns it, now and by the proposal.
    struct Ends {
        std::uint32_t channel = 0;
        SimulatedNode* from = nullptr;
        SimulatedNode* to = nullptr;
    };
    /// Of all of those. Requires: a proposal.
    [[nodiscard]] std::vector<Ends> ends_of_busy_channels();
    /// Of one that moves, if any does. Requires: a proposal.
    [[nodiscard]] std::optional<Ends> moving_ends();
    /// Those that the proposal takes something from. Requires: a proposal.
    [[nodiscard]] std::vector<SimulatedNode*> old_owners();
    /// A member of the view in force, which is not this one. Requires: a record.
    [[nodiscard]] SimulatedNode* member_beside(const SimulatedNode& node);
    [[nodiscard]] SimulatedNode& owner_in(const router::View& view, std::size_t channel);
    /// Requires: a record.
    [[nodiscard]] SimulatedNode& owner_of_a_busy_channel();

    const Setup setup;
    SeededScheduler scheduler;
    History history;
    RareCounters rare;
    std::vector<std::unique_ptr<SimulatedNode>> nodes;
    std::vector<std::unique_ptr<SimulatedGateway>> gateways;  // those that died too

    /// The thread on which the simulation itself acts.
    Process& stage;

private:
    void follow_view();
    void compare(const router::ViewRecord& before, const router::ViewRecord& after,
                 std::uint32_t writer);
    void watch(SimulatedNode& node);
    void fenced(SimulatedNode& node, router::ViewNumber fence);
    void look_at_zombies();
    void look_at_buffers();
    void work(std::size_t gateway);
    void hurry();
    [[nodiscard]] bool busy() const { return scheduler.now() < busy_until_; }
    void serve_clients(SimulatedGateway& gateway);
    void ask(const router::Request& request, membership::Queue::PushHandler handler);
    void take_back(const std::string& request);
    void reconnect(membership::Znodes& client);
    [[nodiscard]] bool acknowledgements_gone();
    [[nodiscard]] Chance::Duration latency();
    [[nodiscard]] Chance::Duration lag();
    void settle_settings();
    [[nodiscard]] static std::vector<std::string> name_channels(std::size_t count);

    Chance chance_;
    Chance delays_;
    const std::vector<std::string> channels_;
    membership::InProcessEnsemble ensemble_;
    Surroundings around_;
    Situations situations_;
    Doubts doubts_;
    Steps steps_;
    Expectations expectations_;
    bool traffic_ = false;

    std::unique_ptr<membership::Znodes> witness_;
    membership::Configuration view_;
    membership::Queue requests_;
    membership::QueueConsumer queue_;
    std::optional<router::ViewRecord> record_;
    std::optional<std::size_t> acks_;  // entries below it, as last read
    bool reading_acks_ = false;
    bool away_ = false;                                           // the whole ensemble
    std::map<const membership::Znodes*, std::uint64_t> cut_off_;  // and by which cut
    std::uint64_t cuts_ = 0;
    SimulatedGateway* alone_ = nullptr;
    std::vector<membership::Token> timers_;
    std::function<void(SimulatedNode&)> at_fence_;
    std::function<void()> at_view_;
    std::function<void()> at_append_;
    std::map<std::size_t, membership::Token> clients_;  // by gateway
    std::set<std::size_t> hushed_;                      // gateways
    membership::Token zombies_;
    SeededScheduler::Clock::time_point busy_until_{};

    // For counting.
    std::map<std::uint32_t, router::ViewNumber> fences_;  // by node
    std::set<std::uint32_t> lost_fences_;                 // of nodes
    std::set<Message> fenced_off_;                        // refused as fenced
    std::set<std::string> dead_;                          // members that were removed as dead
    std::map<std::string, std::uint32_t, std::less<>> writers_;  // by what they meant to write
    std::uint32_t last_writer_ = 0;
    std::optional<std::uint32_t> committed_by_;
    std::map<std::uint32_t, router::ViewNumber> views_known_;  // by gateway
    std::set<std::uint32_t> was_cut_off_;
};

}  // namespace ringcast::simulation
