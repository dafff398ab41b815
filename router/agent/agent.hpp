#pragma once

#include "agent_machine.hpp"
#include "command_line.hpp"
#include "latest_view.hpp"
#include "member_poll.hpp"
#include "node_survey.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/token.hpp"
#include "ringcast/membership/znodes.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <spdlog/logger.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::router {

class RedisConnection;
namespace resp {
class Reply;
}

/// Does what an `AgentMachine` says, with a connection to Redis, the registry and a timer. Lives on
/// the one thread of its scheduler and executor; they and the znodes outlive it.
class Agent {
public:
    /// `exit` is told the process's exit status when the agent has ended; it must not destroy it.
    Agent(boost::asio::any_io_executor executor, membership::Scheduler& scheduler,
          membership::Znodes& znodes, AgentConfiguration configuration,
          std::shared_ptr<spdlog::logger> log, std::function<void(int)> exit);
    ~Agent();
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    void start();

    /// Withdraws the node and ends.
    void stop();

private:
    void tell(const AgentEvent& event);
    void arm();
    void drop(const std::string& why);
    void finished_if_so();

    void perform(const agent_action::Connect&);
    void perform(const agent_action::Keep& action);
    void perform(const agent_action::AskView& action);
    void perform(const agent_action::AskMembers& action);
    void perform(const agent_action::RestoreFence& action);
    void perform(const agent_action::Tell& action);
    void perform(const agent_action::Yield& action);
    void perform(const agent_action::Acknowledge& action);
    void perform(const agent_action::Recall&);
    void perform(const agent_action::LoadScript&);
    void perform(const agent_action::Survey&);
    void perform(const agent_action::Announce& action);
    void perform(const agent_action::Withdraw&);
    void perform(const agent_action::Release&);
    void perform(const agent_action::Say& action);
    void perform(const agent_action::Finish&);
    void perform(const agent_action::Exit& action);

    void opened();
    void greet(const resp::Reply& time);
    void told_by_member(AgentMachine::Time asked, const std::string& member, ViewNumber stamp,
                        const std::string& record);

    boost::asio::any_io_executor executor_;
    membership::Scheduler& scheduler_;
    membership::Znodes& znodes_;
    const AgentConfiguration configuration_;
    const std::string claim_;  ///< what the holder's key says when the node is ours
    std::shared_ptr<spdlog::logger> log_;
    std::function<void(int)> exit_;

    AgentMachine machine_;
    NodeSurvey survey_;
    std::unique_ptr<RedisConnection> connection_;
    std::optional<membership::Announcement> announcement_;
    std::optional<membership::Announcement> withdrawing_;
    std::optional<membership::Announcement> yield_;  ///< the acknowledgement of a removal
    std::optional<LatestView> view_;
    MemberPoll members_;
    membership::Token session_;
    membership::Token timer_;
    membership::Token finished_;
    bool finishing_ = false;
    bool releasing_ = false;
};

}  // namespace ringcast::router
