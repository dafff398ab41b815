#pragma once

#include "agent_machine.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::router {

/// Everything `ringcast-node` is told.
struct AgentConfiguration {
    AgentOptions agent;
    Address redis;  ///< where the agent reaches it; `agent.node.address` is where gateways do
    std::string redis_user;
    std::string redis_password;
    std::string zookeeper = "127.0.0.1:2181";
    std::string cluster = "ringcast";
    std::string digest;  ///< user:password, or empty
    std::chrono::milliseconds session_timeout{6'000};
    std::string log_level = "info";
};

struct ParsedCommandLine {
    AgentConfiguration configuration;
    std::vector<std::string> faults;   ///< not empty: do not start
    std::optional<std::string> reply;  ///< to be printed, and nothing else done: --help, --version
};

/// What the process has around it, so that tests can stand in for it.
struct Surroundings {
    /// A variable of the environment.
    std::function<std::optional<std::string>(const char* name)> variable;
    /// The first line of a file; nothing when it cannot be read.
    std::function<std::optional<std::string>(const std::string& name)> first_line;
};

/// Reads the command line, with all faults at once.
[[nodiscard]] ParsedCommandLine parse_command_line(int argc, const char* const* argv,
                                                   const Surroundings& surroundings);

}  // namespace ringcast::router
