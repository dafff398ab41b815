#pragma once

#include "admission.hpp"
#include "channel_rules.hpp"
#include "client_machine.hpp"
#include "counters.hpp"
#include "credentials.hpp"
#include "drain_pace.hpp"
#include "http.hpp"
#include "hub.hpp"
#include "ringcast/gateway/options.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/uuid/random_generator.hpp>
#include <spdlog/logger.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

namespace ringcast::gateway {

class HttpConnection;
class Session;

/// What the threads of a server share: immutable, or safe from any thread.
struct ServerCommons {
    ServerCommons(Options with, HttpHandler serves, std::shared_ptr<spdlog::logger> logger);

    const Options options;
    const ChannelRules rules;
    const Credentials credentials;
    Admission admission;
    DrainPace drain_pace;
    const HttpHandler handler;
    const std::shared_ptr<spdlog::logger> log;
    /// Publishes of clients refused before the router saw them, by error code.
    std::map<ErrorCode, std::atomic<std::uint64_t>> publishes_refused;  // its keys never change
    const ClientMachine::Server machine;
};

/// One thread of the server, with its listening socket, its hub, and the sessions and HTTP
/// connections that were accepted on it and stay. All but `start`, `stop`, `drain`, `drain_on`,
/// `join` and the counters is for this thread.
class ServerThread {
public:
    using Clock = std::chrono::steady_clock;

    ServerThread(ServerCommons& commons, router::Router& router, membership::Scheduler& routers);
    ~ServerThread();  ///< Requires: joined
    ServerThread(const ServerThread&) = delete;
    ServerThread& operator=(const ServerThread&) = delete;

    /// Serves what comes to the listening socket.
    void start(boost::asio::ip::tcp::acceptor::native_handle_type listener,
               boost::asio::ip::tcp protocol);
    /// Closes all sessions with `shutdown` at the common pace, which has begun, within the limit;
    /// then calls `drained` on this thread.
    void drain(std::optional<Clock::duration> limit, std::function<void()> drained);
    /// The pace is another one, or the limit. Requires: `drain` was called.
    void drain_on(std::optional<Clock::duration> limit);
    void stop();  ///< drops everything; the thread ends
    void join();

    [[nodiscard]] const Options& options() const noexcept { return commons_.options; }
    [[nodiscard]] const ClientMachine::Server& server() const noexcept { return commons_.machine; }
    [[nodiscard]] ServerCommons& commons() noexcept { return commons_; }
    [[nodiscard]] boost::asio::any_io_executor executor() { return context_.get_executor(); }
    [[nodiscard]] Hub& hub() noexcept { return *hub_; }
    [[nodiscard]] const Hub& hub() const noexcept { return *hub_; }
    [[nodiscard]] Counters& counters() noexcept { return counters_; }
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

    [[nodiscard]] static Now now();
    [[nodiscard]] std::string make_client_id();
    [[nodiscard]] std::chrono::milliseconds random_first_ping();

    // By connections and sessions, about themselves.
    void session_begun(const std::shared_ptr<Session>& session);
    void session_ended(Session& session);
    void connection_begun(HttpConnection& connection);
    void connection_ended(HttpConnection& connection);
    void release_user(const std::string& user) { commons_.admission.release_user(user); }
    void flush_later(std::shared_ptr<Session> session);  ///< at the end of this turn of the loop
    void write_begins(Session& session);
    void write_ended(Session& session);

private:
    boost::asio::awaitable<void> accept_clients();
    void welcome(boost::asio::ip::tcp::socket socket);
    void flush_all();
    void tick();
    void limit_drain(std::optional<Clock::duration> limit);
    void close_some();
    void drop_all();

    ServerCommons& commons_;
    boost::asio::io_context context_;
    std::unique_ptr<membership::Scheduler> scheduler_;
    std::unique_ptr<Hub> hub_;
    Counters counters_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer ticker_;
    std::minstd_rand random_;
    boost::uuids::random_generator make_uuid_;

    std::unordered_set<std::shared_ptr<Session>> sessions_;
    std::unordered_set<HttpConnection*> connections_;
    std::vector<std::shared_ptr<Session>> to_flush_;
    std::vector<std::shared_ptr<Session>> flushing_;
    std::vector<Session*> writers_;  // with a write under way
    bool draining_ = false;
    Clock::time_point drain_hurries_ = Clock::time_point::max();  // who is left goes at once
    Clock::time_point drain_ends_ = Clock::time_point::max();     // and is dropped
    std::function<void()> drained_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace ringcast::gateway
