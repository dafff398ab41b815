#pragma once

#include "coordination_changes.hpp"
#include "coordination_suspects.hpp"
#include "ringcast/router/coordinator.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace ringcast::router::detail {

/// What the machine wants done. Each of the first five is answered by the event of that name; at
/// most one of them is outstanding, probes apart.
struct ReadView {};     ///< answered by `view_read`
struct ReadHistory {};  ///< answered by `history_read`
struct WriteView {      ///< answered by `view_written`
    ViewRecord record;
    std::optional<std::int32_t>
        version;  ///< that it was read at; nothing: the znode is to be created
};
struct AppendHistory {  ///< answered by `history_appended`
    HistoryEntry entry;
};
struct FinishRequest {  ///< answered by `request_finished`: it goes from the queue
    std::string name;
};
struct ProbeNode {  ///< answered by `probed`
    std::string node;
    Address address;
};
struct Wake {  ///< call `tick` then; replaces the one before
    Time at;
};
struct Say {  ///< for the log, once
    enum class Level { info, warning, error };
    Level level = Level::info;
    std::string text;
};

using Action = std::variant<ReadView, ReadHistory, WriteView, AppendHistory, FinishRequest,
                            ProbeNode, Wake, Say>;
using Actions = std::vector<Action>;

/// Time comes in as a value: the clock for durations, and the date for history.
struct Moment {
    Time clock;
    std::int64_t unix_seconds = 0;
};

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
///     1  a proposal was left behind       -> before any fence: drop it; else: carry it out
///     2  a member is dead                 -> view without it, unless too many are gone
///     3  a change is not in history       -> append it
///     4  a member has another address     -> view with it
///     5  there is no view                 -> genesis, once the nodes have settled
///     6  there is a request               -> done already: finish it; else view, or refusal to
///     history
///
/// Everything follows from the znodes, so the next coordinator goes on at any point. What ties a
/// request, its view and its history together is the view record: it names the request last done,
/// and holds the entry that history is to get. Only step 6 removes a request, after history has it.
class Coordination {
public:
    explicit Coordination(CoordinatorOptions options);

    /// This process leads from now on, or no longer: what was outstanding is forgotten, and the
    /// shell passes on no answer to it.
    Actions lead(Moment now);
    void resign();

    /// The entries below `nodes` and `gateways` and the queue of requests in order, as they are
    /// now: znode name and data.
    Actions nodes(Moment now, const std::map<std::string, std::string>& entries);
    Actions gateways(Moment now, const std::map<std::string, std::string>& entries);
    Actions requests(Moment now, const std::vector<std::pair<std::string, std::string>>& queue);

    /// Also when the znode was seen to change, unasked. Nothing: there is no such znode.
    Actions view_read(Moment now, const std::optional<ViewRead>& read);
    Actions history_read(Moment now, const std::vector<std::string>& entries);

    /// `version` is that which came of the write, if it succeeded.
    Actions view_written(Moment now, std::error_code error, std::int32_t version);
    Actions history_appended(Moment now, std::error_code error);
    Actions request_finished(Moment now, std::error_code error);
    Actions probed(Moment now, const std::string& node, const Address& address, bool reachable);
    Actions tick(Moment now);

    [[nodiscard]] const CoordinatorStatus& status() const { return status_; }

private:
    enum class Waiting {
        nothing,
        write,   ///< for `view_written`
        append,  ///< for `history_appended`
        finish,  ///< for `request_finished`
    };

    /// A request in the queue: nothing in it when it is unreadable.
    struct Queued {
        std::string name;
        std::optional<Request> request;
        Time seen;
    };

    /// The probe of a node that is to be added.
    struct Newcomer {
        std::string request;
        std::string node;
        Address address;
        std::optional<bool> reachable = {};  ///< nothing while the probe is on its way
    };

    // coordination_steps.cpp: what to do next.
    Actions decide(Moment now);
    void watch_members(Moment now, Actions& out);
    void step(Moment now, Actions& out);
    bool settle_proposal(Actions& out);
    bool bury_one(Moment now, Actions& out);
    bool record_history(Moment now, Actions& out);
    bool readdress_one(Moment now, Actions& out);
    void found(Moment now, Actions& out);
    void serve(Moment now, Actions& out);
    [[nodiscard]] std::optional<Change> answer(const Request& request, const std::string& name,
                                               Actions& out);

    void adopt(ViewRecord record, std::int32_t version);
    void put(ViewRecord record, Actions& out);
    void write(Moment now, Change change, std::optional<Time> since, Actions& out);
    void append(HistoryEntry entry, Actions& out);
    void complain(std::string_view of, std::error_code error, Actions& out);
    void count_unreadable(std::string_view path, std::string_view data, Actions& out);
    void wake_at(Time at);
    [[nodiscard]] const HistoryEntry* find_in_history(const Queued& head) const;
    [[nodiscard]] bool in_history(const HistoryEntry& entry) const;
    [[nodiscard]] ViewNumber number_for_genesis() const;

    CoordinatorOptions options_;
    CoordinatorStatus status_;

    // What is outstanding.
    bool reading_view_ = false;
    bool reading_history_ = false;
    Waiting waiting_ = Waiting::nothing;
    std::optional<ViewRecord> writing_;
    std::optional<HistoryEntry> appending_;
    std::optional<Newcomer> newcomer_;
    Time write_after_{};   ///< not before: the last write failed in a way that may last
    Time append_after_{};  ///< likewise, and `finish`
    std::optional<Time> wake_;

    // What is known of the znodes.
    std::optional<ViewRecord> record_;     ///< as last read or written
    std::optional<HistoryEntry> note_;     ///< of `record_`
    std::optional<std::int32_t> version_;  ///< of the znode; nothing when there is none
    std::int64_t modified_ = 0;            ///< transaction of the write that was last read
    bool damaged_ = false;                 ///< the znode does not hold `record_`, nor any other
    bool foreign_ = false;  ///< it holds what another version of this software wrote: hands off
    std::optional<Nodes> nodes_;
    std::optional<Gateways> gateways_;
    std::optional<std::deque<Queued>> queue_;
    std::deque<HistoryEntry> history_;     ///< the last entries
    std::deque<HistoryEntry> unrecorded_;  ///< to be appended before anything else is done

    Suspects suspects_;
    Time settled_since_{};              ///< no newcomer among the nodes since
    bool alarmed_ = false;              ///< too many are gone, and it was said
    std::string trouble_;               ///< the last complaint, said once until something succeeds
    std::set<std::string> unreadable_;  ///< entries that were counted
};

}  // namespace ringcast::router::detail
