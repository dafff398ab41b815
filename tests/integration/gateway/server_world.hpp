#pragma once

#include "eventually.hpp"
#include "fake_router.hpp"
#include "ringcast/gateway/server.hpp"
#include "websocket_client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <spdlog/logger.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>

namespace ringcast::test {

/// A server on a free port of the loopback, with several threads, over a router that is a fake on a
/// thread of its own. Insecure unless the test says otherwise.
class ServerWorld {
public:
    [[nodiscard]] static gateway::Options options();

    /// Without a logger nothing is logged.
    explicit ServerWorld(gateway::Options with = options(), gateway::HttpHandler handler = {},
                         std::shared_ptr<spdlog::logger> log = {});
    ~ServerWorld();

    [[nodiscard]] WebSocketClient client() { return WebSocketClient(server_->port()); }
    /// A client that has connected.
    [[nodiscard]] WebSocketClient connected_client();
    [[nodiscard]] gateway::Server& server() { return *server_; }
    [[nodiscard]] std::uint16_t port() const { return server_->port(); }

    /// Runs on the router's thread.
    template <typename Function>
    auto with_router(Function function) {
        using Result = std::invoke_result_t<Function, FakeRouter&>;
        std::packaged_task<Result()> task([&] { return function(*router_); });
        routers_->post([&task] { task(); });
        return task.get_future().get();
    }

    /// How many connections were closed with the code.
    [[nodiscard]] std::uint64_t closes(gateway::CloseCode code) const;
    [[nodiscard]] std::uint64_t refused(const std::string& reason) const;

private:
    boost::asio::io_context context_;  // of the router
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<membership::Scheduler> routers_;
    std::thread thread_;
    std::unique_ptr<FakeRouter> router_;
    std::unique_ptr<gateway::Server> server_;
};

}  // namespace ringcast::test
