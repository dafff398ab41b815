#include "server_world.hpp"

#include "ringcast/gateway/protocol.hpp"
#include "ringcast/router/asio_scheduler.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ringcast::test {

gateway::Options ServerWorld::options() {
    gateway::Options options;
    options.host = "127.0.0.1";
    options.port = 0;
    options.threads = 3;
    options.admission.insecure = true;
    return options;
}

class LogLines::Sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    std::size_t count(const std::string& text) {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(
            lines_.begin(), lines_.end(),
            [&](const std::string& line) { return line.find(text) != std::string::npos; }));
    }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        lines_.emplace_back(message.payload.data(), message.payload.size());
    }
    void flush_() override {}

    std::vector<std::string> lines_;
};

LogLines::LogLines()
    : sink_(std::make_shared<Sink>()), logger_(std::make_shared<spdlog::logger>("test", sink_)) {}

std::size_t LogLines::count(const std::string& text) const {
    return sink_->count(text);
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
