#pragma once

#include "cluster_state.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/entries.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace ringcast::ctl {

/// Whether an error says no more than that ZooKeeper does not answer for a while: its servers
/// choose a leader, the network is down, or the session is lost and the next one on its way.
[[nodiscard]] bool is_interruption(std::error_code error) noexcept;

/// Reads the state of a cluster once. Lives on the scheduler's thread; destroying it drops the
/// handler.
class ClusterReader {
public:
    /// An error when something could not be read at all; what is not there is simply absent.
    using Handler = std::function<void(std::error_code, const ClusterState&)>;

    enum class Depth {
        now,      ///< everything but history
        history,  ///< history too: some two hundred znodes
    };

    /// Requires: the session is connected.
    ClusterReader(membership::Znodes& znodes, std::string cluster, Depth depth, Handler handler);

private:
    struct Reading;
    std::shared_ptr<Reading> reading_;
};

/// Follows one request: tells when history says what came of it, and whether it has left the queue
/// without a word.
class Outcome {
public:
    using Handler = std::function<void(router::HistoryEntry)>;

    Outcome(membership::Znodes& znodes, membership::Scheduler& scheduler, std::string request,
            Handler handler);

    /// It is not in the queue. When the view does not name it either, it never began: somebody took
    /// it back. But history, queue and view are watched apart: look again before believing it.
    [[nodiscard]] bool gone() const;

private:
    void look();

    Handler handler_;
    std::string name_;
    membership::Roster history_;
    membership::QueueConsumer requests_;  // read only
};

}  // namespace ringcast::ctl
