#pragma once

#include "ringcast/membership/lock.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::ctl {

/// Who holds the operators' lock, what for and since when: what stands in its znode.
struct LockHolder {
    std::string by;
    std::string what;
    std::int64_t at = 0;  ///< Unix seconds

    [[nodiscard]] std::string encode() const;
    /// Something that other software wrote is shown as it is.
    [[nodiscard]] static std::string text(std::string_view data, std::int64_t now);
};

/// The lock that keeps two operators from changing the ring at once, for as long as this object
/// lives. It is held while a command looks at the cluster and puts its request into the queue; the
/// queue then keeps the order. Whoever dies loses it with its session.
class OperatorLock {
public:
    /// `held` is told once, when it is.
    OperatorLock(membership::Znodes& znodes, membership::Scheduler& scheduler,
                 const LockHolder& holder, std::function<void(bool)> held);

    /// What the holder's znode says, if there is one.
    void holder(std::function<void(std::optional<std::string>)> handler);

    /// Gives it up, then calls `released`. Once.
    void release(std::function<void(bool)> released);

private:
    std::function<void(bool)> held_;
    membership::Lock lock_;
};

}  // namespace ringcast::ctl
