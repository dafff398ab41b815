#pragma once

#include "pursuit.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace ringcast::membership {

/// The children of one znode, kept up to date: below rosters, consumers of queues and those who
/// wait at barriers. Nothing is shown before everything was read once; what is older than what is
/// known (another server may lag) is not applied.
class ChildCache final : public Pursuit {
public:
    enum class Depth {
        names,         ///< which children there are
        data,          ///< and what they held when they were first seen
        watched_data,  ///< and what they hold
    };
    struct Child {
        std::string data;
        Stat stat;
    };
    using Children = std::map<std::string, Child, std::less<>>;  // by name

    ChildCache(Znodes& znodes, Scheduler& scheduler, std::string path, Depth depth,
               std::function<void()> on_change);

    [[nodiscard]] bool complete() const { return complete_; }
    [[nodiscard]] const Children& children() const { return shown_; }
    [[nodiscard]] std::int64_t changed() const { return changed_; }

    /// The child was removed by this client: do not show it any more, even if a late list does.
    void forget(const std::string& name);

private:
    struct Known {
        Child child;
        bool read = false;  // at least once
        bool dirty = true;  // to be read (again)
        Arm arm;
    };

    void round() override;
    void session_changed(const Session& session) override;
    void list();
    void apply(const std::vector<std::string>& names, const Stat& stat);
    void read_dirty();
    void read(const std::string& name);
    void end_reading();
    void show();

    std::string path_;
    Depth depth_;
    std::function<void()> on_change_;
    bool list_dirty_ = true;
    Arm list_arm_;
    std::map<std::string, Known, std::less<>> known_;
    std::set<std::string, std::less<>> forgotten_;
    std::int64_t changed_ = 0;     // of the list that was applied
    std::size_t outstanding_ = 0;  // reads of this round
    std::error_code failure_;      // of one of them
    bool vanished_ = false;        // a child that the list still had
    bool differs_ = true;          // from what is shown
    bool complete_ = false;
    Children shown_;
};

}  // namespace ringcast::membership
