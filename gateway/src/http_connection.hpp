#pragma once

#include "admission.hpp"
#include "http.hpp"
#include "http_head.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>

namespace ringcast::gateway {

class ServerThread;

/// A connection on the client port until it proves to be a WebSocket: reads requests, within the
/// limits of size and time, and either hands each to the `HttpHandler` or becomes a `Session`.
/// Lives on the thread that accepted it; kept alive by its own coroutine.
class HttpConnection final : public std::enable_shared_from_this<HttpConnection> {
public:
    HttpConnection(ServerThread& thread, boost::asio::ip::tcp::socket socket,
                   Admission::Ticket ticket, std::string remote);
    ~HttpConnection();

    boost::asio::awaitable<void> run();
    void drop();  ///< ends `run` soon

private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    struct Exchange;  // a request at the handler

    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<bool> read_head(Parser& parser);
    boost::asio::awaitable<bool> read_body(Parser& parser);
    boost::asio::awaitable<bool> answer(Parser& parser);
    boost::asio::awaitable<void> open_websocket(Parser& parser);
    boost::asio::awaitable<HttpResponse> ask_handler(const HttpRequest& request);
    boost::asio::awaitable<void> refuse(HandshakeRefusal refusal);
    boost::asio::awaitable<bool> write(HttpResponse response, bool keep_alive,
                                       bool head_only = false);
    boost::asio::awaitable<void> hang_up();

    ServerThread& thread_;
    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer incoming_;
    std::optional<Admission::Ticket> ticket_;  // passes to the session
    std::string remote_;
    boost::asio::steady_timer handler_timer_;
    bool dropped_ = false;
    bool first_ = true;
};

}  // namespace ringcast::gateway
