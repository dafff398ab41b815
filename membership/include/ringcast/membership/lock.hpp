#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace ringcast::membership {

class PlaceInLine;  // hidden

/// An exclusive lock, wanted for as long as this object lives and granted in the order of asking.
/// It is lost with the session: `held` turns false upon `suspended` already, and true again if the
/// entry is found standing after the reconnect. A holder that was cut off may act for a moment
/// longer than it should, so what the lock guards checks the `token` or a version.
///
/// Lives on the thread of its scheduler; znodes and scheduler outlive it. May be destroyed at any
/// time, also by its own observer; that releases.
class Lock {
public:
    struct Options {
        std::string path;    ///< "/lock"; made if it is missing
        std::string prefix;  ///< "l-"; entries are named <prefix><id>-<ten digits>
        std::string id;      ///< of this contender: printable, without a slash, no two alive alike
        std::string data;    ///< who it is, for the others
    };
    using Observer = std::function<void(bool held)>;

    /// The observer is told of every change; never from inside a call.
    Lock(Znodes& znodes, Scheduler& scheduler, Options options, Observer observer);
    Lock(Lock&&) noexcept;
    Lock& operator=(Lock&&) noexcept;
    ~Lock();

    [[nodiscard]] bool held() const;
    [[nodiscard]] std::int64_t token() const;  ///< grows with every holder; 0 unless held

    /// Asks who holds it: what the first entry says; nothing when nobody does. Waits for a
    /// connection.
    using HolderHandler = std::function<void(std::error_code, std::optional<std::string> data)>;
    void holder(HolderHandler handler);

    /// Gives it up and then calls `released`, if this object still lives. Call it once; nothing
    /// else may be called after it.
    void release(std::function<void()> released);

private:
    std::shared_ptr<PlaceInLine> place_;
};

}  // namespace ringcast::membership
