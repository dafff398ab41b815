#include "redis_server.hpp"

#include "loopback.hpp"

#include <stdexcept>

namespace ringcast::test {

using namespace std::chrono_literals;

std::optional<std::string> RedisServer::missing() {
    if (is_installed("redis-server")) return std::nullopt;
    return "redis-server is not installed";
}

RedisServer::RedisServer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    start();
}

void RedisServer::start() {
    std::vector<std::string> command{
        "redis-server", "--port", std::to_string(port()), "--bind", "127.0.0.1",
        "--save",       "",       "--appendonly",         "no",     "--dir",
        folder_.path()};
    command.insert(command.end(), arguments_.begin(), arguments_.end());
    const auto log = folder_.path() / "redis.log";
    process_.emplace(command, log);
    // With a password it answers an error, which is an answer.
    const bool serves = wait_until(
        [this] { return !process_->is_running() || !this->command("PING").empty(); }, 20s);
    if (!serves || !process_->is_running()) {
        throw std::runtime_error("redis-server does not serve: " + tail_of(log));
    }
}

void RedisServer::stop() {
    process_->stop();
}
void RedisServer::kill() {
    process_->kill();
}
void RedisServer::freeze() {
    process_->freeze();
}
void RedisServer::thaw() {
    process_->thaw();
}

std::string RedisServer::command(std::string_view line) const {
    const auto request = std::string{line} + "\r\n";
    return ask(
        port(), request, [](std::string_view text) { return text.ends_with("\r\n"); }, 10s);
}

}  // namespace ringcast::test
