#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace ringcast::membership {

/// One's own entry in the registry, for as long as this object lives: an ephemeral znode that is
/// made again whenever it goes, under the same session or the next. Leaving scope withdraws it.
///
/// Lives on the thread of its scheduler; znodes and scheduler outlive it. May be destroyed at any
/// time, also by its own observer.
class Announcement {
public:
    struct Options {
        std::string parent;       ///< "/nodes"; made if it is missing
        std::string name;         ///< of the entry, or what its name begins with: "g-"
        bool sequential = false;  ///< the name becomes <name><instance>-<ten digits>
        /// Tells this start of this process from any other: random, printable, without a slash. A
        /// fixed entry of another session whose data contains it is one's own of before, and is
        /// replaced at once. Required when sequential.
        std::string instance;
    };

    enum class State {
        pending,    ///< there is no entry of ours: one is made as soon as there is a session
        announced,  ///< the entry stands (while suspended: stood when last heard of)
        held,       ///< another live instance holds the name; it is ours as soon as that one goes
    };
    using Observer = std::function<void(State)>;

    /// The observer is told of every change of state; never from inside a call.
    Announcement(Znodes& znodes, Scheduler& scheduler, Options options, std::string data,
                 Observer observer = {});
    Announcement(Announcement&&) noexcept;
    Announcement& operator=(Announcement&&) noexcept;
    ~Announcement();

    /// What the entry says from now on. Updates in between may be merged.
    void update(std::string data);

    [[nodiscard]] State state() const;
    [[nodiscard]] std::string name() const;  ///< of the entry as it stands; empty unless announced

    /// Why the last attempt to announce or update failed; none after a success.
    [[nodiscard]] std::error_code trouble() const;

    /// Removes the entry and then calls `gone`, if this object still lives. For a shutdown that
    /// withdraws first and drains afterwards. Call it once; nothing else may be called after it.
    void withdraw(std::function<void()> gone);

    class Keeper;  // hidden

private:
    std::shared_ptr<Keeper> keeper_;
};

/// Everybody's entries below one parent, kept up to date: discovery. It follows with a watch on
/// the parent and one on each entry, so it is for hundreds of entries, not for many thousands.
///
/// What it shows is always a state that was read; changes in between are merged, and it may lag
/// behind. While there is no connection it shows what was read last; after every reconnect
/// everything is read again. Entries are bytes: whoever reads them judges them.
///
/// Lives on the thread of its scheduler; znodes and scheduler outlive it. May be destroyed at any
/// time, also by its own observer.
class Roster {
public:
    struct Entry {
        std::string data;
        std::int64_t created = 0;   ///< tells incarnations of one name apart
        std::int64_t modified = 0;  ///< only grows, over incarnations too
        friend bool operator==(const Entry&, const Entry&) = default;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;  // by name
    using Observer = std::function<void()>;

    /// The observer is told when everything was read for the first time, and of every change from
    /// then on.
    Roster(Znodes& znodes, Scheduler& scheduler, std::string parent, Observer observer = {});
    Roster(Roster&&) noexcept;
    Roster& operator=(Roster&&) noexcept;
    ~Roster();

    /// Whether everything has been read at least once. Until then `entries` is empty.
    [[nodiscard]] bool complete() const;
    [[nodiscard]] const Entries& entries() const;

    /// The transaction of the last entry added or removed: the number of this state of the list,
    /// the same for everybody. It only grows.
    [[nodiscard]] std::int64_t changed() const;

    class Follower;  // hidden

private:
    std::shared_ptr<Follower> follower_;
};

}  // namespace ringcast::membership
