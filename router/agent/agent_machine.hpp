#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/session.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace ringcast::router {

/// How an agent keeps its node in the cluster. All times are longer than zero.
struct AgentOptions {
    NodeEntry node;  ///< what it announces; version and load are filled in while it runs
    std::chrono::milliseconds lease_time{5'000};  ///< the lease ends so long after its last renewal
    std::chrono::milliseconds renew_every{1'000};   ///< well below `lease_time`
    std::chrono::milliseconds report_every{2'000};  ///< the load, when it changed
    std::chrono::milliseconds withdraw_after{
        400};                                   ///< a broken Redis connection is forgiven so long
    std::chrono::milliseconds backoff_min{50};  ///< between attempts to connect to Redis
    std::chrono::milliseconds backoff_max{1'000};
    std::chrono::milliseconds stop_time_max{2'000};  ///< for withdrawing; then it ends anyway
};

/// What the shell of an agent tells its machine.
namespace agent_event {
struct Started {};
/// A connection to Redis is open and authenticated.
struct Connected {
    std::string version;
    std::string run = {};  ///< random, one for each start of that Redis
};
/// There is no connection (any more). `refused`: nobody listens there, so Redis itself is gone.
struct Disconnected {
    std::string why;
    bool refused = false;
};
/// Redis answered `Keep`: the node is ours.
struct Kept {};
/// Redis answered `Keep`: somebody else holds the node.
struct HeldByOther {
    std::string id;        ///< under which it is held
    std::string instance;  ///< of the agent that holds it
};
/// What `ReadView` found, read after that action.
struct ViewKnown {
    ViewNumber
        fence{};  ///< where this node has to refuse publishes by views before; 0: there is no view
    ViewNumber view{};  ///< of the record
    std::string record = {};
};
/// Redis did what `RestoreFence` asked.
struct FenceRestored {};
/// The publish script is loaded.
struct ScriptLoaded {};
/// Redis answered `Survey`.
struct Surveyed {
    NodeEntry::Load load;
    std::set<std::string, std::less<>> gateways;  ///< ids of those connected to this Redis
};
struct SessionChanged {
    membership::SessionState state;
};
/// The gateways that have announced themselves in the cluster.
struct GatewaysKnown {
    std::set<std::string, std::less<>> gateways;
};
/// The time that `deadline()` named has come.
struct Tick {};
/// The operator wants it to end.
struct StopAsked {};
/// Everything asked for before `Finish` is done.
struct Finished {};
}  // namespace agent_event

using AgentEvent =
    std::variant<agent_event::Started, agent_event::Connected, agent_event::Disconnected,
                 agent_event::Kept, agent_event::HeldByOther, agent_event::ViewKnown,
                 agent_event::FenceRestored, agent_event::ScriptLoaded, agent_event::Surveyed,
                 agent_event::SessionChanged, agent_event::GatewaysKnown, agent_event::Tick,
                 agent_event::StopAsked, agent_event::Finished>;

/// What the machine tells its shell to do.
namespace agent_action {
/// Open a connection to Redis: answered by `Connected` or `Disconnected`.
struct Connect {};
/// Claim the node, or renew the claim, in one atomic step: answered by `Kept` or `HeldByOther`.
struct Keep {
    bool take_over = false;    ///< from an earlier instance of this agent, if it left a claim
    bool renew_lease = false;  ///< in the same step
    friend bool operator==(const Keep&, const Keep&) = default;
};
/// Read the record in the znode `view`, at least as new as it is now: answered by `ViewKnown` as
/// soon as that is possible.
struct ReadView {};
/// Fence the node, and tell it the view: answered by `FenceRestored`.
struct RestoreFence {
    ViewNumber fence{};
    ViewNumber view{};
    std::string record;
};
struct LoadScript {};
/// Ask Redis for its load and its gateways: answered by `Surveyed`.
struct Survey {};
/// Put this entry into the registry, or replace the one that is there.
struct Announce {
    NodeEntry entry;
};
/// Take the entry out of the registry.
struct Withdraw {};
/// Give up the claim (not the lease: it ends by itself, unless a successor renews it in time).
struct Release {};
/// Say this to the operator.
struct Say {
    bool warning = false;
    std::string text;
};
/// Let what was asked for come to its end: answered by `Finished`.
struct Finish {};
/// End the process.
struct Exit {
    int code = 0;
};
}  // namespace agent_action

using AgentAction =
    std::variant<agent_action::Connect, agent_action::Keep, agent_action::ReadView,
                 agent_action::RestoreFence, agent_action::LoadScript, agent_action::Survey,
                 agent_action::Announce, agent_action::Withdraw, agent_action::Release,
                 agent_action::Say, agent_action::Finish, agent_action::Exit>;

/// Decides what `ringcast-node` does: keeps one Redis in the cluster for as long as it serves.
///
///     down --Connect--> connecting --Connected/Keep--> claiming --Kept/ReadView--> restoring
///      ^                                               |    |                          |
///      |                          HeldByOther: over <--+    +--Kept, not restarted--+  |
///      |                                                                            v  v
///      +---- Disconnected, from everywhere      serving <--ScriptLoaded-- loading <-+--+
///
/// A Redis that restarted has lost its fence, and would take publishes of a view that others have
/// left: it gets no lease before the fence is restored from a record that was read after that.
/// Until ZooKeeper answers it serves nobody.
///
/// Announced while serving; after a break the entry stays for `withdraw_after`, so that a
/// connection that merely hiccupped is not news to the cluster, unless Redis refuses connections:
/// then it goes at once. The claim is renewed every `renew_every`; while serving the lease is, too,
/// but only with a ZooKeeper session or with most of the last known gateways connected to this very
/// Redis: a node that has neither may have been replaced by the others and must stop taking
/// publishes.
class AgentMachine {
public:
    using Time = membership::Scheduler::Clock::time_point;

    static constexpr int exit_stopped = 0;
    static constexpr int exit_held_by_other = 3;

    explicit AgentMachine(AgentOptions options);

    [[nodiscard]] std::vector<AgentAction> on(const AgentEvent& event, Time now);

    /// When it wants a `Tick`; nothing when it waits for events only.
    [[nodiscard]] std::optional<Time> deadline() const;

private:
    using Actions = std::vector<AgentAction>;

    enum class Redis {
        down,        ///< waiting for the next attempt
        connecting,  ///< an attempt is being made
        claiming,    ///< connected; the claim has been sent
        restoring,   ///< ours; it restarted, and the fence that it had is being found out or
                     ///< restored
        loading,     ///< ours; the script is being loaded
        serving,     ///< carries channels
        over,        ///< finishing, or finished
    };

    void handle(const agent_event::Started&, Time now, Actions& out);
    void handle(const agent_event::Connected& event, Time now, Actions& out);
    void handle(const agent_event::Disconnected& event, Time now, Actions& out);
    void handle(const agent_event::Kept&, Time now, Actions& out);
    void handle(const agent_event::HeldByOther& event, Time now, Actions& out);
    void handle(const agent_event::ViewKnown& event, Time now, Actions& out);
    void handle(const agent_event::FenceRestored&, Time now, Actions& out);
    void handle(const agent_event::ScriptLoaded&, Time now, Actions& out);
    void handle(const agent_event::Surveyed& event, Time now, Actions& out);
    void handle(const agent_event::SessionChanged& event, Time now, Actions& out);
    void handle(const agent_event::GatewaysKnown& event, Time now, Actions& out);
    void handle(const agent_event::Tick&, Time now, Actions& out);
    void handle(const agent_event::StopAsked&, Time now, Actions& out);
    void handle(const agent_event::Finished&, Time now, Actions& out);

    void load(Time now, Actions& out);
    [[nodiscard]] bool may_renew_lease(Time now) const;
    [[nodiscard]] bool sees_most_gateways(Time now) const;
    void keep(Time now, bool take_over, Actions& out);
    void announce(Time now, Actions& out);
    void withdraw(Actions& out);
    void finish(int code, bool release, Time now, Actions& out);

    AgentOptions options_;
    Redis redis_ = Redis::down;
    membership::SessionState session_ = membership::SessionState::connecting;
    bool announced_ = false;
    std::string run_;             ///< of the Redis connected to
    std::string run_fenced_;      ///< of the Redis whose fence was restored last
    bool fenced_ = false;         ///< this Redis is where it has to be
    bool lease_renewed_ = false;  ///< the last `Keep` renewed it
    std::string last_trouble_;    ///< said already: the same again is not news
    NodeEntry entry_;             ///< as last announced
    NodeEntry::Load load_;        ///< as last surveyed
    std::chrono::milliseconds backoff_;
    std::set<std::string, std::less<>> gateways_known_;
    std::set<std::string, std::less<>> gateways_seen_;
    int exit_code_ = exit_stopped;
    std::optional<Time> surveyed_at_;
    std::optional<Time> serving_since_;
    std::optional<Time> connect_at_;   ///< down: the next attempt
    std::optional<Time> withdraw_at_;  ///< announced but broken: the end of patience
    std::optional<Time> renew_at_;     ///< serving
    std::optional<Time> report_at_;    ///< serving
    std::optional<Time> exit_at_;      ///< over: the end of patience
};

}  // namespace ringcast::router
