#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace ringcast::ctl {

enum class Command { status, locate, add, remove };
enum class Output { table, json };

/// What an operator asks for.
struct CommandLine {
    std::string zookeeper = "127.0.0.1:2181";
    std::string cluster = "ringcast";
    std::string digest_file;  ///< its first line is user:password; empty: no authentication
    Output output = Output::table;
    std::chrono::milliseconds timeout{15'000};
    bool verbose = false;
    Command command = Command::status;
    std::string argument;  ///< the channel to locate, the node to add or remove
};

/// What to do, or what to print instead: help, or what is wrong.
struct Parsed {
    CommandLine line;
    std::optional<int> exit;  ///< nothing: go on
    std::string text;  ///< printed before exiting: help to the output, complaints to the error
};

/// Reads the arguments, and RINGCAST_ZOOKEEPER and RINGCAST_CLUSTER where they say nothing.
[[nodiscard]] Parsed parse(int argc, const char* const* argv);

}  // namespace ringcast::ctl
