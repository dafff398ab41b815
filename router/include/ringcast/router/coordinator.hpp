#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <spdlog/logger.h>

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/node_probe.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/view.hpp"

namespace ringcast::router {

struct CoordinatorStatus {
    bool leading = false;
    ViewNumber view{};              ///< the last it read or wrote
    std::uint64_t views_made = 0;   ///< by this process
    std::uint64_t requests_done = 0;
    std::uint64_t requests_refused = 0;
    std::uint64_t nodes_removed = 0;
    std::uint64_t mass_vanish_alarms = 0;  ///< more members gone at once than a network fault leaves room for
    std::uint64_t unreadable_entries = 0;  ///< znodes with rubbish in them, ignored
};

/// Stands for election and, while it leads, makes the views: the first from the nodes that have
/// registered, others on operators' requests, and one without a node that died (probed first).
/// Everything it decides follows from what the znodes hold, so the next coordinator takes over at
/// any point. Lives on the thread of its scheduler.
class Coordinator {
public:
    virtual ~Coordinator() = default;

    [[nodiscard]] virtual CoordinatorStatus status() const = 0;

    /// Steps down and leaves the election.
    virtual void stop() = 0;
};

/// `znodes`, `scheduler` and `probe` outlive the coordinator. `id` names this process in the election.
[[nodiscard]] std::unique_ptr<Coordinator> make_coordinator(membership::Znodes& znodes,
                                                            membership::Scheduler& scheduler,
                                                            NodeProbe& probe, std::string id,
                                                            CoordinatorOptions options,
                                                            std::shared_ptr<spdlog::logger> log);

}  // namespace ringcast::router
