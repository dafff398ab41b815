#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace ringcast::membership {

/// Counts for the whole cluster, by compare-and-set on a decimal number in a znode: each number is
/// given once, to one caller, and later calls get greater ones. Numbers may be skipped: when nobody
/// can tell whether a write happened, the next one is taken.
///
/// Calls wait for a connection and are carried through reconnects. Destroying it drops their
/// handlers.
class Counter {
public:
    using Handler = std::function<void(std::error_code, std::int64_t value)>;

    /// The znode is made by the first `next`.
    Counter(Znodes& znodes, Scheduler& scheduler, std::string path);
    Counter(Counter&&) noexcept;
    Counter& operator=(Counter&&) noexcept;
    ~Counter();

    /// The next number, from 1. `unreadable` when the znode does not hold a number or no greater
    /// one exists.
    void next(Handler handler);

    /// The last number given, 0 if none was.
    void last(Handler handler);

    class Source;  // hidden

private:
    std::shared_ptr<Source> source_;
};

}  // namespace ringcast::membership
