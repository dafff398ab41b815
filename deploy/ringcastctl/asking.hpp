#pragma once

#include "desk.hpp"
#include "lock.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace ringcast::ctl {

/// How a request gets into the queue: under the operators' lock, and once. For whoever changes the
/// ring as an operator does. Each throws what the desk throws.

/// The lock, or who holds it. Whoever has it looks at the cluster, asks, and releases it at once.
struct Locked {
    std::unique_ptr<OperatorLock> lock;  ///< nothing: another operator has it
    std::string holder;
};

/// Waits a few seconds for the lock, or as long as the command line says if that is less. `what` is
/// told to those who wait meanwhile.
[[nodiscard]] boost::asio::awaitable<Locked> take_lock(Desk& desk, std::string what);

/// Requires: it is held.
[[nodiscard]] boost::asio::awaitable<void> release(Desk& desk, Locked& locked);

struct Asked {
    std::string name;      ///< of the request's znode
    bool already = false;  ///< it stood in the queue before
};

/// Puts the request into the queue, signed, unless the last one about the same node or channel
/// wishes the same. Says so on the desk. Requires: the lock is held.
[[nodiscard]] boost::asio::awaitable<Asked> ask(Desk& desk, const Locked& locked,
                                                const router::Request& request);

}  // namespace ringcast::ctl
