#pragma once

#include "publication.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/token.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace ringcast::router {

/// One direction of a connection: what goes in comes out later, in the same order.
class InProcessWire : public std::enable_shared_from_this<InProcessWire> {
public:
    /// What comes out does so on the thread of `scheduler`. Nothing does while `blocked` holds.
    explicit InProcessWire(membership::Scheduler& scheduler,
                           std::shared_ptr<const bool> blocked = nullptr)
        : scheduler_(scheduler), blocked_(std::move(blocked)) {}

    void send(Clock::duration latency, std::function<void()> arrive);

    /// It may be blocked no longer.
    void wake();

    /// What is under way never arrives, nor does anything later.
    void cut();

private:
    struct Item {
        Clock::time_point due;
        std::function<void()> arrive;
    };

    void wait();
    void hand_over();

    membership::Scheduler& scheduler_;
    const std::shared_ptr<const bool> blocked_;
    std::deque<Item> under_way_;
    Clock::time_point last_due_{};
    membership::Token timer_;
    bool broken_ = false;
};

/// The way between one client and one in-process node, for all its connections there: how long
/// things travel on it, and what is stuck. Node and client may live on different schedulers of one
/// thread, as if each were a process of its own; both outlive the path.
class InProcessPath {
public:
    enum class Way { to_node, to_client };

    explicit InProcessPath(membership::Scheduler& client) : client_(client) {}

    /// In place of the node's own. Asked for each thing anew; order on a connection stays.
    void set_latency(std::function<Clock::duration()> latency) { latency_ = std::move(latency); }
    [[nodiscard]] const std::function<Clock::duration()>& latency() const { return latency_; }

    /// What travels this way is stuck from now on, or goes on: a network that loses packets in one
    /// direction, which are sent again until they arrive.
    void block(Way way, bool blocked);

    /// A wire of a new connection.
    [[nodiscard]] std::shared_ptr<InProcessWire> lay(Way way, membership::Scheduler& node);

private:
    struct Direction {
        std::shared_ptr<bool> blocked = std::make_shared<bool>(false);
        std::vector<std::weak_ptr<InProcessWire>> wires;
    };

    [[nodiscard]] Direction& direction(Way way) { return ways_[static_cast<std::size_t>(way)]; }

    membership::Scheduler& client_;
    std::function<Clock::duration()> latency_;
    std::array<Direction, 2> ways_;
};

}  // namespace ringcast::router
