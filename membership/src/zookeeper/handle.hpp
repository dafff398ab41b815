#pragma once

#include "mailbox.hpp"
#include "ringcast/membership/znodes.hpp"

#include <spdlog/logger.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

struct _zhandle;

namespace ringcast::membership::zookeeper {

/// Numbers the calls of one owner over all its handles, from 1.
using CallId = std::uint64_t;

/// What came back for a call. Which fields are filled depends on the call.
struct Answer {
    std::error_code error{};
    std::string text{};                ///< path of a create, data of a get
    std::vector<std::string> names{};  ///< of children
    Stat stat{};
};

/// What the client library says about its session.
enum class SessionNews {
    connected,     ///< a server answers: the first time, or again
    disconnected,  ///< none does
    expired,       ///< the ensemble has ended the session: the handle is dead
    refused,       ///< the ensemble does not accept our kind of authentication: the handle is dead
};

struct SessionReport {
    SessionNews news{};
    std::int64_t id = 0;                   ///< when connected
    std::chrono::milliseconds timeout{0};  ///< as agreed with the server, when connected
};

/// Who is told, on the scheduler's thread. `handle` is the number that the handle was made with.
class HandleOwner {
public:
    virtual ~HandleOwner() = default;
    virtual void opened(std::uint64_t handle, bool success) = 0;
    virtual void session_changed(std::uint64_t handle, const SessionReport& report) = 0;
    virtual void answered(CallId call, Answer answer) = 0;
    virtual void watch_fired(CallId call) = 0;
};

/// One handle of the ZooKeeper C client: one session, from its making to its end. This is the only
/// place where callbacks of the library enter; they copy what they are given, post it to the
/// owner's mailbox and return.
///
/// `open` and `close` block and belong on a background thread; everything else on the scheduler's
/// thread, after the owner was told `opened` and before the close was given away.
class Handle {
public:
    struct Settings {
        std::string hosts;
        std::chrono::milliseconds session_timeout{0};
        std::string credentials;  ///< "user:password" or empty
    };

    Handle(std::uint64_t number, Settings settings, std::shared_ptr<Mailbox<HandleOwner>> mailbox,
           std::shared_ptr<spdlog::logger> log);
    ~Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    void open();
    void close();

    // Each call is answered once to the owner, unless it returns an error here: then never.
    std::error_code create(CallId call, const std::string& path, const std::string& data,
                           Mode mode);
    std::error_code get(CallId call, const std::string& path, bool watch);
    std::error_code exists(CallId call, const std::string& path, bool watch);
    std::error_code children(CallId call, const std::string& path, bool watch);
    std::error_code set(CallId call, const std::string& path, const std::string& data,
                        std::int32_t version);
    std::error_code remove(CallId call, const std::string& path, std::int32_t version);

    /// Frees what a call needed. To be called when its answer has come and either no watch was set
    /// by it or that watch has fired: the library then knows it no more.
    void forget(CallId call);

    [[nodiscard]] std::uint64_t number() const { return number_; }

private:
    struct Context;  // what the library hands back with each answer and event of a call
    friend struct Callbacks;

    Context* context_for(CallId call);
    std::error_code outcome(int code, CallId call);

    const std::uint64_t number_;
    const Settings settings_;
    const std::shared_ptr<Mailbox<HandleOwner>> mailbox_;
    const std::shared_ptr<spdlog::logger> log_;
    _zhandle* handle_ = nullptr;
    std::atomic<int> unanswered_{0};  // calls that the library has still to answer
    std::unordered_map<CallId, std::unique_ptr<Context>>
        contexts_;  // freed at the latest after close
};

}  // namespace ringcast::membership::zookeeper
