#include "admin_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <cstddef>
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

constexpr std::size_t connections_max = 64;
constexpr std::size_t header_bytes_max = 8'192;
constexpr auto idle_max = 30s;

class BeastAdminServer final : public AdminServer {
public:
    BeastAdminServer(asio::any_io_executor executor, Endpoint listen, Handler handler)
        : core_(
              std::make_shared<Core>(std::move(executor), std::move(listen), std::move(handler))) {}
    ~BeastAdminServer() override { core_->stop(); }

    boost::system::result<void> start() override { return core_->start(); }
    std::uint16_t port() const override { return core_->acceptor.local_endpoint().port(); }
    void stop() override { core_->stop(); }

private:
    // Coroutines hold it: it outlives the server until the last of them has noticed the end.
    struct Core : std::enable_shared_from_this<Core> {
        Core(asio::any_io_executor runs_on, Endpoint where, Handler answers)
            : executor(std::move(runs_on)),
              listen(std::move(where)),
              handler(std::move(answers)),
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
            asio::co_spawn(executor, accept(shared_from_this()), asio::detached);
            return {};
        }

        void stop() {
            if (std::exchange(stopped, true)) return;
            error_code ignored;  // it is closed either way
            acceptor.close(ignored);
            for (beast::tcp_stream* stream : open) stream->close();
        }

        /// On the list for as long as it lives, so that stopping reaches it.
        struct Connection {
            Connection(Core& of, tcp::socket socket) : core(of), stream(std::move(socket)) {
                core.open.insert(&stream);
            }
            Connection(const Connection&) = delete;
            Connection& operator=(const Connection&) = delete;
            ~Connection() { core.open.erase(&stream); }

            Core& core;
            beast::tcp_stream stream;
        };

        static asio::awaitable<void> accept(std::shared_ptr<Core> core) {
            asio::steady_timer pause(core->executor);
            while (!core->stopped) {
                error_code error;
                tcp::socket socket(core->executor);
                co_await core->acceptor.async_accept(
                    socket, asio::redirect_error(asio::use_awaitable, error));
                if (core->stopped) co_return;
                if (error || core->open.size() >= connections_max) {
                    // Out of descriptors, most likely: trying again at once would burn the thread.
                    pause.expires_after(50ms);
                    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
                    continue;
                }
                asio::co_spawn(core->executor, serve(core, std::move(socket)), asio::detached);
            }
        }

        static asio::awaitable<void> serve(std::shared_ptr<Core> core, tcp::socket socket) {
            Connection connection(*core, std::move(socket));
            beast::flat_buffer buffer(header_bytes_max);
            for (bool keep = true; keep && !core->stopped;) {
                http::request_parser<http::empty_body> parser;
                parser.header_limit(header_bytes_max);
                error_code error;
                connection.stream.expires_after(idle_max);
                co_await http::async_read(connection.stream, buffer, parser,
                                          asio::redirect_error(asio::use_awaitable, error));
                if (core->stopped) co_return;
                if (error == http::error::end_of_stream || error == beast::error::timeout) break;

                http::response<http::string_body> response;
                keep = !error && parser.get().keep_alive();
                if (error) {
                    response.result(error == http::error::header_limit
                                        ? http::status::request_header_fields_too_large
                                        : http::status::bad_request);
                } else {
                    fill(response, core->answer(parser.get()));
                }
                response.version(error ? 11 : parser.get().version());
                response.keep_alive(keep);
                response.set(http::field::cache_control, "no-store");
                const bool head = !error && parser.get().method() == http::verb::head;
                const auto length = response.body().size();
                if (head) response.body().clear();
                response.prepare_payload();
                if (head) response.content_length(length);
                connection.stream.expires_after(idle_max);
                co_await http::async_write(connection.stream, response,
                                           asio::redirect_error(asio::use_awaitable, error));
                if (error) co_return;
            }
            error_code ignored;  // the peer may have gone
            connection.stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
        }

        AdminPage answer(const http::request<http::empty_body>& request) const {
            const std::string_view target(request.target().data(), request.target().size());
            const std::string_view method(request.method_string().data(),
                                          request.method_string().size());
            return handler(method, target.substr(0, target.find('?')));
        }

        static void fill(http::response<http::string_body>& response, AdminPage page) {
            response.result(page.status);
            response.set(http::field::content_type, page.content_type);
            response.body() = std::move(page.body);
        }

        const asio::any_io_executor executor;
        const Endpoint listen;
        const Handler handler;
        tcp::acceptor acceptor;
        bool stopped = false;
        std::set<beast::tcp_stream*> open;
    };

    std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<AdminServer> make_admin_server(asio::any_io_executor executor, Endpoint listen,
                                               AdminServer::Handler handler) {
    return std::make_unique<BeastAdminServer>(std::move(executor), std::move(listen),
                                              std::move(handler));
}

}  // namespace ringcast::gateway
