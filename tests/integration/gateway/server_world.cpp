#include "server_world.hpp"

#include "ringcast/gateway/protocol.hpp"
#include "ringcast/router/asio_scheduler.hpp"

#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace ringcast::test {

gateway::Options ServerWorld::options() {
    gateway::Options options;
    options.host = "127.0.0.1";
    options.port = 0;
    options.threads = 3;
    options.admission.insecure = true;
    return options;
}

ServerWorld::ServerWorld(gateway::Options with, gateway::HttpHandler handler,
                         std::shared_ptr<spdlog::logger> log)
    : work_(context_.get_executor()),
      routers_(router::make_asio_scheduler(context_.get_executor())) {
    if (const auto wrong = faults(with); !wrong.empty()) throw std::runtime_error(wrong.front());
    router_ = std::make_unique<FakeRouter>(*routers_, gateway::encode_push);
    if (!log) {
        log = std::make_shared<spdlog::logger>("test",
                                               std::make_shared<spdlog::sinks::null_sink_mt>());
    }
    server_ = make_server(std::move(with), *router_, *routers_, std::move(handler), std::move(log));
    if (const auto started = server_->start(); !started) {
        throw boost::system::system_error(started.error());
    }
    thread_ = std::thread([this] { context_.run(); });
}

ServerWorld::~ServerWorld() {
    server_->stop();
    work_.reset();
    thread_.join();
    router_.reset();
}

WebSocketClient ServerWorld::connected_client() {
    WebSocketClient each = client();
    each.connect();
    return each;
}

std::uint64_t ServerWorld::closes(gateway::CloseCode code) const {
    for (const auto& [each, count] : server_->status().closes) {
        if (each == code) return count;
    }
    return 0;
}

std::uint64_t ServerWorld::refused(const std::string& reason) const {
    for (const auto& [each, count] : server_->status().handshakes_refused) {
        if (each == reason) return count;
    }
    throw std::runtime_error("no such reason: " + reason);
}

}  // namespace ringcast::test
