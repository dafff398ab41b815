#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ringcast::gateway {

/// Remembers for a while which publishes were made under which key, so that a backend that repeats
/// one after a broken connection does not publish twice. In the memory of this gateway alone: a
/// repeat through another gateway is not recognised. Used from several threads.
class IdempotencyWindow {
public:
    using Time = std::chrono::steady_clock::time_point;

    enum class Seen {
        first,    ///< not within the window: publish, then say `done` or `failed`
        pending,  ///< the first has not been answered yet: its outcome is open
        done,     ///< published already
    };

    IdempotencyWindow(std::chrono::milliseconds window, std::size_t entries_max)
        : window_(window), entries_max_(entries_max) {}

    [[nodiscard]] Seen begin(std::string_view channel, std::string_view key, Time now);
    void done(std::string_view channel, std::string_view key);
    void failed(std::string_view channel, std::string_view key);  ///< the next is the first again

private:
    static std::string name_of(std::string_view channel, std::string_view key);
    void forget_old(Time now);

    const std::chrono::milliseconds window_;
    const std::size_t entries_max_;
    std::mutex mutex_;  // guards what follows
    struct Entry {
        Time begun;
        bool done = false;
    };
    std::unordered_map<std::string, Entry> entries_;
    std::deque<std::pair<Time, std::string>> order_;  // as begun; a name may have been forgotten
};

}  // namespace ringcast::gateway
