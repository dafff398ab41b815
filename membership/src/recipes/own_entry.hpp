#pragma once

#include "pursuit.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ringcast::membership {

/// Keeps one ephemeral entry of one's own standing: what announcements, candidates and contenders
/// have in common. An entry is believed in only after it was read and found to belong to the
/// present session. What to do while it stands is the derived class's.
class OwnEntry : public Pursuit {
public:
    struct Options {
        std::string parent;
        std::string name;      // fixed, or the prefix
        std::string instance;  // in the name when sequential, in the data otherwise
        bool sequential = false;
    };

    OwnEntry(Znodes& znodes, Scheduler& scheduler, Options options, std::string data);

    /// Removes the entry, then calls `gone`. Once.
    void leave(std::function<void()> gone);

    /// The owner has gone: removes the entry, if `leave` has not, and calls nobody any more.
    void abandon();

    [[nodiscard]] bool leaving() const { return leaving_; }

protected:
    /// A step of the round that found the own entry standing, to be ended by the derived class.
    /// `names` are the parent's children if `lists_always`.
    virtual void stands(const std::string& data, const Stat& stat,
                        const std::vector<std::string>& names) = 0;

    /// The entry has come (it may not be verified yet) or is gone.
    virtual void on_standing(bool standing) = 0;

    /// A fixed name is held by somebody else. Ends with `rest`, as a watch is out.
    virtual void on_held() {}

    /// Whether each round needs the parent's children.
    [[nodiscard]] virtual bool lists_always() const { return false; }

    void session_changed(const Session& session) override;

    void write(std::string data);  // what the entry says when it is made the next time
    [[nodiscard]] const std::string& data() const { return data_; }
    [[nodiscard]] const std::string& own_path() const { return own_; }
    [[nodiscard]] const Options& options() const { return options_; }

private:
    void round() override;
    void look_after_unknown_outcome();
    void list();
    void verify(const std::string& path, std::vector<std::string> names);
    void found_foreign(const std::string& path, const std::string& found, const Stat& stat);
    void make();
    void remove_own();
    void forget_own();
    void leave_soon();
    void leave_now();
    [[nodiscard]] std::string prefix() const;

    Options options_;
    std::string data_;
    std::string own_;         // path of the entry as made or verified; empty: none known
    bool uncertain_ = false;  // a creation may have happened
    bool standing_ = false;
    std::set<std::string> foreign_;  // look like ours and belong to another session
    Arm arm_;
    bool leaving_ = false;
    std::function<void()> gone_;
};

}  // namespace ringcast::membership
