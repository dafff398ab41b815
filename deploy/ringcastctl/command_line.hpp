#pragma once

#include "ringcast/router/entries.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace ringcast::ctl {

enum class Command {
    status,
    locate,  ///< `argument`: the channel
    pins,
    plan,    ///< `request`
    change,  ///< `request`; add, remove, weight, pin, unpin
    requests,
    cancel,  ///< `argument`: the request
    pause,
    resume,
    watch,
    history,     ///< `last`, `undoable`
    undo,        ///< `argument`: the entry of history, empty: the last change; of `request` the way
    config_get,  ///< `argument`: the setting, empty: all
    config_set,  ///< `argument`, `value`
    drain,       ///< `argument`: the gateway; `drain_rate`, `force`
    completion,  ///< `argument`: the shell
};
enum class Output { table, json };

/// What an operator asks for.
struct CommandLine {
    std::string zookeeper = "127.0.0.1:2181";
    std::string cluster = "ringcast";
    std::string digest_file;  ///< its first line is user:password; empty: no authentication
    Output output = Output::table;
    /// For the answer. Nothing: for a change as long as somebody leads who will make it, however
    /// late the request says; to drain and to watch as long as it takes; 30 s for what was begun to
    /// be taken back; a moment for everything else.
    std::optional<std::chrono::milliseconds> timeout;
    bool verbose = false;
    Command command = Command::status;
    std::string argument;
    std::string value;
    router::Request request;             ///< without who asks and when
    bool detach = false;                 ///< do not wait for what was asked for
    bool dry_run = false;                ///< `undo`: only tell what would move
    std::size_t last = 20;               ///< entries of history; 0: all
    bool undoable = false;               ///< of history only what `undo` can take back
    std::optional<unsigned> drain_rate;  ///< sessions a second; nothing: as configured there
    bool force = false;                  ///< `drain`: also the last gateway
};

/// What to do, or what to print instead: help, or what is wrong.
struct Parsed {
    CommandLine line;
    std::optional<int> exit;  ///< nothing: go on
    std::string text;         ///< printed to the output: help, or what is wrong as JSON
    std::string error;        ///< printed to the error output: what is wrong
};

/// Reads the arguments, and RINGCAST_ZOOKEEPER and RINGCAST_CLUSTER where they say nothing.
[[nodiscard]] Parsed parse(int argc, const char* const* argv);

}  // namespace ringcast::ctl
