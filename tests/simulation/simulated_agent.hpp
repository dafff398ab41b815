#pragma once

#include "agent_machine.hpp"
#include "in_process_node.hpp"
#include "latest_view.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/token.hpp"
#include "seeded_scheduler.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ringcast::simulation {

/// The shell around the machine of `ringcast-node` and its view, which are those that ship: does
/// what the machine says, on simulated connections.
class SimulatedAgent {
public:
    /// The Redis at an address, if there is one.
    using Find = std::function<router::InProcessNode*(const router::Address&)>;

    SimulatedAgent(Process& process, membership::Znodes& znodes, const router::NodeEntry& entry,
                   Find find);
    ~SimulatedAgent();

    /// How often it renewed a lease when the ensemble had been silent for longer than one lasts.
    [[nodiscard]] std::uint64_t vouched_for() const noexcept { return vouched_for_; }

private:
    class Connection;
    using Work = std::function<void(router::InProcessNode&)>;

    void tell(const router::AgentEvent& event);
    void arm();
    void drop(const std::string& why);
    /// Does something at the Redis and then tells; the connection is given up if that takes long.
    void command(Work work, std::function<void()> done);

    void perform(const router::agent_action::Connect&);
    void perform(const router::agent_action::Keep& action);
    void perform(const router::agent_action::AskView& action);
    void perform(const router::agent_action::AskMembers& action);
    void perform(const router::agent_action::RestoreFence& action);
    void perform(const router::agent_action::Tell& action);
    void perform(const router::agent_action::Yield& action);
    void perform(const router::agent_action::Acknowledge& action);
    void perform(const router::agent_action::Recall&);
    void perform(const router::agent_action::LoadScript&);
    void perform(const router::agent_action::Announce& action);
    void perform(const router::agent_action::Withdraw&);
    template <typename Other>
    void perform(const Other&) {}  // surveys and words for people; it is never told to stop

    void told_by_member(router::AgentMachine::Time asked, const std::string& member,
                        router::ViewNumber stamp, const std::string& bytes);

    Process& process_;
    membership::Znodes& znodes_;
    const router::NodeEntry entry_;
    const Find find_;
    router::AgentMachine machine_;
    std::unique_ptr<Connection> connection_;
    std::map<std::string, std::unique_ptr<Connection>> members_;  // by id: of those being asked
    std::optional<membership::Announcement> announcement_;
    std::optional<membership::Announcement> yield_;
    router::LatestView view_;
    std::optional<membership::Scheduler::Clock::time_point> alone_since_;
    std::uint64_t vouched_for_ = 0;
    membership::Token session_;
    membership::Token timer_;
};

}  // namespace ringcast::simulation
