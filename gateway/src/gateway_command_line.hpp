#pragma once

#include "configuration.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::gateway {

/// What the process has around it, so that tests can stand in for it.
struct Surroundings {
    std::map<std::string, std::string> environment;  ///< names that begin with RINGCAST_
    /// A whole file, or its first line; nothing when it cannot be read.
    std::function<std::optional<std::string>(const std::string& name)> file;
    std::function<std::optional<std::string>(const std::string& name)> first_line;
};

struct ParsedCommandLine {
    LoadedConfiguration loaded;  ///< do not start when it has faults
    std::optional<std::string>
        reply;           ///< to be printed, and nothing else done: --help and the like
    bool check = false;  ///< only look for faults
};

/// Reads the command line, and with it the file and the environment. The flags are short names of
/// settings; faults of all sources come together.
[[nodiscard]] ParsedCommandLine parse_command_line(int argc, const char* const* argv,
                                                   const Surroundings& surroundings);

}  // namespace ringcast::gateway
