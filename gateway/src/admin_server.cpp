#include "admin_server.hpp"

#include "guarded.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <utility>

namespace ringcast::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

class BeastAdminServer final : public AdminServer {
public:
    BeastAdminServer(asio::any_io_executor executor, Endpoint listen, Handler handler,
                     std::shared_ptr<spdlog::logger> log, Limits limits)
        : core_(std::make_shared<Core>(std::move(executor), std::move(listen), std::move(handler),
                                       std::move(log), limits)) {}
    ~BeastAdminServer() override { core_->stop(); }

    boost::system::result<void> start() override { return core_->start(); }
    std::uint16_t port() const override { return core_->acceptor.local_endpoint().port(); }
    void stop() override { core_->stop(); }

private:
    // Coroutines hold it: it outlives the server until the last of them has noticed the end.
    struct Core : std::enable_shared_from_this<Core> {
        Core(asio::any_io_executor runs_on, Endpoint where, Handler answers,
             std::shared_ptr<spdlog::logger> logger, Limits set)
            : executor(std::move(runs_on)),
              listen(std::move(where)),
              handler(std::move(answers)),
              log(std::move(logger)),
              limits(set),
              acceptor(executor) {}

        boost::system::result<void> start() {
            error_code error;
            const auto address = asio::ip::make_address(listen.host, error);
            if (error) return error;
            const tcp::endpoint endpoint(address, listen.port);
            acceptor.open(endpoint.protocol(), error);
            if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
            if (!error) acceptor.bind(endpoint, error);
            if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
            if (error) return error;
            asio::co_spawn(executor, accept(shared_from_this()), end_process_on_exception);
            return {};
        }

        void stop() {
            if (std::exchange(stopped, true)) return;
            error_code ignored;  // it is closed either way
            acceptor.close(ignored);
            for (const auto* list : {&served, &refused}) {
                for (beast::tcp_stream* stream : *list) stream->close();
            }
        }

        /// On its list for as long as it lives, so that it counts, and stopping reaches it.
        struct Connection {
            using List = std::set<beast::tcp_stream*>;

            Connection(std::shared_ptr<Core> of, List& on, tcp::socket socket, std::string from)
                : core(std::move(of)),
                  list(on),
                  stream(std::move(socket)),
                  remote(std::move(from)) {
                list.insert(&stream);
            }
            Connection(const Connection&) = delete;
            Connection& operator=(const Connection&) = delete;
            ~Connection() { list.erase(&stream); }

            const std::shared_ptr<Core> core;  // the list is there
            List& list;
            beast::tcp_stream stream;
            const std::string remote;
        };
        using Owned = std::unique_ptr<Connection>;

        static asio::awaitable<void> accept(std::shared_ptr<Core> core) {
            asio::steady_timer pause(core->executor);
            while (!core->stopped) {
                error_code error;
                tcp::socket socket(core->executor);
                co_await core->acceptor.async_accept(
                    socket, asio::redirect_error(asio::use_awaitable, error));
                if (core->stopped) co_return;
                if (error) {
                    // Out of descriptors, most likely: trying again at once would burn the thread.
                    pause.expires_after(50ms);
                    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
                } else {
                    core->welcome(std::move(socket));
                }
            }
        }

        void welcome(tcp::socket socket) {
            error_code error;
            const auto peer = socket.remote_endpoint(error);
            if (error) return;  // it has gone again
            const bool full = served.size() >= limits.connections;
            if (full && refused.size() >= limits.connections) return;
            const auto core = shared_from_this();
            auto one = std::make_unique<Connection>(core, full ? refused : served,
                                                    std::move(socket), peer.address().to_string());
            auto serving = full ? refuse(core, *one) : serve(core, *one);
            asio::co_spawn(executor, attend(core, std::move(one), std::move(serving)),
                           end_process_on_exception);
        }

        /// The connection goes with the end of this, however it was served.
        static asio::awaitable<void> attend(std::shared_ptr<Core> core, Owned owned,
                                            asio::awaitable<void> serving) {
            co_await guarded(std::move(serving), *core->log, "admin connection dropped from",
                             owned->remote);
        }

        /// Its request is not read, but thrown away until it goes: a socket that is closed over
        /// what it was sent takes back what it said.
        static asio::awaitable<void> refuse(std::shared_ptr<Core> core, Connection& connection) {
            AdminPage page;
            page.status = 503;
            page.body = R"({"error":"too many connections: try again"})";
            error_code error;
            co_await write(core, connection, std::move(page), Response{}, error);
            if (!error) connection.stream.socket().shutdown(tcp::socket::shutdown_send, error);
            connection.stream.expires_after(core->limits.idle);
            std::array<char, 512> request;
            while (!error && !core->stopped) {
                co_await connection.stream.async_read_some(
                    asio::buffer(request), asio::redirect_error(asio::use_awaitable, error));
            }
        }

        static asio::awaitable<void> serve(std::shared_ptr<Core> core, Connection& connection) {
            beast::flat_buffer buffer(core->limits.header_bytes);
            for (bool keep = true; keep && !core->stopped;) {
                http::request_parser<http::empty_body> parser;
                parser.header_limit(static_cast<std::uint32_t>(core->limits.header_bytes));
                error_code error;
                connection.stream.expires_after(core->limits.idle);
                co_await http::async_read(connection.stream, buffer, parser,
                                          asio::redirect_error(asio::use_awaitable, error));
                if (core->stopped) co_return;
                if (error == http::error::end_of_stream || error == beast::error::timeout) break;

                Response response;
                AdminPage page;
                keep = !error && parser.get().keep_alive();
                if (error) {
                    const bool too_long =
                        error == http::error::header_limit || error == http::error::buffer_overflow;
                    page.status = too_long ? 431 : 400;
                    page.body = R"({"error":"not an HTTP request without a body"})";
                } else {
                    page = core->handler(admin_request(parser.get().base()));
                    response.head_only = parser.get().method() == http::verb::head;
                    response.version = parser.get().version();
                }
                response.keep = keep = keep && (!page.more || response.version >= 11);
                co_await write(core, connection, std::move(page), response, error);
                if (error) co_return;
            }
            error_code ignored;  // the peer may have gone
            connection.stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
        }

        struct Response {
            unsigned version = 11;
            bool keep = false;
            bool head_only = false;
        };

        static asio::awaitable<void> write(std::shared_ptr<Core> core, Connection& connection,
                                           AdminPage page, Response how, error_code& error) {
            http::response<http::string_body> response;
            response.result(page.status);
            response.set(http::field::content_type, page.content_type);
            response.set(http::field::cache_control, "no-store");
            for (const auto& [name, value] : page.fields) response.set(name, value);
            response.version(how.version);
            response.keep_alive(how.keep);
            if (page.more) {
                response.chunked(how.version >= 11);  // else its end is that of the connection
            } else {
                response.content_length(page.body.size());
                if (!how.head_only) response.body() = std::move(page.body);
            }
            connection.stream.expires_after(core->limits.idle);
            if (!page.more) {
                co_await http::async_write(connection.stream, response,
                                           asio::redirect_error(asio::use_awaitable, error));
                co_return;
            }
            http::response_serializer<http::string_body> serializer(response);
            co_await http::async_write_header(connection.stream, serializer,
                                              asio::redirect_error(asio::use_awaitable, error));
            std::string slice;
            for (bool more = !how.head_only; more && !error;) {
                slice.clear();
                more = page.more(slice);
                if (slice.empty()) continue;
                connection.stream.expires_after(core->limits.idle);
                if (how.version >= 11) {
                    co_await asio::async_write(connection.stream,
                                               http::make_chunk(asio::buffer(slice)),
                                               asio::redirect_error(asio::use_awaitable, error));
                } else {
                    co_await asio::async_write(connection.stream, asio::buffer(slice),
                                               asio::redirect_error(asio::use_awaitable, error));
                }
                if (core->stopped) error = asio::error::operation_aborted;
            }
            if (error || how.head_only || how.version < 11) co_return;
            co_await asio::async_write(connection.stream, http::make_chunk_last(),
                                       asio::redirect_error(asio::use_awaitable, error));
        }

        const asio::any_io_executor executor;
        const Endpoint listen;
        const Handler handler;
        const std::shared_ptr<spdlog::logger> log;
        const Limits limits;
        tcp::acceptor acceptor;
        bool stopped = false;
        Connection::List served;
        Connection::List refused;
    };

    std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<AdminServer> make_admin_server(asio::any_io_executor executor, Endpoint listen,
                                               AdminServer::Handler handler,
                                               std::shared_ptr<spdlog::logger> log,
                                               AdminServer::Limits limits) {
    return std::make_unique<BeastAdminServer>(std::move(executor), std::move(listen),
                                              std::move(handler), std::move(log), limits);
}

}  // namespace ringcast::gateway
