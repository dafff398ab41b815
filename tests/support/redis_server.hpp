#pragma once

#include "child_process.hpp"
#include "free_ports.hpp"
#include "temporary_folder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::test {

/// A real redis-server on a free port, without persistence: what it held is gone after a restart.
/// Every function throws std::runtime_error, with the end of the server's log, when it cannot keep
/// its word.
class RedisServer {
public:
    /// Why it cannot run here; nothing: it can.
    [[nodiscard]] static std::optional<std::string> missing();

    /// Starts it. `arguments` are added to its command line, as {"--requirepass", "secret"}.
    explicit RedisServer(std::vector<std::string> arguments = {});

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    [[nodiscard]] std::string address() const { return port_.address(); }
    [[nodiscard]] ChildProcess& process() { return *process_; }

    void start();  ///< again, after `stop` or `kill`, on the same port; returns when it answers
    void stop();
    void kill();
    void freeze();
    void thaw();

    /// Sends one command as a line, on a connection of its own, and returns what comes back at
    /// first: `command("CLIENT KILL TYPE pubsub")` is ":3\r\n".
    [[nodiscard]] std::string command(std::string_view line) const;

private:
    TemporaryFolder folder_{"ringcast-redis"};
    FreePort port_;
    std::vector<std::string> arguments_;
    std::optional<ChildProcess> process_;
};

}  // namespace ringcast::test
