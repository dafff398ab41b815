#include "agent.hpp"

#include "coordination_changes.hpp"
#include "node_keys.hpp"
#include "node_scripts.hpp"
#include "redis_connection.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::router {
namespace {

/// Who keeps this node: `<instance> <node-id>`, with a time to live.
constexpr std::string_view holder_key =
    "\xff"
    "ringcast:holder";

/// ZooKeeper that did not answer is asked again.
constexpr auto read_view_again_after = std::chrono::seconds(1);

/// An instance has 16 digits and is followed by one space.
constexpr std::size_t instance_length = 16;

/// Claims the node, or renews the claim and, if wanted, the lease.
///   KEYS  holder, lease
///   ARGV  our claim, 1 to take over from an earlier instance of the same id, time to live in
///         milliseconds, 1 to renew the lease
/// Answers an empty text, or the claim of whoever holds it.
constexpr std::string_view keep_script = R"lua(
local id = string.sub(ARGV[1], 18)
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then
  if ARGV[2] == '0' or string.sub(held, 18) ~= id then return held end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
if ARGV[4] == '1' then redis.call('SET', KEYS[2], id, 'PX', ARGV[3]) end
return ''
)lua";

/// Gives up the claim in KEYS[1] if it is still ARGV[1].
constexpr std::string_view release_script = R"lua(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
)lua";

NodeOptions node_options(const AgentConfiguration& configuration) {
    NodeOptions options;
    options.user = configuration.redis_user;
    options.password = configuration.redis_password;
    // A frozen Redis is noticed by the renewals, which come every second.
    options.answer_timeout = configuration.agent.renew_every;
    return options;
}

}  // namespace

Agent::Agent(boost::asio::any_io_executor executor, membership::Scheduler& scheduler,
             membership::Znodes& znodes, AgentConfiguration configuration,
             std::shared_ptr<spdlog::logger> log, std::function<void(int)> exit)
    : executor_(std::move(executor)),
      scheduler_(scheduler),
      znodes_(znodes),
      configuration_(std::move(configuration)),
      claim_(configuration_.agent.node.instance + " " + configuration_.agent.node.id),
      log_(std::move(log)),
      exit_(std::move(exit)),
      machine_(configuration_.agent) {}

Agent::~Agent() = default;

void Agent::start() {
    session_ = znodes_.observe([this](const membership::Session& session) {
        log_->info("zookeeper session={}", name_of(session.state));
        tell(agent_event::SessionChanged{session.state});
    });
    gateways_.emplace(znodes_, scheduler_, std::string(paths::gateways),
                      [this] { gateways_changed(); });
    tell(agent_event::SessionChanged{znodes_.session().state});
    tell(agent_event::Started{});
}

void Agent::stop() {
    tell(agent_event::StopAsked{});
}

void Agent::tell(const AgentEvent& event) {
    for (const auto& action : machine_.on(event, scheduler_.now())) {
        std::visit([this](const auto& what) { perform(what); }, action);
    }
    arm();
}

void Agent::arm() {
    const auto deadline = machine_.deadline();
    if (!deadline) return timer_.reset();
    const auto wait =
        std::max(*deadline - scheduler_.now(), membership::Scheduler::Clock::duration{});
    timer_ = scheduler_.after(wait, [this] { tell(agent_event::Tick{}); });
}

/// The connection is of no more use.
void Agent::drop(const std::string& why) {
    connection_.reset();
    tell(agent_event::Disconnected{why, false});
}

void Agent::perform(const agent_action::Connect&) {
    connection_ = std::make_unique<RedisConnection>(
        executor_, node_options(configuration_), "ringcast-node:" + configuration_.agent.node.id);
    connection_->open(configuration_.redis,
                      {.opened = [this] { opened(); },
                       .closed =
                           [this](const Closed& closed) {
                               connection_.reset();
                               tell(agent_event::Disconnected{
                                   closed.text, closed.why == Closed::Why::unreachable});
                           },
                       .pushed = {}});
}

void Agent::opened() {
    connection_->command({"INFO", "server"}, [this](const resp::Reply& reply) {
        if (reply.is_error()) return drop("INFO: " + std::string(reply.text()));
        tell(agent_event::Connected{std::string(info_field(reply.text(), "redis_version")),
                                    std::string(info_field(reply.text(), "run_id"))});
    });
}

void Agent::perform(const agent_action::Keep& action) {
    if (!connection_) return;
    const auto time = std::to_string(configuration_.agent.lease_time.count());
    connection_->command({"EVAL", keep_script, "2", holder_key, node_keys::lease, claim_,
                          action.take_over ? "1" : "0", time, action.renew_lease ? "1" : "0"},
                         [this](const resp::Reply& reply) {
                             const std::string text(reply.text());
                             if (reply.is_error()) return drop("cannot claim the node: " + text);
                             if (text.empty()) return tell(agent_event::Kept{});
                             // Whatever else answers there holds nothing, and may be a Redis again
                             // later.
                             if (text.size() <= instance_length)
                                 return drop("no answer to the claim: " + text);
                             tell(agent_event::HeldByOther{text.substr(instance_length + 1),
                                                           text.substr(0, instance_length)});
                         });
}

/// A server of ZooKeeper may lag behind; one that has answered a write has caught up, even if the
/// write was vain.
void Agent::perform(const agent_action::ReadView&) {
    view_.reset();
    ++reads_;
    read_view();
}

void Agent::read_view() {
    read_again_ = scheduler_.after(read_view_again_after, [this] { read_view(); });
    znodes_.create(std::string(paths::nodes), "", membership::Mode::persistent,
                   [this, alive = std::weak_ptr(alive_), read = reads_](std::error_code error,
                                                                        const std::string&) {
                       if (alive.expired() || read != reads_ || view_) return;
                       if (error && error != membership::Errc::node_exists) return;
                       read_again_.reset();
                       view_.emplace(znodes_, scheduler_, std::string(paths::view),
                                     [this] { view_changed(); });
                   });
}

void Agent::view_changed() {
    const auto& value = view_->value();
    agent_event::ViewKnown known;
    if (value && !value->data.empty()) {
        auto record = decode_view_record(value->data);
        if (!record) {
            log_->error("the view cannot be read: no lease until it can");
            return;
        }
        const bool fencing = record->proposal && record->proposal->stage == Stage::fence;
        known.fence = known.view =
            fencing ? record->proposal->next.number : record->in_force.number;
        known.record = detail::told_of(*record);
    }
    view_.reset();
    tell(known);
}

void Agent::perform(const agent_action::RestoreFence& action) {
    if (!connection_) return;
    const auto fence = std::to_string(static_cast<std::uint64_t>(action.fence));
    const auto view = std::to_string(static_cast<std::uint64_t>(action.view));
    log_->info("restoring the fence view={}", fence);
    connection_->command(
        {"EVAL", fence_script, "2", node_keys::fence, node_keys::view, fence, view, action.record,
         node_keys::control},
        [this](const resp::Reply& reply) {
            if (reply.is_error()) {
                return drop("cannot restore the fence: " + std::string(reply.text()));
            }
            tell(agent_event::FenceRestored{});
        });
}

void Agent::perform(const agent_action::LoadScript&) {
    if (!connection_) return;
    connection_->command({"SCRIPT", "LOAD", publish_script}, [this](const resp::Reply& reply) {
        if (reply.is_error()) {
            return drop("cannot load the publish script: " + std::string(reply.text()));
        }
        tell(agent_event::ScriptLoaded{});
    });
}

void Agent::perform(const agent_action::Survey&) {
    if (!connection_) return;
    const auto info = std::make_shared<std::string>();
    connection_->command({"INFO", "everything"}, [info](const resp::Reply& reply) {
        if (!reply.is_error()) *info = reply.text();
    });
    connection_->command(
        {"CLIENT", "LIST", "TYPE", "pubsub"}, [this, info](const resp::Reply& reply) {
            if (reply.is_error()) {
                // Without this permission it serves on, but cannot vouch for itself without
                // ZooKeeper.
                log_->debug("survey refused: {}", reply.text());
            }
            tell(survey_.take(*info, reply.is_error() ? std::string_view{} : reply.text(),
                              scheduler_.now()));
        });
}

void Agent::perform(const agent_action::Announce& action) {
    if (announcement_) return announcement_->update(encode(action.entry));
    withdrawing_.reset();
    log_->info("announcing id={} address={} weight={}", action.entry.id,
               action.entry.address.text(), action.entry.weight);
    using State = membership::Announcement::State;
    announcement_.emplace(
        znodes_, scheduler_,
        membership::Announcement::Options{std::string(paths::nodes), action.entry.id, false,
                                          action.entry.instance},
        encode(action.entry), [this](State state) {
            if (state == State::announced) log_->info("announced");
            if (state == State::held) {
                log_->warn(
                    "another agent is announced under the id '{}': waiting until "
                    "it goes; is it running somewhere else?",
                    configuration_.agent.node.id);
            }
        });
}

void Agent::perform(const agent_action::Withdraw&) {
    if (!announcement_) return;
    log_->info("withdrawing");
    withdrawing_ = std::move(announcement_);
    announcement_.reset();
    withdrawing_->withdraw([this] {
        withdrawing_.reset();
        finished_if_so();
    });
}

void Agent::perform(const agent_action::Release&) {
    if (!connection_) return;
    releasing_ = true;
    connection_->command({"EVAL", release_script, "1", holder_key, claim_},
                         [this](const resp::Reply&) {
                             releasing_ = false;
                             finished_if_so();
                         });
}

void Agent::perform(const agent_action::Say& action) {
    log_->log(action.warning ? spdlog::level::warn : spdlog::level::info, "{}", action.text);
}

void Agent::perform(const agent_action::Finish&) {
    finishing_ = true;
    finished_if_so();
}

void Agent::perform(const agent_action::Exit& action) {
    exit_(action.code);
}

void Agent::finished_if_so() {
    if (!finishing_ || withdrawing_ || releasing_) return;
    finished_ = scheduler_.after({}, [this] { tell(agent_event::Finished{}); });
}

void Agent::gateways_changed() {
    if (!gateways_->complete()) return;
    agent_event::GatewaysKnown known;
    for (const auto& [name, entry] : gateways_->entries()) {
        if (const auto gateway = parse_gateway_entry(entry.data))
            known.gateways.insert(gateway->id);
    }
    tell(known);
}

}  // namespace ringcast::router
