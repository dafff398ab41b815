#include "agent.hpp"

#include "node_keys.hpp"
#include "node_scripts.hpp"
#include "redis_connection.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace ringcast::router {
namespace {

/// Who keeps this node: `<instance> <node-id>`, with a time to live.
constexpr std::string_view holder_key =
    "\xff"
    "ringcast:holder";

/// The highest number of a removal for which the lease was given up.
constexpr std::string_view yielded_key =
    "\xff"
    "ringcast:yielded";

/// An instance has 16 digits and is followed by one space.
constexpr std::size_t instance_length = 16;

/// Claims the node, or renews the claim and, if wanted, the lease. The lease ends when it was to
/// end by who asked for it, however late this is read.
///   KEYS  holder, lease, yielded
///   ARGV  our claim, 1 to take over from an earlier instance of the same id, time to live of the
///         claim in milliseconds, end of the lease by this clock (0: leave it), number of the
///         record that it is granted by
/// Answers the time by this clock in milliseconds, or the claim of whoever holds it.
constexpr std::string_view keep_script = R"lua(
local id = string.sub(ARGV[1], 18)
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then
  if ARGV[2] == '0' or string.sub(held, 18) ~= id then return held end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local rest = tonumber(ARGV[4]) - now
local yielded = tonumber(redis.call('GET', KEYS[3]) or '-1')
if rest > 0 and tonumber(ARGV[5]) > yielded then
  redis.call('SET', KEYS[2], id, 'PX', string.format('%.0f', rest))
end
return now
)lua";

/// Takes the lease away, and grants none any more by a record with that number or a lower one.
///   KEYS  lease, yielded
///   ARGV  number of the removal
constexpr std::string_view yield_script = R"lua(
redis.call('DEL', KEYS[1])
if tonumber(redis.call('GET', KEYS[2]) or '-1') < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[2], ARGV[1])
end
return 1
)lua";

/// Gives up the claim in KEYS[1] if it is still ARGV[1].
constexpr std::string_view release_script = R"lua(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
)lua";

std::string text_of(ViewNumber number) {
    return std::to_string(static_cast<std::uint64_t>(number));
}

/// What CLIENT LIST shows of the agent's connection to its own Redis.
std::string connection_name(const AgentConfiguration& configuration) {
    return "ringcast-node:" + configuration.agent.node.id;
}

NodeOptions node_options(const AgentConfiguration& configuration) {
    NodeOptions options;
    options.user = configuration.redis_user;
    options.password = configuration.redis_password;
    // A frozen Redis is noticed by the renewals, which come every second.
    options.answer_timeout = configuration.agent.renew_every;
    options.connect_timeout = std::min(options.connect_timeout, configuration.agent.renew_every);
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
      machine_(configuration_.agent),
      members_(executor_, node_options(configuration_),
               connection_name(configuration_) + ":members") {}

Agent::~Agent() = default;

void Agent::start() {
    session_ = znodes_.observe([this](const membership::Session& session) {
        log_->info("zookeeper session={}", name_of(session.state));
        tell(agent_event::SessionChanged{session.state});
    });
    view_.emplace(
        znodes_, scheduler_, configuration_.agent.node.id, configuration_.agent.node.address,
        [this](const AgentEvent& event) { tell(event); },
        [this] { log_->error("the view cannot be read: no lease until it can"); });
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
    connection_ = std::make_unique<RedisConnection>(executor_, node_options(configuration_),
                                                    connection_name(configuration_));
    connection_->open(
        configuration_.redis,
        {.opened = [this] { opened(); },
         .closed =
             [this](const Closed& closed) {
                 connection_.reset();
                 tell(agent_event::Disconnected{closed.text, closed.why == Closed::Why::refused});
             },
         .pushed = {}});
}

void Agent::opened() {
    connection_->command({"TIME"}, [this](const resp::Reply& reply) { greet(reply); });
}

void Agent::greet(const resp::Reply& time) {
    if (time.size() != 2) return drop("TIME: " + std::string(time.text()));
    const auto number = [&time](std::size_t at) {
        std::int64_t value = 0;
        const std::string_view text = time[at].text();
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    const std::chrono::milliseconds now(number(0) * 1'000 + number(1) / 1'000);
    connection_->command({"INFO", "server"}, [this, now](const resp::Reply& reply) {
        if (reply.is_error()) return drop("INFO: " + std::string(reply.text()));
        tell(agent_event::Connected{std::string(info_field(reply.text(), "redis_version")),
                                    std::string(info_field(reply.text(), "run_id")), now});
    });
}

void Agent::perform(const agent_action::Keep& action) {
    if (!connection_) return;
    const auto time = std::to_string(configuration_.agent.lease_time.count());
    const auto until = std::to_string(action.renew_lease ? action.lease_until.count() : 0);
    connection_->command(
        {"EVAL", keep_script, "3", holder_key, node_keys::lease, yielded_key, claim_,
         action.take_over ? "1" : "0", time, until, text_of(action.stamp)},
        [this](const resp::Reply& reply) {
            const std::string text(reply.text());
            if (reply.is_error()) return drop("cannot claim the node: " + text);
            if (reply.type() == resp::Type::integer) {
                return tell(agent_event::Kept{std::chrono::milliseconds(reply.integer())});
            }
            // Whatever else answers there holds nothing, and may be a Redis again later.
            if (text.size() <= instance_length) return drop("no answer to the claim: " + text);
            tell(agent_event::HeldByOther{text.substr(instance_length + 1),
                                          text.substr(0, instance_length)});
        });
}

void Agent::perform(const agent_action::AskView& action) {
    view_->ask(action.asked);
}

void Agent::perform(const agent_action::AskMembers& action) {
    std::vector<MemberPoll::Member> voters;
    for (const auto& [id, address] : view_->voters()) {
        const bool own = address == configuration_.agent.node.address;
        voters.push_back({id, own ? configuration_.redis : address});
    }
    members_.ask(voters, view_->stamp(),
                 [this, asked = action.asked](const std::string& id, ViewNumber told,
                                              const std::string& record) {
                     told_by_member(asked, id, told, record);
                 });
}

void Agent::told_by_member(AgentMachine::Time asked, const std::string& member, ViewNumber stamp,
                           const std::string& bytes) {
    if (stamp > view_->stamp()) {
        auto record = decode_view_record(bytes);
        if (!record) return;
        log_->info("a later view was told by a member member={} number={}", member, text_of(stamp));
        view_->learn(*std::move(record));
    }
    tell(agent_event::MemberAnswered{asked, member, stamp});
}

void Agent::perform(const agent_action::Tell& action) {
    if (!connection_) return;
    connection_->command({"EVAL", fence_script, "2", node_keys::fence, node_keys::view, "0",
                          text_of(action.view), action.record, node_keys::control},
                         [this](const resp::Reply& reply) {
                             if (!reply.is_error()) return;
                             drop("cannot tell the view: " + std::string(reply.text()));
                         });
}

void Agent::perform(const agent_action::Yield& action) {
    if (!connection_) return;
    connection_->command(
        {"EVAL", yield_script, "2", node_keys::lease, yielded_key, text_of(action.number)},
        [this, number = action.number](const resp::Reply& reply) {
            if (reply.is_error()) {
                return drop("cannot give up the lease: " + std::string(reply.text()));
            }
            tell(agent_event::Yielded{number});
        });
}

void Agent::perform(const agent_action::Acknowledge& action) {
    if (yield_) return yield_->update(text_of(action.number));
    yield_.emplace(znodes_, scheduler_,
                   membership::Announcement::Options{
                       std::string(paths::yields), configuration_.agent.node.id, false, {}},
                   text_of(action.number));
}

void Agent::perform(const agent_action::Recall&) {
    yield_.reset();
}

void Agent::perform(const agent_action::RestoreFence& action) {
    if (!connection_) return;
    const auto fence = text_of(action.fence);
    const auto view = text_of(action.view);
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
                // Without this permission it serves on, and does not tell how many gateways are
                // connected.
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

}  // namespace ringcast::router
