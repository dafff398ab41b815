#pragma once

#include "chance.hpp"
#include "ringcast/membership/token.hpp"
#include "world.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ringcast::simulation {

/// What goes wrong in a run, and when: drawn from the seed, one fault after another, several at a
/// time. Most end by themselves; `World::heal` ends them all.
class Faults {
public:
    explicit Faults(World& world);

    void begin();
    /// In some seeds, once, beside all that chance brings: what the protocol is made for and would
    /// come to seldom. A stream of its own decides, so that the other seeds do not notice.
    void begin_on_purpose();
    /// In few seeds, before there is a view.
    static void die_at_the_beginning(World& world);
    void end();

private:
    void happen();
    void disturb_a_switch(SimulatedNode& fenced);
    void disturb_a_stage();
    /// A gateway is not there any more when the proposal is prepared, and does not know: nobody
    /// waits for it. It is late at the next owner, and later at hearing that a former one is done.
    void go_on_without_a_gateway();
    void end_of_going_on(SimulatedNode& fenced);
    /// The coordinator is slow to fence, or stumbles over its commit, and a gateway does not hear
    /// of that from the ensemble.
    void stumble_at_the_commit();
    /// A channel moves and comes back at once, and a gateway that has acknowledged hears of
    /// neither.
    void send_back_at_once();
    /// What a gateway published on a channel that stays is under way for long, by the number of a
    /// proposal that is dropped; then the channel moves, while nobody waits for that gateway.
    void drop_what_stays();
    void end_of_dropping();
    void speak_when_it_knows_of_more(SimulatedGateway& gateway, std::uint32_t channel,
                                     router::ViewNumber than);
    /// A gateway that nobody waits for has publishes under way to an old owner, sent before it
    /// knew of the change and after, and hears of the next change before they are answered.
    void move_what_stays();
    /// The operator takes a request back when it is as good as done.
    void take_back_late();
    void leave_the_coordinator_alone();
    void leave_it_alone_with_a_removal();

    // On purpose.
    void die_at_a_step();
    void die_at_a_rare_step();
    void die_at(Step step, std::uint64_t time);
    void end_most_members();
    void take_most_agents_away();
    void end_one_again_and_again();
    void keep_ending(SimulatedNode& node, unsigned times);
    void cut_off_for_long();
    void hide_from_all_but_the_coordinator();
    void cut_off_a_host();
    void ask_for_a_slow_change();
    void straggle();
    [[nodiscard]] std::vector<SimulatedNode*> most_members();
    /// Once the stages of a handoff come to it.
    bool straggles_ = false;

    // Of the ensemble.
    void cut_a_session();
    void expire_a_session();
    void take_the_ensemble_away();
    // Of a link.
    void reset_a_path();
    void block_a_path();
    void slow_a_path();
    // Of a node.
    void restart_a_node();
    void kill_a_node();
    void freeze_a_node();
    void deafen_a_node();
    void add_a_node();
    /// Most gateways do not reach it, and one that does is cut off from the ensemble: it is removed
    /// while that one talks to it still.
    void hide_a_member();
    void move_a_node();
    // Of a gateway.
    void kill_a_gateway();
    void freeze_a_gateway();
    void add_a_gateway();
    void leave_a_gateway_behind();
    /// At an act that its coordinator does from now on.
    void trip_the_coordinator();

    [[nodiscard]] SimulatedGateway* any_gateway();
    [[nodiscard]] SimulatedGateway* any_follower();
    [[nodiscard]] SimulatedNode& any_node();
    void later(Chance::Duration delay, membership::Scheduler::Task task);
    void disturb_member(const SimulatedNode& node);

    World& world_;
    Chance chance_;
    Chance stages_;   // what happens at the stages of handoffs
    Chance purpose_;  // what is brought about on purpose
    struct Forsaken {
        SimulatedGateway* gateway;
        World::Ends ends;
    };
    std::optional<Forsaken> forsaken_;
    struct Dropping {
        router::ViewNumber proposal;
        SimulatedGateway* gateway;
        World::Ends stays;
        std::shared_ptr<router::InProcessPath> hindered;  // to the next owner of what moves
        std::shared_ptr<router::InProcessPath> stuck;     // to that of what stays
        bool hushed;                                      // its clients, until it knows of more
    };
    std::optional<Dropping> dropping_;
    router::ViewNumber disturbed_{};  // a proposal, and how far it was then
    router::Stage disturbed_in_ = router::Stage::prepare;
    router::ViewNumber removals_disturbed_{};
    membership::Token next_;
};

}  // namespace ringcast::simulation
