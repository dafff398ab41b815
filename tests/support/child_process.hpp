#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace ringcast::test {

/// Waits until `condition` holds, asking every few milliseconds; false when `limit` has passed
/// first.
template <typename Condition>
[[nodiscard]] bool wait_until(Condition condition, std::chrono::milliseconds limit);

/// A program that this test started. It dies with this object, and, by the kernel's hand, with the
/// thread that made this object: also when the test is killed. Make it on the test's main thread.
class ChildProcess {
public:
    /// `arguments[0]` is the program, looked for in PATH; what it prints is appended to `output`.
    /// Throws std::system_error if it cannot be started.
    ChildProcess(const std::vector<std::string>& arguments, const std::filesystem::path& output);
    ~ChildProcess();  // KILL
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool is_running();

    void freeze();  ///< SIGSTOP; returns when the process has stopped
    void thaw();    ///< SIGCONT
    void kill();    ///< SIGKILL; returns when it is gone
    /// SIGTERM, and KILL after `limit`. True if it went by itself.
    bool stop(std::chrono::milliseconds limit = std::chrono::seconds{10});

private:
    const pid_t pid_;
    bool running_ = true;
};

/// Whether a program of this name is in PATH.
[[nodiscard]] bool is_installed(const std::string& program);

/// The last lines of a log, to be shown when a test fails.
[[nodiscard]] std::string tail_of(const std::filesystem::path& file, std::size_t bytes = 4'000);

void pause_before_asking_again();

template <typename Condition>
bool wait_until(Condition condition, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) return condition();
        pause_before_asking_again();
    }
    return true;
}

}  // namespace ringcast::test
