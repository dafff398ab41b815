#include "simulated_agent.hpp"

#include "ringcast/router/entries.hpp"
#include "setup.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::simulation {
namespace {

using namespace router;

AgentOptions agent_options(const NodeEntry& entry) {
    AgentOptions options;
    options.node = entry;
    options.lease_time = lease_time;
    options.lease_margin = lease_time / 10;
    options.renew_every = lease_renewal;
    options.report_every = 400ms;
    options.withdraw_after = 80ms;
    options.backoff_min = 10ms;
    options.backoff_max = 200ms;
    return options;
}

std::chrono::milliseconds clock_of(Clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
}

}  // namespace

/// To one Redis, with a limit on the time of each answer.
class SimulatedAgent::Connection final : public NodeConnection::Observer {
public:
    Connection(Process& process, InProcessNode& node, std::function<void()> opened,
               std::function<void(std::string_view)> closed)
        : process_(process), opened_(std::move(opened)), closed_(std::move(closed)) {
        wait();
        link_ = node.connect(NodeConnection::Purpose::publishing, *this);
    }

    void run(Work work, std::function<void()> done) {
        ++unanswered_;
        if (unanswered_ == 1) wait();
        InProcessNode::run(*link_, std::move(work), [this, done = std::move(done)] {
            if (over_) return;
            deadline_.reset();
            if (--unanswered_ > 0) wait();
            done();
        });
    }

    void opened() override {
        if (over_) return;
        deadline_.reset();
        const auto then = opened_;
        then();
    }
    void closed(std::string_view why) override {
        if (std::exchange(over_, true)) return;
        deadline_.reset();
        const auto then = closed_;
        then(why);
    }
    void answered(const PublishAnswer&) override {}
    void confirmed(std::string_view) override {}
    void left(std::string_view) override {}
    void message(std::string_view, std::string_view) override {}
    void view_read(std::string_view) override {}

private:
    void wait() {
        deadline_ = process_.after(lease_renewal, [this] { closed("no answer"); });
    }

    Process& process_;
    std::function<void()> opened_;
    std::function<void(std::string_view)> closed_;
    std::size_t unanswered_ = 0;
    bool over_ = false;
    membership::Token deadline_;
    std::unique_ptr<NodeConnection> link_;
};

SimulatedAgent::SimulatedAgent(Process& process, membership::Znodes& znodes, const NodeEntry& entry,
                               Find find)
    : process_(process),
      znodes_(znodes),
      entry_(entry),
      find_(std::move(find)),
      machine_(agent_options(entry)),
      view_(
          znodes, process, entry.id, entry.address,
          [this](const AgentEvent& event) { tell(event); }, [] {}),
      session_(znodes.observe([this](const membership::Session& session) {
          const bool connected = session.state == membership::SessionState::connected;
          if (connected) alone_since_.reset();
          if (!connected && !alone_since_) alone_since_ = process_.now();
          tell(agent_event::SessionChanged{session.state});
      })) {
    tell(agent_event::SessionChanged{znodes.session().state});
    tell(agent_event::Started{});
}

SimulatedAgent::~SimulatedAgent() = default;

void SimulatedAgent::tell(const AgentEvent& event) {
    for (const auto& action : machine_.on(event, process_.now())) {
        std::visit([this](const auto& what) { perform(what); }, action);
    }
    arm();
}

void SimulatedAgent::arm() {
    const auto deadline = machine_.deadline();
    if (!deadline) return timer_.reset();
    const auto wait = std::max(*deadline - process_.now(), Clock::duration{});
    timer_ = process_.after(wait, [this] { tell(agent_event::Tick{}); });
}

void SimulatedAgent::drop(const std::string& why) {
    // It may be what calls: it goes when that call is over.
    process_.post([gone = std::shared_ptr<Connection>(std::move(connection_))] {});
    tell(agent_event::Disconnected{why, why == "refused"});
}

void SimulatedAgent::command(Work work, std::function<void()> done) {
    if (connection_) connection_->run(std::move(work), std::move(done));
}

void SimulatedAgent::perform(const agent_action::Connect&) {
    InProcessNode& redis = *find_(entry_.address);
    const auto greet = [this] {
        const auto heard = std::make_shared<std::pair<std::uint64_t, std::chrono::milliseconds>>();
        command(
            [this, heard](InProcessNode& node) {
                *heard = {node.run(), clock_of(process_.now())};
            },
            [this, heard] {
                tell(agent_event::Connected{"7", std::to_string(heard->first), heard->second});
            });
    };
    connection_ = std::make_unique<Connection>(
        process_, redis, greet, [this](std::string_view why) { drop(std::string(why)); });
}

void SimulatedAgent::perform(const agent_action::Keep& action) {
    const bool alone = alone_since_ && process_.now() - *alone_since_ > lease_time;
    if (alone && action.renew_lease) ++vouched_for_;
    const auto time = std::make_shared<std::chrono::milliseconds>();
    command(
        [this, action, time](InProcessNode& node) {
            *time = clock_of(process_.now());
            if (action.renew_lease && action.lease_until > *time) {
                node.grant_lease(Clock::time_point(action.lease_until), action.stamp);
            }
        },
        [this, time] { tell(agent_event::Kept{*time}); });
}

void SimulatedAgent::perform(const agent_action::AskView& action) {
    view_.ask(action.asked);
}

void SimulatedAgent::perform(const agent_action::AskMembers& action) {
    members_.clear();
    for (const auto& [id, address] : view_.voters()) {
        InProcessNode* const node = find_(address);
        if (node == nullptr) continue;
        const auto ask = [this, id, asked = action.asked] {
            const auto heard = std::make_shared<std::pair<ViewNumber, std::string>>();
            members_.at(id)->run(
                [heard](InProcessNode& there) {
                    *heard = {there.told(), there.record()};
                },
                [this, id, asked, heard] {
                    told_by_member(asked, id, heard->first, heard->second);
                });
        };
        members_[id] = std::make_unique<Connection>(process_, *node, ask, [](std::string_view) {});
    }
}

void SimulatedAgent::told_by_member(AgentMachine::Time asked, const std::string& member,
                                    ViewNumber stamp, const std::string& bytes) {
    if (stamp == ViewNumber{}) return;  // it was told nothing, or has forgotten it
    if (stamp > view_.stamp()) {
        auto record = decode_view_record(bytes);
        if (!record) return;
        view_.learn(*std::move(record));
    }
    tell(agent_event::MemberAnswered{asked, member, stamp});
}

void SimulatedAgent::perform(const agent_action::RestoreFence& action) {
    command([action](InProcessNode& node) { node.fence(action.fence, action.view, action.record); },
            [this] { tell(agent_event::FenceRestored{}); });
}

void SimulatedAgent::perform(const agent_action::Tell& action) {
    command([action](InProcessNode& node) { node.fence({}, action.view, action.record); }, [] {});
}

void SimulatedAgent::perform(const agent_action::Yield& action) {
    command([number = action.number](InProcessNode& node) { node.yield_lease(number); },
            [this, number = action.number] { tell(agent_event::Yielded{number}); });
}

void SimulatedAgent::perform(const agent_action::Acknowledge& action) {
    const std::string number = std::to_string(static_cast<std::uint64_t>(action.number));
    if (yield_) return yield_->update(number);
    yield_.emplace(
        znodes_, process_,
        membership::Announcement::Options{std::string(paths::yields), entry_.id, false, {}},
        number);
}

void SimulatedAgent::perform(const agent_action::Recall&) {
    yield_.reset();
}

void SimulatedAgent::perform(const agent_action::LoadScript&) {
    command([](InProcessNode&) {}, [this] { tell(agent_event::ScriptLoaded{}); });
}

void SimulatedAgent::perform(const agent_action::Announce& action) {
    if (announcement_) return announcement_->update(encode(action.entry));
    announcement_.emplace(znodes_, process_,
                          membership::Announcement::Options{std::string(paths::nodes), entry_.id,
                                                            false, entry_.instance},
                          encode(action.entry));
}

void SimulatedAgent::perform(const agent_action::Withdraw&) {
    announcement_.reset();
}

}  // namespace ringcast::simulation
