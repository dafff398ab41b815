#include "client_connection.hpp"

#include "seats.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <chrono>
#include <deque>
#include <utility>

namespace ringcast::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

/// What is waited for says in `error` how it went.
auto told(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

constexpr auto connect_within = 10s;
constexpr auto goodbye_within = 1s;
/// A gateway that does not read so much is no subject for a measurement.
constexpr std::size_t unsent_bytes_max = 64U << 20U;

}  // namespace

struct ClientConnection::State : std::enable_shared_from_this<State> {
    State(asio::any_io_executor executor, ClientPlace where, Handlers told)
        : place(std::move(where)),
          handlers(std::move(told)),
          socket(executor),
          goodbye(executor),
          frame_bytes_max(ClientLimits::usual().message_bytes) {}

    /// From the resolver to the last frame; one function, so that every end is here.
    static asio::awaitable<void> live(std::shared_ptr<State> self) {
        const std::string why = co_await self->open_and_read();
        self->running = false;
        self->socket.next_layer().close();
        if (!self->closing) self->handlers.lost(self->trouble.empty() ? why : self->trouble);
        self->handlers = {};
    }

    asio::awaitable<std::string> open_and_read() {
        error_code error;
        tcp::resolver resolver(socket.get_executor());
        const auto found = co_await resolver.async_resolve(place.host, place.port, told(error));
        if (error) co_return "cannot be resolved: " + error.message();
        beast::tcp_stream& stream = socket.next_layer();
        stream.expires_after(connect_within);
        co_await stream.async_connect(found, told(error));
        if (error) co_return "cannot be reached: " + error.message();
        stream.expires_never();  // from here on the WebSocket has timeouts of its own
        stream.socket().set_option(tcp::no_delay(true), error);
        websocket::stream_base::timeout timeout =
            websocket::stream_base::timeout::suggested(beast::role_type::client);
        timeout.handshake_timeout = connect_within;
        timeout.idle_timeout = websocket::stream_base::none();
        socket.set_option(timeout);
        websocket::response_type response;
        co_await socket.async_handshake(response, place.host + ":" + place.port, place.target,
                                        told(error));
        if (error == websocket::error::upgrade_declined) {
            co_return "refuses WebSocket connections with HTTP " +
                std::to_string(response.result_int());
        }
        if (error) co_return "does not speak WebSocket: " + error.message();
        if (closing) co_return "";
        is_open = true;
        handlers.open();
        beast::flat_buffer buffer;
        for (;;) {
            co_await socket.async_read(buffer, told(error));
            if (error) break;
            const auto bytes = buffer.cdata();
            tell({static_cast<const char*>(bytes.data()), bytes.size()});
            buffer.clear();
        }
        if (error != websocket::error::closed) {
            co_return "broke the connection: " + error.message();
        }
        const auto& reason = socket.reason();
        co_return "closed the connection: " + std::to_string(reason.code) + " \"" +
            std::string(reason.reason.data(), reason.reason.size()) + "\"";
    }

    void tell(std::string_view text) {
        while (!text.empty() && !closing) {
            const auto end = std::min(text.find('\n'), text.size());
            const std::string_view line = text.substr(0, end);
            if (line == pong) {
                say(pong);  // the gateway's pings look the same
            } else if (!line.empty()) {
                handlers.line(line);
            }
            text.remove_prefix(std::min(text.size(), end + 1));
        }
    }

    void say(std::string_view lines) {
        if (closing || !running) return;
        unsent_bytes += lines.size();
        if (unsent_bytes > unsent_bytes_max) {
            trouble = "does not read what it is sent";  // reading ends, and tells
            socket.next_layer().close();
            return;
        }
        if (frames.size() > (writing ? 1U : 0U) &&
            frames.back().size() + 1 + lines.size() <= frame_bytes_max) {
            frames.back() += '\n';
            frames.back() += lines;
            ++unsent_bytes;
        } else {
            frames.emplace_back(lines);
        }
        if (writing || flushing) return;
        flushing = true;
        asio::post(socket.get_executor(), [self = shared_from_this()] {
            self->flushing = false;
            self->write();
        });
    }

    void write() {
        if (writing || frames.empty() || !is_open || closing) return;
        writing = true;
        socket.async_write(asio::buffer(frames.front()),
                           [self = shared_from_this()](error_code error, std::size_t) {
                               self->writing = false;
                               if (self->closing) return self->say_goodbye();
                               if (error) return;  // reading ends, too
                               self->unsent_bytes -= self->frames.front().size();
                               self->frames.pop_front();
                               self->write();
                           });
    }

    void close() {
        if (closing) return;
        closing = true;
        if (!running) return;
        goodbye.expires_after(goodbye_within);
        goodbye.async_wait(
            [self = shared_from_this()](error_code) { self->socket.next_layer().close(); });
        if (!is_open) return socket.next_layer().close();
        if (!writing) say_goodbye();
    }

    void say_goodbye() {
        socket.async_close(websocket::close_code::normal,
                           [self = shared_from_this()](error_code) { self->goodbye.cancel(); });
    }

    const ClientPlace place;
    Handlers handlers;
    websocket::stream<beast::tcp_stream, false> socket;
    asio::steady_timer goodbye;
    const std::size_t frame_bytes_max;
    std::deque<std::string> frames;  ///< not written, the first perhaps in part
    std::size_t unsent_bytes = 0;
    std::string trouble;  ///< why it was given up from here
    bool running = true;
    bool is_open = false;
    bool writing = false;
    bool flushing = false;
    bool closing = false;
};

ClientConnection::ClientConnection(asio::any_io_executor executor, const ClientPlace& place,
                                   Handlers handlers)
    : state_(std::make_shared<State>(executor, place, std::move(handlers))) {
    asio::co_spawn(executor, State::live(state_), asio::detached);
}

ClientConnection::~ClientConnection() {
    state_->close();
}

void ClientConnection::say(std::string_view lines) {
    state_->say(lines);
}

void ClientConnection::close() {
    state_->close();
}

bool ClientConnection::is_closed() const {
    return !state_->running;
}

}  // namespace ringcast::bench
