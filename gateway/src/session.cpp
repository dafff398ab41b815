#include "session.hpp"

#include "guarded.hpp"
#include "ringcast/router/errc.hpp"
#include "server_thread.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream_base.hpp>

#include <exception>
#include <span>
#include <utility>

namespace ringcast::gateway {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t idle_buffer_bytes_max = 4'096;

// What a failed read says about the end of the connection, for the statistics.
CloseCode close_code(error_code failure) {
    if (failure == websocket::error::bad_frame_payload) return CloseCode::not_text;
    if (failure == websocket::condition::protocol_violation) return CloseCode::protocol_error;
    return CloseCode::connection_closed;
}

ErrorCode error_for(error_code failure) {
    return failure == router::Errc::too_large ? ErrorCode::bad_request : ErrorCode::internal;
}

}  // namespace

Session::Session(ServerThread& thread, asio::ip::tcp::socket socket, Admission::Ticket ticket)
    : thread_(thread),
      stream_(std::move(socket)),
      ticket_(std::move(ticket)),
      machine_(thread.server(), thread.make_client_id(), thread.random_first_ping(), thread.now()),
      queue_(thread.options().limits.queue_bytes_max),
      timer_(thread.executor()) {}

Session::~Session() = default;

asio::awaitable<void> Session::run(Request request, std::string protocol) {
    const auto self = shared_from_this();
    CloseCode ending = CloseCode::internal_error;
    auto reading = read(std::move(request), std::move(protocol), ending);
    if (!co_await guarded(std::move(reading), *thread_.commons().log, "client dropped client",
                          machine_.client())) {
        drop();
    }
    reading_ended(ending);
}

/// Tells in `ending` how the peer ended it.
asio::awaitable<void> Session::read(Request request, std::string protocol, CloseCode& ending) {
    error_code failure = co_await open(std::move(request), std::move(protocol));
    // Messages are put together here, not in Beast, so that one that is too large is closed like
    // all else: off the channels first, with a reason.
    const std::size_t bytes_max = thread_.options().limits.message_bytes_max;
    while (!failure) {
        const std::size_t room = bytes_max + 1 - incoming_.size();
        std::tie(failure, std::ignore) =
            co_await stream_.async_read_some(incoming_, room, as_result);
        if (failure) break;
        if (incoming_.size() > bytes_max) close(CloseCode::message_too_big);
        if (is_leaving()) {
            incoming_.clear();
        } else if (stream_.is_message_done()) {
            hear();
        }
    }
    ending = close_code(failure);
}

asio::awaitable<error_code> Session::open(Request request, std::string protocol) {
    const TimeOptions& times = thread_.options().times;
    error_code ignored;  // who has gone again is noticed when it is answered
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
    // Beast's own clock bounds the handshakes at both ends; liveness is the machine's.
    stream_.set_option(websocket::stream_base::timeout{times.close_timeout,
                                                       websocket::stream_base::none(), false});
    stream_.read_message_max(0);  // see `run`
    stream_.auto_fragment(false);
    stream_.text(true);
    if (!protocol.empty()) {
        stream_.set_option(websocket::stream_base::decorator(
            [protocol = std::move(protocol)](websocket::response_type& response) {
                response.set(boost::beast::http::field::sec_websocket_protocol, protocol);
            }));
    }
    auto [failure] = co_await stream_.async_accept(request, as_result);
    if (failure || state_ != State::opening) co_return asio::error::operation_aborted;
    state_ = State::open;
    thread_.counters().accepted.add(1);
    arm();
    co_return error_code();
}

void Session::hear() {
    if (stream_.got_text()) {
        const auto data = incoming_.cdata();
        const std::uint64_t before = machine_.commands();
        decide([&] {
            machine_.receive({static_cast<const char*>(data.data()), data.size()}, thread_.now(),
                             actions_);
        });
        thread_.counters().commands_in.add(machine_.commands() - before);
    } else {
        close(CloseCode::bad_request);
    }
    incoming_.clear();
    if (incoming_.capacity() > idle_buffer_bytes_max) incoming_.shrink_to_fit();
}

// While the machine decides nothing is touched but what is this client's own, so a client whose
// command cannot be served can still be told.
template <typename Decision>
void Session::decide(Decision decision) {
    try {
        decision();
    } catch (const std::exception& failure) {
        thread_.commons().log->error("client closed client={} reason=\"{}\"", machine_.client(),
                                     failure.what());
        actions_.clear();
        close(CloseCode::internal_error);
    }
    obey();
}

void Session::obey() {
    for (Action& each : actions_) {
        if (state_ != State::open) break;
        if (auto* send = std::get_if<action::Send>(&each)) {
            enqueue(std::make_shared<const std::string>(std::move(send->text)));
        } else if (auto* join = std::get_if<action::Join>(&each)) {
            places_.insert_or_assign(join->channel, thread_.hub().subscribe(*this, join->channel));
        } else if (auto* leave = std::get_if<action::Leave>(&each)) {
            places_.erase(leave->channel);
        } else if (auto* publish = std::get_if<action::Publish>(&each)) {
            thread_.hub().publish(
                std::move(publish->channel), std::move(publish->publication),
                [weak = weak_from_this(), id = publish->id](error_code failure) {
                    const auto self = weak.lock();
                    if (!self || self->state_ != State::open) return;
                    self->decide([&] {
                        self->machine_.published(
                            id, failure ? std::optional(error_for(failure)) : std::nullopt,
                            self->actions_);
                    });
                });
        } else {
            close(std::get<action::Close>(each).code);
        }
    }
    actions_.clear();
    arm();
}

void Session::subscribed(const std::string& channel, error_code failure) {
    if (state_ != State::open) return;
    if (failure) places_.erase(channel);
    decide([&] { machine_.subscribed(channel, !failure, thread_.now(), actions_); });
}

void Session::deliver(const router::SharedText& push) {
    enqueue(push);
}

void Session::lost(const std::string& channel) {
    places_.erase(channel);
    if (state_ != State::open) return;
    decide([&] { machine_.lost(channel, thread_.now(), actions_); });
}

void Session::enqueue(router::SharedText text) {
    if (state_ != State::open) return;
    const std::size_t before = queue_.bytes();
    if (!queue_.push(std::move(text))) return close(CloseCode::slow);
    count_queue(before);
    thread_.counters().messages_out.add(1);
    if (!std::exchange(flush_due_, true)) thread_.flush_later(shared_from_this());
}

void Session::flush() {
    flush_due_ = false;
    if (writing_ || state_ < State::open || state_ > State::closing) return;
    if (queue_.empty()) {
        if (state_ == State::closing) send_close();
        return;
    }
    batch_.clear();
    buffers_.clear();
    queue_.take(batch_, texts_per_frame_max);
    for (const auto& text : batch_) {
        if (!buffers_.empty()) buffers_.push_back(asio::buffer("\n", 1));
        buffers_.push_back(asio::buffer(*text));
    }
    writing_ = true;
    write_began_ = Clock::now();
    thread_.write_begins(*this);
    stream_.async_write(std::span<const asio::const_buffer>(buffers_),
                        [self = shared_from_this()](error_code failure, std::size_t bytes) {
                            self->written(failure, bytes);
                        });
}

void Session::written(error_code failure, std::size_t bytes) {
    writing_ = false;
    thread_.write_ended(*this);
    const std::size_t before = queue_.bytes();
    queue_.written();
    count_queue(before);
    if (failure) {
        // Aborted: the connection is ending for a reason that the reading side will tell.
        if (state_ == State::open && failure != asio::error::operation_aborted) {
            close(CloseCode::write_error);
            drop();
        }
        return;
    }
    thread_.counters().frames_out.add(1);
    thread_.counters().bytes_out.add(bytes);
    flush();
}

void Session::check_write(Clock::time_point now) {
    if (state_ != State::open || now - write_began_ < thread_.options().times.write_timeout) return;
    close(CloseCode::write_error);  // told if the write in the way ends before `close_timeout` does
}

void Session::close(CloseCode code) {
    if (state_ == State::opening) return drop();
    if (state_ != State::open) return;
    state_ = State::closing;
    close_code_ = code;
    machine_.close();
    places_.clear();  // before all slow work
    if (code == CloseCode::slow || code == CloseCode::write_error) {
        const std::size_t before = queue_.bytes();
        queue_.clear();
        count_queue(before);
    }
    thread_.counters().closed(code);  // whoever sees it counted sees it off its channels
    drop_at_ = Clock::now() + thread_.options().times.close_timeout;
    arm();
    if (!std::exchange(flush_due_, true)) thread_.flush_later(shared_from_this());
}

void Session::leave_drained() {
    drained_ = true;
    close(CloseCode::shutdown);
}

void Session::send_close() {
    state_ = State::close_sent;
    const std::string_view why = reason(close_code_);
    stream_.async_close(websocket::close_reason(static_cast<websocket::close_code>(close_code_),
                                                boost::beast::string_view(why.data(), why.size())),
                        [self = shared_from_this()](error_code) {
                            self->close_done_ = true;
                            self->drop();
                            if (!self->reading_) self->finish();
                        });
}

void Session::drop() {
    error_code ignored;
    stream_.next_layer().close(ignored);
}

void Session::reading_ended(CloseCode ending) {
    reading_ = false;
    if (state_ == State::open) {
        machine_.close();
        places_.clear();
        thread_.counters().closed(ending);
    }
    // A close frame of ours that waits for the peer's completes by itself, or is dropped in time.
    if (state_ != State::close_sent || close_done_) finish();
}

void Session::finish() {
    if (state_ == State::gone) return;
    state_ = State::gone;
    drop();
    places_.clear();
    timer_.cancel();
    if (const auto& user = machine_.admitted_user()) thread_.release_user(*user);
    const std::size_t before = queue_.bytes();
    queue_.written();  // what is in flight goes nowhere any more; `written` is told so later
    queue_.clear();
    count_queue(before);
    thread_.session_ended(*this);
}

void Session::count_queue(std::size_t bytes_before) {
    Count& total = thread_.counters().queue_bytes;
    total.add(queue_.bytes());
    total.take(bytes_before);
}

// Keeps the timer set for the next thing that is due. A deadline that moved away is noticed when
// the old one is reached, which is cheaper than to set it anew for every message.
void Session::arm() {
    if (state_ == State::gone) return;
    const Clock::time_point due = is_leaving() ? drop_at_ : machine_.deadline();
    if (due >= armed_for_) return;
    armed_for_ = due;
    timer_.expires_at(due);
    timer_.async_wait([self = shared_from_this()](error_code cancelled) {
        if (!cancelled) self->timer_fired();
    });
}

void Session::timer_fired() {
    armed_for_ = Clock::time_point::max();
    if (is_leaving()) {
        if (Clock::now() >= drop_at_) return drop();
    } else {
        decide([&] { machine_.pass_time(thread_.now(), actions_); });
    }
    arm();
}

}  // namespace ringcast::gateway
