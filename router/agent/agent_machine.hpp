#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/session.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ringcast::router {

/// How an agent keeps its node in the cluster. All times are longer than zero.
struct AgentOptions {
    NodeEntry node;  ///< what it announces; version and load are filled in while it runs
    std::chrono::milliseconds lease_time{5'000};    ///< the lease ends so long after the last proof
    std::chrono::milliseconds lease_margin{500};    ///< for clocks that run apart meanwhile
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
using membership::Scheduler;
using Ids = std::set<std::string, std::less<>>;
struct Started {};
/// A connection to Redis is open and authenticated.
struct Connected {
    std::string version;
    std::string run = {};                    ///< random, one for each start of that Redis
    std::chrono::milliseconds redis_time{};  ///< by its own clock
};
/// There is no connection (any more). `refused`: nobody listens there, so Redis itself is gone.
struct Disconnected {
    std::string why;
    bool refused = false;
};
/// Redis answered `Keep`: the node is ours.
struct Kept {
    std::chrono::milliseconds redis_time{};
};
/// Redis answered `Keep`: somebody else holds the node.
struct HeldByOther {
    std::string id;        ///< under which it is held
    std::string instance;  ///< of the agent that holds it
};
/// A record was read: from ZooKeeper, or later than that one from a member.
struct ViewKnown {
    ViewNumber
        fence{};  ///< where this node has to refuse publishes by views before; 0: there is no view
    ViewNumber stamp{};       ///< by which records are compared: see `stamp_of`
    std::string record = {};  ///< as nodes are told it
    /// The members of the view in force; and of the next, while nodes are being fenced for it: who
    /// knows of that cannot tell whether it is in force by now. Most of each have to vouch.
    std::vector<Ids> voters = {};
    bool member = false;   ///< this node is one of the view in force, at this address
    ViewNumber removal{};  ///< the announcement that it is to be removed as dead; 0: none
};
/// ZooKeeper's word at or after the time `asked`: what was known last was still so.
struct ViewConfirmed {
    Scheduler::Clock::time_point asked;
};
/// What a member says, at or after the time `asked`: nothing later than that was it told.
struct MemberAnswered {
    Scheduler::Clock::time_point asked;
    std::string member;
    ViewNumber stamp{};
};
/// Redis did what `RestoreFence` asked.
struct FenceRestored {};
/// Redis did what `Yield` asked.
struct Yielded {
    ViewNumber number{};
};
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
                 agent_event::ViewConfirmed, agent_event::MemberAnswered,
                 agent_event::FenceRestored, agent_event::Yielded, agent_event::ScriptLoaded,
                 agent_event::Surveyed, agent_event::SessionChanged, agent_event::Tick,
                 agent_event::StopAsked, agent_event::Finished>;

/// What a record says to the agent of that node. At another address it is not the member: that is
/// the Redis which the node had before, or will have, and another agent keeps it.
[[nodiscard]] agent_event::ViewKnown view_known(const ViewRecord& record, std::string_view id,
                                                const Address& address);

/// What the machine tells its shell to do.
namespace agent_action {
/// Open a connection to Redis: answered by `Connected` or `Disconnected`.
struct Connect {};
/// Claim the node, or renew the claim, in one atomic step: answered by `Kept` or `HeldByOther`.
struct Keep {
    bool take_over = false;    ///< from an earlier instance of this agent, if it left a claim
    bool renew_lease = false;  ///< in the same step
    std::chrono::milliseconds lease_until{};  ///< by the clock of Redis, whenever it reads this
    ViewNumber stamp{};  ///< by this record; not if it yielded for a removal that is no older
    friend bool operator==(const Keep&, const Keep&) = default;
};
/// Ask ZooKeeper whether the record is still the one that was told last, beyond what a server that
/// lags behind would say: answered by `ViewConfirmed`, after `ViewKnown` if there is another; not
/// answered while it is away.
struct AskView {
    membership::Scheduler::Clock::time_point asked;
};
/// Ask the members what they were told, the own Redis too if it is one: each answers by
/// `MemberAnswered`, or not; a later record than the one known comes as `ViewKnown` first.
struct AskMembers {
    membership::Scheduler::Clock::time_point asked;
};
/// Tell the node this record, and leave its fence where it is. Not answered.
struct Tell {
    ViewNumber view{};
    std::string record;
};
/// Take the lease away, and grant none by a record that is no later: answered by `Yielded`.
struct Yield {
    ViewNumber number{};
};
/// Tell the coordinator that there is no lease and will be none, for this announcement.
struct Acknowledge {
    ViewNumber number{};
};
/// It is none of ours any more.
struct Recall {};
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
    std::variant<agent_action::Connect, agent_action::Keep, agent_action::AskView,
                 agent_action::AskMembers, agent_action::RestoreFence, agent_action::Tell,
                 agent_action::Yield, agent_action::Acknowledge, agent_action::Recall,
                 agent_action::LoadScript, agent_action::Survey, agent_action::Announce,
                 agent_action::Withdraw, agent_action::Release, agent_action::Say,
                 agent_action::Finish, agent_action::Exit>;

/// Decides what `ringcast-node` does: keeps one Redis in the cluster for as long as it serves.
///
///     down --Connect--> connecting --Connected/Keep--> claiming --Kept/AskView--> restoring
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
/// then it goes at once. The claim is renewed every `renew_every`.
///
/// The lease is granted on proof that the cluster has not given this node up: at a certain time the
/// record was still the one known, by the word of ZooKeeper, or of more than half of the members,
/// since a coordinator that removes a node, or changes otherwise who the members are, tells half of
/// them first. While the next view is being fenced for, most of its members have to say so, too:
/// it may be in force by now, and only half of those be told of what followed. The own Redis is
/// asked like any other: it may have been told what its agent, cut off, has not heard. The lease
/// ends `lease_time` after the time of the proof, not of the renewal: a Redis that was frozen may
/// read a renewal late. It is granted to members and to those on standby, who are fenced before.
///
/// Once its removal is announced the agent takes the lease away, or waits until it has ended when
/// Redis does not answer, and says so; no lease is granted before the announcement is lifted, or
/// the node removed and fenced. Redis is told the record first: the coordinator may not reach it,
/// and after its removal it would vouch for a member that was removed with it.
///
///     granting --removal known--> yielding --Yielded, refused, or the lease is over--> yielded
///        ^                           |                                                   |
///        +-------- FenceRestored ----+-------- no removal any more ----------------------+
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
    void handle(const agent_event::ViewConfirmed& event, Time now, Actions& out);
    void handle(const agent_event::MemberAnswered& event, Time now, Actions& out);
    void handle(const agent_event::FenceRestored&, Time now, Actions& out);
    void handle(const agent_event::Yielded& event, Time now, Actions& out);
    void handle(const agent_event::ScriptLoaded&, Time now, Actions& out);
    void handle(const agent_event::Surveyed& event, Time now, Actions& out);
    void handle(const agent_event::SessionChanged& event, Time now, Actions& out);
    void handle(const agent_event::Tick&, Time now, Actions& out);
    void handle(const agent_event::StopAsked&, Time now, Actions& out);
    void handle(const agent_event::Finished&, Time now, Actions& out);

    void load(Time now, Actions& out);
    [[nodiscard]] bool is_usable() const;
    [[nodiscard]] bool may_renew_lease(Time now) const;
    [[nodiscard]] bool is_fenced_enough() const;
    void ask(Time now, Actions& out);
    [[nodiscard]] bool most_vouch() const;
    void prove(Time asked, Time now, Actions& out);
    void stand_by_the_record(Time now, Actions& out);
    void yield(Time now, Actions& out);
    void acknowledge(Actions& out);
    void restore(Actions& out);
    void keep(Time now, bool take_over, Actions& out);
    void announce(Time now, Actions& out);
    void withdraw(Actions& out);
    void finish(int code, bool release, Time now, Actions& out);

    AgentOptions options_;
    Redis redis_ = Redis::down;
    membership::SessionState session_ = membership::SessionState::connecting;
    bool announced_ = false;
    std::string run_;           ///< of the Redis connected to
    std::string run_fenced_;    ///< of the Redis whose fence was restored last
    bool fenced_ = false;       ///< this Redis is where it has to be
    ViewNumber fence_asked_{};  ///< of the last `RestoreFence`
    ViewNumber fenced_at_{};    ///< by this agent, in this run
    Time connected_at_{};
    Time heard_at_{};  ///< when Redis told its time last
    std::chrono::milliseconds redis_time_{};
    bool refused_ = false;  ///< the last attempt to connect was

    std::optional<agent_event::ViewKnown> known_;
    std::optional<Time> proven_;  ///< it held then
    Time members_asked_{};
    std::set<std::string, std::less<>> members_said_;  ///< that it holds, when asked then
    Time lease_over_{};  ///< whatever lease was granted, by this agent or one before, ends by then
    ViewNumber yield_asked_{};    ///< for this announcement, on this connection
    ViewNumber acknowledged_{};   ///< this announcement; 0: none
    bool yielded_ = false;        ///< the fence is to be restored before the next lease
    bool lease_renewed_ = false;  ///< the last `Keep` renewed it
    std::string last_trouble_;    ///< said already: the same again is not news
    NodeEntry entry_;             ///< as last announced
    NodeEntry::Load load_;        ///< as last surveyed
    std::chrono::milliseconds backoff_;
    int exit_code_ = exit_stopped;
    std::optional<Time> serving_since_;
    std::optional<Time> connect_at_;   ///< down: the next attempt
    std::optional<Time> withdraw_at_;  ///< announced but broken: the end of patience
    std::optional<Time> renew_at_;     ///< serving
    std::optional<Time> report_at_;    ///< serving
    std::optional<Time> yield_at_;     ///< a removal is announced: the end of the lease
    std::optional<Time> exit_at_;      ///< over: the end of patience
};

}  // namespace ringcast::router
