#pragma once

#include "resp.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/view.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ringcast::router {

/// Why a connection is no more.
struct Closed {
    enum class Why {
        unreachable,     ///< no such host, or not connected within `connect_timeout`
        refused,         ///< nobody listens there
        not_admitted,    ///< the node answered AUTH or CLIENT SETNAME with an error: it lives
        ended,           ///< closed or reset by the other side
        answer_timeout,  ///< a command stayed without answer for `answer_timeout`
        malformed,       ///< what came is not RESP, larger than `reply_bytes_max`, or unasked for
    };
    Why why;
    std::string text;  ///< one phrase for the log
};

/// One connection to a Redis: connects, logs in, names itself, then carries pipelined commands and,
/// once something was subscribed, pushes. It is used for one life: when it is closed, make another.
///
/// Lives on the one thread of its executor, and calls its handlers there, never from inside a call
/// to it. A handler may destroy it. Destroying it closes the socket and drops all handlers unsaid.
/// Commands given in one turn of the loop leave in one write. What is queued for writing is bounded
/// by its users: each of them bounds what it has unanswered.
class RedisConnection {
public:
    struct Events {
        std::function<void()> opened;                    ///< connected and admitted
        std::function<void(const Closed&)> closed;       ///< at most once, last of all; handlers of
                                                         ///< unanswered commands are then dropped
        std::function<void(const resp::Reply&)> pushed;  ///< of a subscribed connection
    };
    using Answer = std::function<void(const resp::Reply&)>;

    /// `name` is what the node's CLIENT LIST shows; empty: none is set.
    RedisConnection(boost::asio::any_io_executor executor, NodeOptions options, std::string name);
    ~RedisConnection();
    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;

    /// Requires: not opened before. Ends in `opened` or `closed` within `connect_timeout`.
    void open(const Address& address, Events events);

    /// Requires: `opened` was called. Error replies of the node are answers too.
    void command(std::span<const std::string_view> arguments, Answer answered);
    void command(std::initializer_list<std::string_view> arguments, Answer answered) {
        command(std::span(arguments.begin(), arguments.size()), std::move(answered));
    }

    /// SUBSCRIBE and UNSUBSCRIBE: their confirmations come as pushes, one for each channel, and so
    /// does an error. From the first of them on the node accepts nothing else but PING.
    void subscribing_command(std::span<const std::string_view> arguments);

    /// Commands not yet answered.
    [[nodiscard]] std::size_t unanswered() const noexcept;

private:
    class Core;
    std::shared_ptr<Core> core_;
};

}  // namespace ringcast::router
