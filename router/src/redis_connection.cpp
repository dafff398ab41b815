#include "redis_connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cassert>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace ringcast::router {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t read_bytes = 64U << 10U;

bool is_push(const resp::Reply& reply) {
    if (!reply.is_array() || reply.size() < 3) return false;
    const std::string_view kind = reply[0].text();
    return kind == "message" || kind == "subscribe" || kind == "unsubscribe";
}

}  // namespace

// Every asynchronous step holds the core and looks first whether it is still open: the owner may
// have gone while the step was under way.
class RedisConnection::Core : public std::enable_shared_from_this<Core> {
public:
    Core(boost::asio::any_io_executor executor, NodeOptions options, std::string name)
        : options_(std::move(options)),
          name_(std::move(name)),
          socket_(executor),
          resolver_(executor),
          timer_(executor),
          reader_(options_.reply_bytes_max) {}

    void open(const Address& address, Events events) {
        assert(state_ == State::fresh);
        state_ = State::opening;
        events_ = std::make_shared<const Events>(std::move(events));
        timer_.expires_after(options_.connect_timeout);
        timer_.async_wait([self = shared_from_this()](error_code error) {
            if (error || self->state_ != State::opening) return;
            self->close(Closed::Why::unreachable, "no connection within connect_timeout");
        });

        error_code not_numeric;
        const auto ip = boost::asio::ip::make_address(address.host, not_numeric);
        if (!not_numeric) {
            connect(tcp::endpoint(ip, address.port));
            return;
        }
        resolver_.async_resolve(address.host, std::to_string(address.port),
                                [self = shared_from_this()](
                                    error_code error, const tcp::resolver::results_type& found) {
                                    if (self->state_ != State::opening) return;
                                    if (error)
                                        return self->close(Closed::Why::unreachable,
                                                           error.message());
                                    self->connect(found.begin()->endpoint());
                                });
    }

    void command(std::span<const std::string_view> arguments, Answer answered) {
        resp::append_command(to_write_, arguments);
        const auto deadline = Clock::now() + options_.answer_timeout;
        unanswered_.push_back({std::move(answered), deadline});
        if (!watching_ && state_ == State::open) watch_answers(deadline);
        write_soon();
    }

    void subscribing_command(std::span<const std::string_view> arguments) {
        subscribed_ = true;
        resp::append_command(to_write_, arguments);
        write_soon();
    }

    [[nodiscard]] std::size_t unanswered() const noexcept { return unanswered_.size(); }
    [[nodiscard]] bool is_open() const noexcept { return state_ == State::open; }

    void abandon() {
        events_ = nullptr;
        shut();
    }

private:
    enum class State {
        fresh,    // made, nothing done
        opening,  // resolving, connecting, logging in
        open,     // admitted
        closed,   // for good
    };

    struct Unanswered {
        Answer answered;
        Clock::time_point deadline;
    };

    void connect(const tcp::endpoint& endpoint) {
        socket_.async_connect(endpoint, [self = shared_from_this()](error_code error) {
            if (self->state_ != State::opening) return;
            if (error) {
                const bool refused = error == boost::asio::error::connection_refused;
                return self->close(refused ? Closed::Why::refused : Closed::Why::unreachable,
                                   error.message());
            }
            error_code ignored;  // merely slower without it
            self->socket_.set_option(tcp::no_delay(true), ignored);
            self->log_in();
            self->read();
        });
    }

    void log_in() {
        if (!options_.user.empty()) {
            expect_admission({"AUTH", options_.user, options_.password});
        } else if (!options_.password.empty()) {
            expect_admission({"AUTH", options_.password});
        }
        if (!name_.empty()) expect_admission({"CLIENT", "SETNAME", name_});
        if (unanswered_.empty()) expect_admission({"PING"});
    }

    /// The connection is open once all of these are answered, each without error.
    void expect_admission(std::initializer_list<std::string_view> arguments) {
        command(std::span(arguments.begin(), arguments.size()), [this](const resp::Reply& reply) {
            if (reply.is_error()) {
                close(Closed::Why::not_admitted, std::string(reply.text()));
            } else if (unanswered_.empty()) {
                state_ = State::open;
                timer_.cancel();
                if (const auto events = events_; events->opened) events->opened();
            }
        });
    }

    void read() {
        socket_.async_read_some(boost::asio::buffer(read_buffer_),
                                [self = shared_from_this()](error_code error, std::size_t count) {
                                    if (self->state_ == State::closed) return;
                                    if (error)
                                        return self->close(Closed::Why::ended, error.message());
                                    self->take({self->read_buffer_.data(), count});
                                    if (self->state_ != State::closed) self->read();
                                });
    }

    void take(std::string_view bytes) {
        const auto events = events_;  // kept: a handler that is running may destroy its connection
        reader_.feed(bytes);
        while (const auto reply = reader_.next()) {
            if (subscribed_ && (unanswered_.empty() || is_push(*reply))) {
                if (events->pushed) events->pushed(*reply);
            } else if (unanswered_.empty()) {
                return close(Closed::Why::malformed, "a reply that nobody asked for");
            } else {
                const Answer answered = std::move(unanswered_.front().answered);
                unanswered_.pop_front();
                if (answered) answered(*reply);
            }
            if (state_ == State::closed) return;
        }
        switch (reader_.fault()) {
            case resp::Reader::Fault::none:
                return;
            case resp::Reader::Fault::malformed:
                return close(Closed::Why::malformed, "not the protocol of Redis");
            case resp::Reader::Fault::too_large:
                return close(Closed::Why::malformed, "a reply above reply_bytes_max");
        }
    }

    /// One timer for all commands: they are answered in order, so the oldest is the first overdue.
    void watch_answers(Clock::time_point deadline) {
        watching_ = true;
        timer_.expires_at(deadline);
        timer_.async_wait([self = shared_from_this()](error_code) {
            self->watching_ = false;
            if (self->state_ != State::open || self->unanswered_.empty()) return;
            const auto oldest = self->unanswered_.front().deadline;
            if (oldest > Clock::now()) return self->watch_answers(oldest);
            self->close(Closed::Why::answer_timeout, "no answer within answer_timeout");
        });
    }

    void write_soon() {
        if (writing_) return;
        writing_ = true;
        boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->write(); });
    }

    void write() {
        if (state_ == State::closed) return;
        if (to_write_.empty()) {
            writing_ = false;
            return;
        }
        being_written_.clear();
        being_written_.swap(to_write_);
        boost::asio::async_write(socket_, boost::asio::buffer(being_written_),
                                 [self = shared_from_this()](error_code error, std::size_t) {
                                     if (self->state_ == State::closed) return;
                                     if (error) {
                                         return self->close(Closed::Why::ended, error.message());
                                     }
                                     self->write();
                                 });
    }

    void close(Closed::Why why, std::string text) {
        if (state_ == State::closed) return;
        shut();
        if (const auto events = std::exchange(events_, nullptr); events->closed) {
            events->closed({why, std::move(text)});
        }
    }

    void shut() {
        state_ = State::closed;
        // Dropped at a later turn: one of them may be what is running now.
        boost::asio::post(socket_.get_executor(),
                          [dropped = std::make_shared<std::deque<Unanswered>>(
                               std::exchange(unanswered_, {}))] {});
        timer_.cancel();
        resolver_.cancel();
        error_code ignored;  // it is closed either way
        socket_.close(ignored);
    }

    const NodeOptions options_;
    const std::string name_;
    std::shared_ptr<const Events> events_;  // null once closed
    tcp::socket socket_;
    tcp::resolver resolver_;
    boost::asio::steady_timer timer_;  // of opening, then of the oldest answer
    State state_ = State::fresh;
    bool subscribed_ = false;
    bool watching_ = false;
    bool writing_ = false;
    resp::Reader reader_;
    std::deque<Unanswered> unanswered_;
    std::string to_write_;
    std::string being_written_;
    std::array<char, read_bytes> read_buffer_;
};

RedisConnection::RedisConnection(boost::asio::any_io_executor executor, NodeOptions options,
                                 std::string name)
    : core_(std::make_shared<Core>(std::move(executor), std::move(options), std::move(name))) {}

RedisConnection::~RedisConnection() {
    core_->abandon();
}

void RedisConnection::open(const Address& address, Events events) {
    core_->open(address, std::move(events));
}

void RedisConnection::command(std::span<const std::string_view> arguments, Answer answered) {
    assert(core_->is_open());
    core_->command(arguments, std::move(answered));
}

void RedisConnection::subscribing_command(std::span<const std::string_view> arguments) {
    assert(core_->is_open());
    core_->subscribing_command(arguments);
}

std::size_t RedisConnection::unanswered() const noexcept {
    return core_->unanswered();
}

}  // namespace ringcast::router
