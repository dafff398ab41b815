#pragma once

#include "admission.hpp"
#include "client_machine.hpp"
#include "hub.hpp"
#include "outgoing_queue.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ringcast::gateway {

class ServerThread;

/// One client's WebSocket: reads messages into its machine and obeys it, and writes what its queue
/// holds. Lives on the thread that accepted it; kept alive by its own operations.
///
///     opening --accepted--> open --close()--> closing --flushed--> close_sent --peer's close-->
///     gone
///                             \--peer gone, write error or overdue--------------------------->/
///
/// In `closing` and `close_sent` it is off all channels already and hears nothing; after
/// `TimeOptions::close_timeout` the TCP connection is dropped.
class Session final : public Subscriber, public std::enable_shared_from_this<Session> {
public:
    using Request = boost::beast::http::request<boost::beast::http::empty_body>;
    using Clock = std::chrono::steady_clock;

    Session(ServerThread& thread, boost::asio::ip::tcp::socket socket, Admission::Ticket ticket);
    ~Session() override;

    /// The whole life, from the answer to the handshake to the end of the reading direction.
    boost::asio::awaitable<void> run(Request request, std::string protocol);

    /// Closes with the code and its reason, after what waits was sent (but for a client that does
    /// not take it: `slow`, `write_error`).
    void close(CloseCode code);
    /// Closes with `shutdown`, and is counted by the thread as draining until it is gone.
    void leave_drained();
    [[nodiscard]] bool was_drained() const noexcept { return drained_; }
    /// Drops the TCP connection.
    void drop();

    /// Writes what has been queued; by the thread, once per turn of its loop.
    void flush();
    /// By the thread, while a write is under way.
    void check_write(Clock::time_point now);
    [[nodiscard]] bool is_leaving() const noexcept { return state_ > State::open; }

    void subscribed(const std::string& channel, boost::system::error_code failure) override;
    void deliver(const router::SharedText& push) override;
    void lost(const std::string& channel) override;

private:
    friend class ServerThread;
    enum class State { opening, open, closing, close_sent, gone };
    static constexpr std::size_t texts_per_frame_max = 16;

    boost::asio::awaitable<boost::system::error_code> open(Request request, std::string protocol);
    boost::asio::awaitable<void> read(Request request, std::string protocol, CloseCode& ending);
    void hear();
    template <typename Decision>
    void decide(Decision decision);  ///< asks the machine, and obeys it
    void obey();
    void enqueue(router::SharedText text);
    void written(boost::system::error_code failure, std::size_t bytes);
    void send_close();
    void reading_ended(CloseCode ending);
    void finish();
    void arm();
    void timer_fired();
    void count_queue(std::size_t bytes_before);

    ServerThread& thread_;
    boost::beast::websocket::stream<boost::asio::ip::tcp::socket, false> stream_;
    Admission::Ticket ticket_;
    ClientMachine machine_;
    State state_ = State::opening;
    CloseCode close_code_ = CloseCode::connection_closed;
    boost::beast::flat_buffer incoming_;
    Actions actions_;
    std::unordered_map<std::string, Hub::Place> places_;
    OutgoingQueue queue_;
    std::vector<OutgoingQueue::Text> batch_;          // being written
    std::vector<boost::asio::const_buffer> buffers_;  // of the batch, newlines between
    bool writing_ = false;
    bool flush_due_ = false;  // the thread will call `flush` at the end of this turn
    bool reading_ = true;
    bool close_done_ = false;
    bool drained_ = false;
    Clock::time_point write_began_{};
    std::size_t writer_index_ = 0;  // in the thread's list of writers
    boost::asio::steady_timer timer_;
    Clock::time_point armed_for_ = Clock::time_point::max();
    Clock::time_point drop_at_ = Clock::time_point::max();  // while leaving
};

}  // namespace ringcast::gateway
