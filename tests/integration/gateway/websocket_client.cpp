#include "websocket_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <stdexcept>

namespace ringcast::test {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using namespace std::chrono_literals;

struct WebSocketClient::State {
    asio::io_context context;
    websocket::stream<asio::ip::tcp::socket, false> stream{context};
    boost::beast::flat_buffer incoming;
    std::deque<std::string> lines;
    std::string protocol;
    std::uint64_t messages = 0;
    unsigned last_id = 0;
    std::optional<error_code> failure;  // the reading direction has ended

    // Starts an operation and runs until it is done.
    template <typename Start>
    error_code finish(Start start, std::chrono::milliseconds limit = 10s) {
        const auto result = std::make_shared<std::optional<error_code>>();
        start([result](error_code code, auto...) { *result = code; });
        context.restart();
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (!*result && std::chrono::steady_clock::now() < deadline) {
            context.run_one_until(deadline);
        }
        if (!*result) throw std::runtime_error("timed out");
        return **result;
    }

    // Reads one message; false at the end.
    bool read(std::chrono::milliseconds limit) {
        if (failure) return false;
        const auto code = finish(
            [this](auto handler) { stream.async_read(incoming, std::move(handler)); }, limit);
        if (code) {
            failure = code;
            return false;
        }
        ++messages;
        const std::string text = boost::beast::buffers_to_string(incoming.cdata());
        incoming.clear();
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            lines.push_back(text.substr(at, end - at));
            if (lines.back().empty()) throw std::runtime_error("an empty line");
            at = end + 1;
        }
        return true;
    }
};

WebSocketClient::WebSocketClient(std::uint16_t port, const Options& options)
    : state_(std::make_unique<State>()) {
    auto& socket = state_->stream.next_layer();
    const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), port);
    socket.open(server.protocol());
    if (options.receive_buffer_bytes) {
        socket.set_option(asio::socket_base::receive_buffer_size(*options.receive_buffer_bytes));
    }
    error_code code =
        state_->finish([&](auto handler) { socket.async_connect(server, std::move(handler)); });
    if (code) throw boost::system::system_error(code);
    socket.set_option(asio::ip::tcp::no_delay(true));
    state_->stream.set_option(websocket::stream_base::decorator([&](websocket::request_type& head) {
        if (!options.origin.empty()) head.set(boost::beast::http::field::origin, options.origin);
        if (!options.protocols.empty()) {
            head.set(boost::beast::http::field::sec_websocket_protocol, options.protocols);
        }
    }));
    state_->stream.read_message_max(0);
    websocket::response_type response;
    code = state_->finish([&](auto handler) {
        state_->stream.async_handshake(response, "127.0.0.1", options.target, std::move(handler));
    });
    if (code) {
        throw std::runtime_error("handshake refused: " + std::to_string(response.result_int()));
    }
    state_->protocol = std::string(response[boost::beast::http::field::sec_websocket_protocol]);
}

WebSocketClient::~WebSocketClient() = default;
WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;

void WebSocketClient::send(std::string_view message) {
    state_->stream.text(true);
    state_->finish([&](auto handler) {
        state_->stream.async_write(asio::buffer(message), std::move(handler));
    });
}

void WebSocketClient::send_binary(std::string_view message) {
    state_->stream.binary(true);
    state_->finish([&](auto handler) {
        state_->stream.async_write(asio::buffer(message), std::move(handler));
    });
}

void WebSocketClient::send_raw(std::string_view bytes) {
    state_->finish([&](auto handler) {
        asio::async_write(state_->stream.next_layer(), asio::buffer(bytes), std::move(handler));
    });
}

void WebSocketClient::leave() {
    state_->finish([&](auto handler) {
        state_->stream.async_close(websocket::close_code::normal, std::move(handler));
    });
}

std::string WebSocketClient::line() {
    while (state_->lines.empty()) {
        if (!state_->read(10s)) {
            throw std::runtime_error("closed: " + std::to_string(closed().code) + " " +
                                     closed().reason);
        }
    }
    std::string first = std::move(state_->lines.front());
    state_->lines.pop_front();
    return first;
}

std::string WebSocketClient::line_with(std::string_view text) {
    while (true) {
        std::string next = line();
        if (next.find(text) != std::string::npos) return next;
    }
}

std::uint64_t WebSocketClient::messages() const {
    return state_->messages;
}

WebSocketClient::Close WebSocketClient::closed(std::chrono::milliseconds limit) {
    while (state_->read(limit)) {
    }
    if (*state_->failure != websocket::error::closed) return {};
    const auto reason = state_->stream.reason();
    return {reason.code, std::string(reason.reason.data(), reason.reason.size())};
}

const std::string& WebSocketClient::protocol() const {
    return state_->protocol;
}

std::string WebSocketClient::connect(std::string_view fields) {
    const std::string id = std::to_string(++state_->last_id);
    send(R"({"id":)" + id + R"(,"connect":{)" + std::string(fields) + "}}");
    return line_with(R"({"id":)" + id + ",");
}

std::string WebSocketClient::subscribe(std::string_view channel) {
    const std::string id = std::to_string(++state_->last_id);
    send(R"({"id":)" + id + R"(,"subscribe":{"channel":")" + std::string(channel) + R"("}})");
    return line_with(R"({"id":)" + id + ",");
}

}  // namespace ringcast::test
