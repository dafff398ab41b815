#pragma once

#include "background.hpp"
#include "handle.hpp"
#include "mailbox.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/membership/zookeeper.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace ringcast::membership::zookeeper {

/// The contract of `Znodes` over one handle after another. Lives on the scheduler's thread; shared
/// only so that what arrives late finds it gone. A session comes about like this:
///
///     open a handle --> reached --> root prepared --> connected <--> suspended
///       ^    (connecting or lost: the state of before)    |              |
///       +-------------------- lost <----------------------+--------------+  expired
///
/// Calls are kept in the order in which they came, and answered in it, also those that fail at
/// once.
class Client final : public HandleOwner, public std::enable_shared_from_this<Client> {
public:
    Client(Scheduler& scheduler, ZooKeeperOptions options, std::shared_ptr<spdlog::logger> log);

    void start();

    /// Ends the session and forgets every handler and watch, without calling them. Blocks until
    /// done.
    void stop();

    void create(std::string path, std::string data, Mode mode, Znodes::CreateHandler handler);
    void get(std::string path, Znodes::Watch watch, Znodes::GetHandler handler);
    void exists(std::string path, Znodes::Watch watch, Znodes::ExistsHandler handler);
    void children(std::string path, Znodes::Watch watch, Znodes::ChildrenHandler handler);
    void set(std::string path, std::string data, std::int32_t version, Znodes::SetHandler handler);
    void remove(std::string path, std::int32_t version, Znodes::RemoveHandler handler);

    [[nodiscard]] Session session() const { return session_; }
    [[nodiscard]] Token observe(Znodes::SessionObserver observer);

private:
    using Finish = std::function<void(Answer)>;
    using Begin = std::function<std::error_code(Handle&, CallId)>;

    struct Pending {
        CallId id = 0;
        Znodes::Watch watch{};
        bool absence_counts = false;  // exists: "no node" is an answer, and its watch is set
        Finish finish{};
        std::optional<Answer> answer{};  // there, while an older call still waits for its own
    };

    void opened(std::uint64_t handle, bool success) override;
    void session_changed(std::uint64_t handle, const SessionReport& report) override;
    void answered(CallId call, Answer answer) override;
    void watch_fired(CallId call) override;

    void open_handle();
    void release_handle();
    void advance();
    void come_into(SessionState state);
    void lose_session();
    void fail_pending(std::error_code error);
    void deliver();
    void fire_all_watches();
    void tell_observers();
    void complain_if_unreached();

    void prepare_root();
    void do_without_root(std::uint64_t attempt);
    void create_root(std::uint64_t attempt, std::size_t from);
    void check_access(std::uint64_t attempt);
    void be_prepared();
    void root_failed(std::error_code error, std::string_view what);
    [[nodiscard]] bool is_current(std::uint64_t attempt) const;

    /// Why a call of the user's cannot even be tried; nothing: it can.
    [[nodiscard]] std::error_code refusal() const;
    void call(std::error_code refused, Pending pending, const Begin& begin);
    [[nodiscard]] std::string full(std::string_view path) const;

    Scheduler& scheduler_;
    const ZooKeeperOptions options_;
    const std::string hosts_;
    const std::string chroot_;
    const std::string prefix_;  // chroot and root, before every path; "" when both are "/"
    const std::shared_ptr<spdlog::logger> log_;
    std::shared_ptr<Mailbox<HandleOwner>> mailbox_;

    Session session_;
    std::map<std::uint64_t, std::shared_ptr<const Znodes::SessionObserver>> observers_;
    std::uint64_t next_observer_ = 1;

    std::shared_ptr<Handle> handle_;  // shared with the background job that opens or closes it
    std::uint64_t handles_made_ = 0;
    bool opened_ = false;               // by the background thread: `handle_` may be used
    bool reachable_ = false;            // by the handle's own word
    bool prepared_ = false;             // the root is there, or may be missing
    SessionReport latest_;              // of the last `connected`
    std::uint64_t preparation_ = 0;     // counts attempts: answers to older ones are ignored
    std::error_code complained_about_;  // of preparing the root: each trouble is logged once

    std::deque<Pending> pending_;  // consecutive ids
    CallId next_call_ = 1;
    std::map<CallId, Znodes::Watch> watches_;  // set and not yet fired

    Token retry_;
    Token complaint_;
    bool stopped_ = false;
    std::unique_ptr<Background> background_;
};

}  // namespace ringcast::membership::zookeeper
