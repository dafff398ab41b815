#include "server_thread.hpp"

#include "guarded.hpp"
#include "http_connection.hpp"
#include "ringcast/router/asio_scheduler.hpp"
#include "session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <cassert>
#include <utility>

namespace ringcast::gateway {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto tick_interval = 50ms;
constexpr auto pause_without_descriptors = 100ms;

// Accepting again at once would fail again at once and burn the processor.
bool is_out_of_resources(error_code failure) {
    return failure == asio::error::no_descriptors || failure == asio::error::no_memory ||
           failure == asio::error::no_buffer_space ||
           failure == boost::system::errc::too_many_files_open_in_system;
}

}  // namespace

ServerCommons::ServerCommons(Options with, HttpHandler serves,
                             std::shared_ptr<spdlog::logger> logger)
    : options(std::move(with)),
      rules(options),
      credentials(options.tokens),
      admission(options),
      drain_pace(options.closes_at_once_max),
      handler(std::move(serves)),
      log(std::move(logger)),
      machine{options, rules, credentials,
              [this](const std::string& user) { return admission.admit_user(user); },
              [this](ErrorCode code) { publishes_refused.at(code).fetch_add(1); }} {
    for (const ErrorCode code : {ErrorCode::unknown_channel, ErrorCode::permission_denied,
                                 ErrorCode::bad_request, ErrorCode::too_many_requests}) {
        publishes_refused[code] = 0;
    }
}

ServerThread::ServerThread(ServerCommons& commons, router::Router& router,
                           membership::Scheduler& routers)
    : commons_(commons),
      context_(1),
      scheduler_(router::make_asio_scheduler(context_.get_executor())),
      hub_(std::make_unique<Hub>(*scheduler_, router, routers,
                                 commons.options.limits.inbox_bytes_max)),
      acceptor_(context_),
      ticker_(context_),
      random_(std::random_device{}()) {}

// What the loop still holds is destroyed with it, after the hub: places are void by then.
ServerThread::~ServerThread() {
    assert(!thread_.joinable());
}

void ServerThread::start(asio::ip::tcp::acceptor::native_handle_type listener,
                         asio::ip::tcp protocol) {
    acceptor_.assign(protocol, listener);
    asio::co_spawn(context_, accept_clients(), end_process_on_exception);
    tick();
    thread_ = std::thread([this] { context_.run(); });
}

void ServerThread::join() {
    if (thread_.joinable()) thread_.join();
}

asio::awaitable<void> ServerThread::accept_clients() {
    asio::steady_timer pause(context_);
    bool said = false;
    while (!stopping_) {
        auto [failure, socket] = co_await acceptor_.async_accept(as_result);
        if (failure == asio::error::operation_aborted) break;
        if (!failure) {
            said = false;
            welcome(std::move(socket));
        } else if (is_out_of_resources(failure)) {
            if (!std::exchange(said, true)) {
                commons_.log->warn("cannot accept reason=\"{}\"", failure.message());
            }
            pause.expires_after(pause_without_descriptors);
            co_await pause.async_wait(as_result);
        }
        // Anything else concerns the one connection that went before it was accepted.
    }
}

void ServerThread::welcome(asio::ip::tcp::socket socket) {
    error_code failure;
    const auto peer = socket.remote_endpoint(failure);
    if (failure) return;
    std::string address = peer.address().to_string();
    auto ticket = commons_.admission.enter(address);
    if (!ticket) return;
    auto connection = std::make_shared<HttpConnection>(*this, std::move(socket), std::move(*ticket),
                                                       std::move(address));
    asio::co_spawn(
        context_, [connection] { return connection->run(); }, end_process_on_exception);
}

Now ServerThread::now() {
    const auto unix = std::chrono::system_clock::now().time_since_epoch();
    return {Clock::now(), std::chrono::duration_cast<std::chrono::seconds>(unix).count()};
}

std::string ServerThread::make_client_id() {
    return to_string(make_uuid_());
}

std::chrono::milliseconds ServerThread::random_first_ping() {
    const auto interval = options().times.ping_interval.count();
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(interval / 2, interval)(random_));
}

void ServerThread::session_begun(const std::shared_ptr<Session>& session) {
    sessions_.insert(session);
    counters_.sessions.add(1);
}

void ServerThread::session_ended(Session& session) {
    if (sessions_.erase(session.shared_from_this()) == 0) return;
    counters_.sessions.take(1);
    if (session.was_drained()) commons_.drain_pace.one_has_gone();
    if (draining_) close_some();
}

void ServerThread::connection_begun(HttpConnection& connection) {
    connections_.insert(&connection);
    counters_.connections.add(1);
}

void ServerThread::connection_ended(HttpConnection& connection) {
    connections_.erase(&connection);
    counters_.connections.take(1);
}

void ServerThread::flush_later(std::shared_ptr<Session> session) {
    if (to_flush_.empty()) asio::post(context_, [this] { flush_all(); });
    to_flush_.push_back(std::move(session));
}

void ServerThread::flush_all() {
    std::swap(to_flush_, flushing_);
    for (const auto& session : flushing_) session->flush();
    flushing_.clear();
}

void ServerThread::write_begins(Session& session) {
    session.writer_index_ = writers_.size();
    writers_.push_back(&session);
}

void ServerThread::write_ended(Session& session) {
    Session* last = writers_.back();
    writers_[session.writer_index_] = last;
    last->writer_index_ = session.writer_index_;
    writers_.pop_back();
}

void ServerThread::tick() {
    if (stopping_) return;
    const auto moment = Clock::now();
    // By copy: who is overdue is dropped, and its write ends.
    const std::vector<Session*> writers = writers_;
    for (Session* each : writers) each->check_write(moment);
    if (draining_) close_some();
    ticker_.expires_after(tick_interval);
    ticker_.async_wait([this](error_code cancelled) {
        if (!cancelled) tick();
    });
}

void ServerThread::drain(std::optional<Clock::duration> limit, std::function<void()> drained) {
    asio::post(context_, [this, limit, done = std::move(drained)]() mutable {
        draining_ = true;
        drained_ = std::move(done);
        limit_drain(limit);
        close_some();
    });
}

void ServerThread::drain_on(std::optional<Clock::duration> limit) {
    asio::post(context_, [this, limit] {
        limit_drain(limit);
        close_some();
    });
}

/// The last to go have as long to take their leave as all others, if the limit has room for that.
void ServerThread::limit_drain(std::optional<Clock::duration> limit) {
    if (!limit) return;
    drain_ends_ = Clock::now() + *limit;
    drain_hurries_ =
        drain_ends_ - std::min<Clock::duration>(options().times.close_timeout, *limit / 2);
}

/// Nobody comes any more: what is done to all is done once.
void ServerThread::close_some() {
    const auto moment = Clock::now();
    const bool hurries = moment >= drain_hurries_;
    if (hurries) drain_hurries_ = Clock::time_point::max();
    if (moment >= drain_ends_) {
        drain_ends_ = Clock::time_point::max();
        drop_all();
    }
    DrainPace& pace = commons_.drain_pace;
    if (hurries || pace.allows_one(moment)) {  // else not even a look at those that leave
        for (auto each = sessions_.begin(); each != sessions_.end();) {
            const auto session = *each++;  // closing may end it at once
            if (session->is_leaving() || session->was_drained()) continue;
            if (hurries) {
                pace.close_one_anyway();
            } else if (!pace.close_one(moment)) {
                break;
            }
            session->leave_drained();
        }
    }
    if (sessions_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void ServerThread::drop_all() {
    const std::vector<std::shared_ptr<Session>> sessions(sessions_.begin(), sessions_.end());
    for (const auto& each : sessions) each->drop();
}

void ServerThread::stop() {
    asio::post(context_, [this] {
        if (std::exchange(stopping_, true)) return;
        error_code ignored;
        acceptor_.close(ignored);
        ticker_.cancel();
        drop_all();
        for (HttpConnection* each : connections_) each->drop();
    });
}

}  // namespace ringcast::gateway
