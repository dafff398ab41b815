#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/node_control.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/view.hpp"

#include <spdlog/logger.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::router {

/// How far the handoff under way has come, as its coordinator sees it.
struct HandoffProgress {
    ViewNumber view{};    ///< the next one
    std::string stage;    ///< "prepare", "fence", "leave"
    std::string request;  ///< znode name; empty when nobody asked for it
    std::uint32_t step = 1;
    std::uint32_t steps = 1;
    std::vector<std::string> waiting_for;  ///< entries of gateways; ids of nodes to be fenced
    std::chrono::milliseconds running{};   ///< since the proposal, as far as this process knows

    friend bool operator==(const HandoffProgress&, const HandoffProgress&) = default;
};

/// A member whose removal is announced: it is taken for dead, and its lease has to end first.
struct RemovalProgress {
    std::string node;
    std::string waits_for;  ///< one phrase
    /// When the lease has ended at the latest. Nothing while that is not known.
    std::optional<membership::Scheduler::Clock::time_point> lease_ends;
    std::chrono::milliseconds left{};  ///< until then

    friend bool operator==(const RemovalProgress&, const RemovalProgress&) = default;
};

/// A request in the queue for which no handoff runs.
struct RequestProgress {
    std::string name;       ///< of its znode
    bool due = false;       ///< its time has come: it begins when what is under way has ended
    std::string waits_for;  ///< one sentence; empty when it may begin at once

    friend bool operator==(const RequestProgress&, const RequestProgress&) = default;
};

struct CoordinatorStatus {
    bool leading = false;
    ViewNumber view{};             ///< the last it read or wrote
    std::uint64_t views_made = 0;  ///< by this process
    std::uint64_t requests_done = 0;
    std::uint64_t requests_refused = 0;
    std::uint64_t nodes_removed = 0;
    std::uint64_t mass_vanish_alarms =
        0;  ///< more members gone at once than a network fault leaves room for
    std::uint64_t unreadable_entries = 0;  ///< znodes with rubbish in them, ignored
    std::uint64_t handoffs_aborted = 0;
    std::uint64_t stepped_aside = 0;  ///< times that it let another lead, who might reach more
    std::uint64_t messages_per_second = 0;  ///< over all members, as their agents report
    bool paused = false;                    ///< by an operator
    /// What the request between two of its steps, or else the first, waits for: one sentence.
    /// Empty: for nothing, or a handoff runs.
    std::string waiting;
    std::vector<RequestProgress> requests;  ///< those that can be read, in the order of the queue
    std::optional<HandoffProgress> handoff;
    std::vector<RemovalProgress> removals;
};

/// Stands for election and, while it leads, makes the views: the first from the nodes that have
/// registered, others on operators' requests by a handoff that loses nothing, and one without a
/// node that died (probed first), which is taken back when it returns. Everything it decides
/// follows from what the znodes hold, so the next coordinator takes over at any point. Lives on the
/// thread of its scheduler.
class Coordinator {
public:
    virtual ~Coordinator() = default;

    [[nodiscard]] virtual CoordinatorStatus status() const = 0;

    /// Steps down and leaves the election.
    virtual void stop() = 0;
};

/// `znodes`, `scheduler` and `nodes` outlive the coordinator. `id` names this process in the
/// election.
[[nodiscard]] std::unique_ptr<Coordinator> make_coordinator(membership::Znodes& znodes,
                                                            membership::Scheduler& scheduler,
                                                            NodeControl& nodes, std::string id,
                                                            CoordinatorOptions options,
                                                            std::shared_ptr<spdlog::logger> log);

}  // namespace ringcast::router
