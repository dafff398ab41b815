#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace ringcast::membership {

/// The log of an executable, made by its `main` and passed to whatever it builds: to standard
/// error, from any thread, each line with the name. Linked by executables only, like the client of
/// ZooKeeper, which is the first to write into it. Once for each name.
///
/// `level`: trace, debug, info, warn, error or off.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_log(const std::string& name,
                                                       const std::string& level);

}  // namespace ringcast::membership
