#include "http_connection.hpp"

#include "guarded.hpp"
#include "server_thread.hpp"
#include "session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <utility>

namespace ringcast::gateway {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_ahead_bytes = 64U << 10U;

HttpResponse plain(unsigned status, std::string_view text) {
    return {.status = status, .body = std::string(text) + "\n", .content_type = "text/plain"};
}

HttpRequest make_request(const http::request<http::string_body>& message) {
    HttpRequest request;
    const std::string_view target(message.target().data(), message.target().size());
    request.method = std::string(message.method_string());
    request.path = std::string(path_of(target));
    request.query = std::string(query_of(target));
    for (const auto& field : message) {
        std::string name(field.name_string());
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        request.fields.emplace_back(std::move(name), std::string(field.value()));
    }
    request.body = message.body();
    return request;
}

}  // namespace

HttpConnection::HttpConnection(ServerThread& thread, asio::ip::tcp::socket socket,
                               Admission::Ticket ticket, std::string remote)
    : thread_(thread),
      stream_(std::move(socket)),
      incoming_(thread.options().limits.header_bytes_max + read_ahead_bytes),
      ticket_(std::move(ticket)),
      remote_(std::move(remote)),
      handler_timer_(thread.executor()) {}

HttpConnection::~HttpConnection() = default;

asio::awaitable<void> HttpConnection::run() {
    const auto self = shared_from_this();
    thread_.connection_begun(*this);
    if (!co_await guarded(serve(), *thread_.commons().log, "connection dropped from", remote_)) {
        stream_.close();
    }
    thread_.connection_ended(*this);
}

void HttpConnection::drop() {
    dropped_ = true;
    stream_.close();
    handler_timer_.cancel();
}

asio::awaitable<void> HttpConnection::serve() {
    while (!dropped_) {
        Parser parser;
        if (!co_await read_head(parser)) co_return;
        const std::string_view target(parser.get().target().data(), parser.get().target().size());
        if (path_of(target) == thread_.options().websocket_path) {
            co_return co_await open_websocket(parser);
        }
        if (!co_await read_body(parser) || !co_await answer(parser)) co_return;
        first_ = false;
    }
}

// False when the connection is done with: the peer left, or was told what is wrong.
asio::awaitable<bool> HttpConnection::read_head(Parser& parser) {
    const Options& options = thread_.options();
    parser.header_limit(static_cast<std::uint32_t>(options.limits.header_bytes_max));
    parser.body_limit(options.limits.body_bytes_max);
    stream_.expires_after(first_ ? options.times.request_timeout : options.times.keep_alive);
    const auto [failure, bytes] =
        co_await http::async_read_header(stream_, incoming_, parser, as_result);
    if (!failure) co_return true;
    if (failure == http::error::header_limit || failure == http::error::buffer_overflow) {
        co_await refuse(HandshakeRefusal::head_too_large);
    } else if (failure == http::error::body_limit) {
        co_await write(plain(413, "request body too large"), false);
        co_await hang_up();
    } else if (failure.category() == make_error_code(http::error::bad_method).category() &&
               failure != http::error::end_of_stream && failure != http::error::partial_message) {
        co_await refuse(HandshakeRefusal::malformed);
    }
    co_return false;
}

asio::awaitable<bool> HttpConnection::read_body(Parser& parser) {
    stream_.expires_after(thread_.options().times.request_timeout);
    if (parser.get()[http::field::expect] == "100-continue") {
        http::response<http::empty_body> go_on(http::status::continue_, 11);
        const auto [failure, bytes] = co_await http::async_write(stream_, go_on, as_result);
        if (failure) co_return false;
    }
    const auto [failure, bytes] = co_await http::async_read(stream_, incoming_, parser, as_result);
    if (!failure) co_return true;
    if (failure == http::error::body_limit) {
        co_await write(plain(413, "request body too large"), false);
        co_await hang_up();
    } else if (failure.category() == make_error_code(http::error::bad_method).category() &&
               failure != http::error::partial_message) {
        co_await refuse(HandshakeRefusal::malformed);
    }
    co_return false;
}

asio::awaitable<bool> HttpConnection::answer(Parser& parser) {
    const bool keep_alive = parser.get().keep_alive();
    const HttpRequest request = make_request(parser.get());
    stream_.expires_never();
    // Not as a conditional expression: g++ 12 destroys the temporary of a co_await in one twice.
    HttpResponse response = plain(404, "not found");
    if (thread_.commons().handler) response = co_await ask_handler(request);
    if (dropped_) co_return false;
    if (!co_await write(std::move(response), keep_alive, request.method == "HEAD")) co_return false;
    if (!keep_alive) co_await hang_up();
    co_return keep_alive;
}

struct HttpConnection::Exchange {
    std::optional<HttpResponse> response;
    std::shared_ptr<HttpConnection> connection;
};

asio::awaitable<HttpResponse> HttpConnection::ask_handler(const HttpRequest& request) {
    const auto exchange = std::make_shared<Exchange>();
    exchange->connection = shared_from_this();
    handler_timer_.expires_after(thread_.options().times.request_timeout);
    thread_.commons().handler(thread_.hub(), request,
                              [weak = std::weak_ptr(exchange)](HttpResponse response) {
                                  const auto waiting = weak.lock();
                                  if (!waiting || waiting->response) return;
                                  waiting->response = std::move(response);
                                  waiting->connection->handler_timer_.cancel();
                              });
    if (!exchange->response && !dropped_) co_await handler_timer_.async_wait(as_result);
    // Not as a conditional expression either: g++ 12 copies its temporary bit by bit.
    if (!exchange->response) co_return plain(504, "no answer in time");
    co_return std::move(*exchange->response);
}

asio::awaitable<void> HttpConnection::open_websocket(Parser& parser) {
    const auto head = handshake_request(parser.get().base());
    auto decision = decide(head, thread_.options().allowed_origins);
    std::optional<HandshakeRefusal> refusal;
    if (const auto* why = std::get_if<HandshakeRefusal>(&decision)) {
        refusal = *why;
    } else if (incoming_.size() != 0) {
        refusal = HandshakeRefusal::malformed;  // talks before it is answered
    } else {
        refusal = thread_.commons().admission.refusal(*ticket_, std::chrono::steady_clock::now());
    }
    if (refusal) co_return co_await refuse(*refusal);

    std::string protocol(std::get<HandshakeAcceptance>(decision).protocol);
    Session::Request request(std::move(parser.get().base()));
    stream_.expires_never();
    const auto session =
        std::make_shared<Session>(thread_, stream_.release_socket(), std::move(*ticket_));
    ticket_.reset();
    thread_.session_begun(session);
    co_await session->run(std::move(request), std::move(protocol));
}

asio::awaitable<void> HttpConnection::refuse(HandshakeRefusal refusal) {
    thread_.counters().refusals[static_cast<std::size_t>(refusal)].add(1);
    stream_.expires_after(thread_.options().times.write_timeout);
    http::response<http::string_body> response(static_cast<http::status>(status(refusal)), 11);
    response.set(http::field::content_type, "text/plain");
    if (status(refusal) == 426) {
        response.set(http::field::upgrade, "websocket");
        response.set(http::field::sec_websocket_version, "13");
    }
    response.keep_alive(false);
    response.body() = std::string(text(refusal)) + "\n";
    response.prepare_payload();
    const auto [failure, bytes] = co_await http::async_write(stream_, response, as_result);
    if (!failure) co_await hang_up();
}

asio::awaitable<bool> HttpConnection::write(HttpResponse content, bool keep_alive, bool head_only) {
    stream_.expires_after(thread_.options().times.request_timeout);
    http::response<http::string_body> response(static_cast<http::status>(content.status), 11);
    response.set(http::field::content_type, content.content_type);
    response.keep_alive(keep_alive);
    response.body() = std::move(content.body);
    response.prepare_payload();
    if (head_only) response.body().clear();
    const auto [failure, bytes] = co_await http::async_write(stream_, response, as_result);
    co_return !failure;
}

// Closes so that the peer gets the answer even if it is still sending: what it sends is read and
// thrown away for a moment, or the system would answer it with a reset.
asio::awaitable<void> HttpConnection::hang_up() {
    error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(thread_.options().times.write_timeout);
    incoming_.clear();
    for (std::size_t read = 0; read < thread_.options().limits.body_bytes_max;) {
        const auto [failure, bytes] =
            co_await stream_.async_read_some(incoming_.prepare(4'096), as_result);
        if (failure) break;
        read += bytes;
    }
    stream_.close();
}

}  // namespace ringcast::gateway
