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

/// Reads the state of a cluster once. Lives on the scheduler's thread; destroying it drops the
/// handler.
class ClusterReader {
public:
    /// An error when something could not be read at all; what is not there is simply absent.
    using Handler = std::function<void(std::error_code, const ClusterState&)>;

    /// Requires: the session is connected.
    ClusterReader(membership::Znodes& znodes, std::string cluster, Handler handler);

private:
    struct Reading;
    std::shared_ptr<Reading> reading_;
};

/// Puts a request into the queue and waits until history tells what came of it.
class Petition {
public:
    using Handler = std::function<void(std::error_code, const router::HistoryEntry&)>;

    Petition(membership::Znodes& znodes, membership::Scheduler& scheduler,
             const router::Request& request, Handler handler);

    /// Its name in the queue; empty until the service has taken it.
    [[nodiscard]] const std::string& name() const { return name_; }

    /// How many requests are to be done before it, as far as is known.
    [[nodiscard]] std::size_t before() const;

private:
    void look();

    Handler handler_;
    std::string name_;
    membership::Roster history_;
    membership::QueueConsumer requests_;  // read only
    membership::Queue queue_;
};

}  // namespace ringcast::ctl
