#pragma once

#include <spdlog/logger.h>

#include <cstddef>
#include <memory>
#include <string>

namespace ringcast::test {

/// The lines that a logger was given; from any thread.
class LogLines {
public:
    LogLines();
    [[nodiscard]] std::shared_ptr<spdlog::logger> logger() const { return logger_; }
    [[nodiscard]] std::size_t count(const std::string& text) const;  ///< lines that contain it

private:
    class Sink;
    std::shared_ptr<Sink> sink_;
    std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace ringcast::test
