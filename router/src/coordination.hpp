#pragma once

#include "coordination_actions.hpp"
#include "coordination_changes.hpp"
#include "coordination_past.hpp"
#include "coordination_schedule.hpp"
#include "coordination_suspects.hpp"
#include "ringcast/router/coordinator.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/plan.hpp"
#include "ringcast/router/settings.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ringcast::router::detail {

/// What the znode `view` holds, as it was read.
struct ViewRead {
    std::string bytes;
    std::int32_t version = 0;
    std::int64_t modified = 0;  ///< transaction of its last write
};

/// How a coordinator decides: takes what the znodes hold and what came of its own actions, and
/// returns what to do next. Owns no socket, timer or thread.
///
///     idle --lead--> reading view and history --both known--> deciding <--> one step outstanding
///       ^                        ^                                |
///       +------- resign ---------+--- a write was refused, or its outcome is unknown
///
/// While deciding, the first of these that applies is the next step:
///
///     0  the view was damaged or deleted  -> write again what it was, if that is known; else wait
///     1  a handoff has a proposal         -> its next stage, as below
///     2  a member has another address, or -> announce its removal; view with it there, or without
///        is dead                             it, once it has no lease for certain. None is taken
///                                            for dead while too many are gone
///     3  a change is not in history       -> append it
///     4  there is no view                 -> genesis, once the nodes have settled
///     5  gateways leave the old owners    -> wait for them, then the next step of the request, or
///                                            its entry to history
///     6  acknowledgements lie about       -> take them away
///     7  a member has lost its agent, or one that had died is back -> propose the view without or
///                                            with it
///     8  there is a request               -> done already: finish it; due: propose; impossible:
///                                            say so in history
///
/// Requests are carried out one by one: the one that is between two of its steps, whatever it waits
/// for; else the first in the queue whose time has come, and that is about another node and channel
/// than all before it. So none is held up by one that waits for its window or for quiet, and what
/// is asked for of one node is done in the order in which it was asked for.
///
/// A planned change is a handoff (design, section 5), in coordination_handoff.cpp:
///
///     nothing --propose--> prepare --all acknowledged--> fence --all fenced--> leave --> nothing
///                             |                                                  |
///                             +-- abort: somebody stalls, the request is gone,   +-- steps left:
///                                 a member of either view died or moved              propose again
///
/// The stage is what the record says: a proposal in `prepare`, one in `fence`, or none and an open
/// entry in the note whose view is in force. Who is waited for is read anew in each stage, after
/// the write that began it. Abort only in `prepare`; from there on only forward.
///
/// A member that seems dead may be alive, and reached by a gateway that is cut off. Its removal is
/// announced first (coordination_removals.cpp); the view without it is written when half of the
/// other members know of that, and it has accepted its last publish, by the first of these that
/// comes to pass:
///
///     its agent says that it gave up the lease
///     a connection that was tried after the announcement was refused, and no agent announces it:
///         what is started there later reads the announcement before it gets a lease
///     a lease has ended since half of the others knew: an agent renews on the word of ZooKeeper,
///         or of most members, and only for so long
///
/// A member that answers meanwhile keeps its place. One that registered at another address has to
/// go from the former one by the same rules, whether it answers there or not: its agent there, if
/// it lives, is cut off from ZooKeeper, where its entry would have stood in the way.
///
/// Likewise a handoff that changes who the members are comes into force when half of them until
/// then know of it: the old owners, which are fenced, and others, which are told at the same time.
/// So an agent that holds a former record never finds most of its members to vouch for it.
///
/// Who leads may be the one that does not reach a node. An old owner that cannot be fenced, or half
/// of the members that cannot be told, hold up everything while others reach them: so after a while
/// it steps aside, and the next in line tries. It stands again behind the others, and is more
/// patient each time, so that the role does not go round and round. Who is taken for dead by most
/// is waited for, not passed on: the next coordinator would count its lease anew.
///
/// Everything follows from the znodes, so the next coordinator goes on at any point. What ties a
/// request, its views and its history together is the view record: it names the request last acted
/// on, and its note holds what history is to get (coordination_past.hpp). Only step 8 removes a
/// request, after history has it.
class Coordination {
public:
    explicit Coordination(CoordinatorOptions options);

    /// This process leads from now on, or no longer: what was outstanding is forgotten, and the
    /// shell passes on no answer to it.
    Actions lead(Moment now);
    void resign();

    /// The entries below `nodes` and `gateways`, the queue of requests in order, and the cluster's
    /// settings, as they are now: znode name and data. `gateways_read` is the answer to
    /// `ReadGateways`: everything was read after that action.
    Actions nodes(Moment now, const std::map<std::string, std::string>& entries);
    Actions gateways(Moment now, const std::map<std::string, std::string>& entries);
    Actions gateways_read(Moment now, const std::map<std::string, std::string>& entries);
    Actions requests(Moment now, const std::vector<std::pair<std::string, std::string>>& queue);
    /// The entries below `yields`: who gave up its lease, and for which announcement.
    Actions yields(Moment now, const std::map<std::string, std::string>& entries);
    Actions settings(Moment now, const std::optional<std::string>& json);

    /// Also when the znode was seen to change, unasked. Nothing: there is no such znode.
    Actions view_read(Moment now, const std::optional<ViewRead>& read);
    Actions history_read(Moment now, const std::vector<std::string>& entries);

    /// Who has entered `acks/<number>/prepare` or `.../leave`.
    Actions acknowledged(Moment now, ViewNumber number, AckStage stage, Names entered);

    /// So many handoffs have acknowledgements below `acks`, told whenever that changes.
    Actions acks_seen(Moment now, std::size_t handoffs);

    /// `version` is that which came of the write, if it succeeded.
    Actions view_written(Moment now, std::error_code error, std::int32_t version);
    Actions history_appended(Moment now, std::error_code error);
    Actions request_finished(Moment now, std::error_code error);
    Actions acks_swept(Moment now, std::error_code error, std::size_t found);
    Actions probed(Moment now, const std::string& node, const Address& address,
                   ProbeOutcome outcome);
    Actions informed(Moment now, const InformNode& what, std::error_code error);
    Actions tick(Moment now);

    /// Without `running` of the handoff, which grows by itself: `handoff_began` says since when.
    [[nodiscard]] const CoordinatorStatus& status() const { return status_; }
    /// Requires: a handoff is under way.
    [[nodiscard]] Time handoff_began() const;

private:
    enum class Waiting {
        nothing,
        write,   ///< for `view_written`
        append,  ///< for `history_appended`
        finish,  ///< for `request_finished`
        sweep,   ///< for `acks_swept`
    };

    /// A request in the queue: nothing in it when it is unreadable.
    struct Queued {
        std::string name;
        std::optional<Request> request;
        Time seen;
    };

    /// The probe of a node that is to be a member, or to be fenced.
    struct Asked {
        std::string purpose;  ///< the request, "return", or the handoff
        Address address;
        std::optional<bool> reachable = {};  ///< nothing while the probe is on its way
        Time answered = {};
    };

    /// A node that is to be fenced, or told.
    struct Informing {
        Address address;
        ViewNumber fence{};
        bool asking = false;
        bool done = false;
        bool told = false;  ///< it answered
        bool gone = false;  ///< fence: it takes nothing any more, and is not waited for
        unsigned failures = 0;
        std::optional<Time> failing_since = {};
        Time next = {};
    };
    using Informed = std::map<std::string, Informing, std::less<>>;  // by id

    enum class HandoffStage { prepare, fence, leave };

    /// The handoff that the record says is under way, as far as this process has followed it.
    struct Handoff {
        ViewNumber number{};
        HandoffStage stage = HandoffStage::prepare;
        Time since;                 ///< this stage
        Time limit_from;            ///< prepare: since then, a pause apart
        bool fresh = false;         ///< the gateways were read since this stage began
        bool had_gateways = false;  ///< there were any when they were read
        std::optional<Time> left;   ///< leave: who was waited for has left, or time is over
        Informed owners;            ///< fence: who loses arcs
        Informed others;            ///< ... the other members, when who they are is to change
        std::shared_ptr<const std::string> record;  ///< fence: what they are told
        ViewNumber record_number{};                 ///< ... and under which number

        [[nodiscard]] bool is(ViewNumber view, HandoffStage which) const {
            return number == view && stage == which;
        }
    };

    /// A member whose removal is announced, as far as this process has followed it.
    struct Leaving {
        ViewNumber number{};
        Time seen;                 ///< here
        std::optional<Time> told;  ///< since then half of the others know, or have ended
    };

    struct Acks {
        ViewNumber number{};
        std::optional<Names> prepare;  ///< nothing: not read yet
        std::optional<Names> leave;
    };

    // coordination_steps.cpp: what to do next.
    Actions decide(Moment now);
    void watch_members(Moment now, Actions& out);
    void step(Moment now, Actions& out);
    bool record_history(Moment now, Actions& out);
    void found(Moment now, Actions& out);
    bool sweep(Moment now, Actions& out);
    [[nodiscard]] const NodeEntry* moved_member() const;
    [[nodiscard]] bool has_moved(std::string_view member) const;
    [[nodiscard]] bool is_elsewhere(std::string_view node, const Address& than) const;
    [[nodiscard]] Members watched() const;
    void report();

    // coordination_removals.cpp: who is dead, and since when for certain.
    void follow_removals(Moment now);
    [[nodiscard]] bool is_half(const Names& told, Time since, std::string_view beside,
                               bool or_gone) const;
    [[nodiscard]] bool is_only_member() const;
    [[nodiscard]] bool half_is_told_beside(const std::string& member, bool or_gone) const;
    [[nodiscard]] std::optional<std::string> end_of(Moment now, const std::string& member);
    bool readdress_moved(Moment now, Actions& out);
    bool too_many_to_remove(const std::vector<std::string>& dead, Actions& out);
    bool remove_dead(Moment now, Actions& out);
    bool announce_removals(const std::vector<std::string>& members, Actions& out);
    bool lift_removals(Actions& out);
    void report_removals();

    // coordination_requests.cpp: who asks for a handoff.
    bool move_unasked(Moment now, Actions& out);
    bool take_back_one(Moment now, Actions& out);
    void serve(Moment now, Actions& out);
    [[nodiscard]] const Queued* next_request(Moment now, const std::optional<HistoryEntry>& open);
    [[nodiscard]] Readiness judge(Moment now, const Queued& queued,
                                  const std::optional<HistoryEntry>& open);
    void report_requests(Moment now);
    [[nodiscard]] std::optional<Change> answer(Moment now, const Queued& queued,
                                               const std::optional<HistoryEntry>& open,
                                               Actions& out);
    [[nodiscard]] std::optional<bool> reachable(Moment now, const std::string& id,
                                                const Address& address, const std::string& purpose,
                                                std::optional<Time::duration> again_after,
                                                Actions& out);
    [[nodiscard]] const Queued* find_queued(const std::string& request) const;
    [[nodiscard]] bool is_asked_about(Moment now, const std::string& node);
    void conclude(Moment now, HistoryEntry entry, const Queued& queued, Actions& out);

    // coordination_handoff.cpp: from one view to the next.
    void follow_handoff(Moment now, Actions& out);
    bool advance_proposal(Moment now, Actions& out);
    bool advance_prepare(Moment now, Actions& out);
    bool advance_fence(Moment now, Actions& out);
    bool advance_leave(Moment now, Actions& out);
    bool end_request(Moment now, Actions& out);
    void propose(Moment now, Change change, const Queued* head, Actions& out);
    void abort(Moment now, std::string reason, bool again, Actions& out);
    [[nodiscard]] Names silent_owners(Moment now, Actions& out);
    void begin_fencing(Moment now, Actions& out);
    void commit(Moment now, Actions& out);
    void close(Moment now, HistoryEntry entry, bool done, Actions& out);
    void inform(Moment now, Informed& nodes, ViewNumber view,
                const std::shared_ptr<const std::string>& record, Actions& out);
    [[nodiscard]] bool half_is_told_of_handoff() const;
    [[nodiscard]] static Names names_of_told(const Informed& nodes);
    void tell_members(Moment now, Actions& out);
    void step_aside_if_others_reach_more(Moment now, Actions& out);
    [[nodiscard]] std::optional<std::pair<std::string, Time>> out_of_reach() const;
    [[nodiscard]] Names missing(const Handoff& handoff) const;
    [[nodiscard]] std::int64_t leave_ms() const;
    [[nodiscard]] std::int64_t took_ms(Moment now, const HistoryEntry& entry) const;

    void adopt(ViewRecord record, std::int32_t version);
    void put(ViewRecord record, Actions& out);
    void put(ViewRecord record, std::vector<HistoryEntry> notes, Actions& out);
    void write(Moment now, Change change, std::optional<Time> since, Actions& out);
    void append(HistoryEntry entry, Actions& out);
    void complain(std::string_view of, std::error_code error, Actions& out);
    void count_unreadable(std::string_view path, std::string_view data, Actions& out);
    void take_gateways(Moment now, const std::map<std::string, std::string>& entries, Actions& out);
    [[nodiscard]] Time gateways_back_by() const;
    void wake_at(Time at);
    [[nodiscard]] const HistoryEntry* find_in_history(const Queued& head) const;
    [[nodiscard]] bool in_history(const HistoryEntry& entry) const;
    [[nodiscard]] std::optional<HistoryEntry> open_entry() const;
    [[nodiscard]] std::vector<HistoryEntry> notes_but(const std::optional<HistoryEntry>& one) const;
    [[nodiscard]] ViewNumber number_for_genesis() const;
    [[nodiscard]] const ClusterSettings& cluster() const;

    CoordinatorOptions options_;
    CoordinatorStatus status_;

    // What is outstanding.
    bool reading_view_ = false;
    bool reading_history_ = false;
    bool reading_gateways_ = false;
    Waiting waiting_ = Waiting::nothing;
    std::optional<ViewRecord> writing_;
    std::optional<HistoryEntry> appending_;
    std::optional<Queued> finishing_;  ///< the queue may be told without it before the answer
    std::map<std::string, Asked, std::less<>> asked_;  ///< by id
    Time write_after_{};       ///< not before: the last write failed in a way that may last
    Time append_after_{};      ///< likewise, and `finish`
    Time::duration patience_;  ///< with nodes that only others reach
    bool stepped_aside_ = false;
    Time unasked_after_{};  ///< not before: the last handoff that nobody asked for was aborted
    std::optional<Time> sweep_at_;
    std::optional<Time> wake_;

    // What is known of the znodes.
    std::optional<ViewRecord> record_;     ///< as last read or written
    std::vector<HistoryEntry> notes_;      ///< of `record_`
    std::optional<std::int32_t> version_;  ///< of the znode; nothing when there is none
    std::int64_t modified_ = 0;            ///< transaction of the write that was last read
    bool damaged_ = false;                 ///< the znode does not hold `record_`, nor any other
    bool foreign_ = false;  ///< it holds what another version of this software wrote: hands off
    std::optional<Nodes> nodes_;
    std::map<std::string, Time, std::less<>> registered_since_;  ///< of `nodes_`
    std::optional<Gateways> gateways_;
    std::map<std::string, Time, std::less<>> gateways_gone_;  ///< since when, by id; for the grace
    Names gateway_names_;                                     ///< of their entries
    bool caught_up_ = false;  ///< everything was read after the view was: what is missing is gone
    std::optional<std::deque<Queued>> queue_;
    std::optional<ClusterSettings> settings_;
    std::deque<HistoryEntry> history_;  ///< the last entries

    std::optional<Handoff> handoff_;
    ViewNumber left_{};          ///< the last view for which nobody is waited for to leave
    ViewNumber proposed_{};      ///< the last number that this process proposed
    std::optional<Time> began_;  ///< what is under way, when this process began it
    Acks acks_;
    std::map<std::string, Leaving, std::less<>> leaving_;    ///< by member
    std::map<std::string, ViewNumber, std::less<>> yields_;  ///< likewise
    ViewNumber told_view_{};  ///< stamp of the record that members are being told of
    Informed told_;
    std::shared_ptr<const std::string> told_record_;

    Suspects suspects_;
    Schedule schedule_;
    Time settled_since_{};              ///< no newcomer among the nodes since
    bool alarmed_ = false;              ///< too many are gone, and it was said
    std::string held_up_;               ///< what whose turn it is waits for; empty: for nothing
    std::string trouble_;               ///< the last complaint, said once until something succeeds
    std::set<std::string> unreadable_;  ///< entries that were counted
};

}  // namespace ringcast::router::detail
