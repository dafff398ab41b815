#pragma once

#include "loaded_cluster.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <spdlog/logger.h>

#include <memory>
#include <optional>
#include <string>

namespace ringcast::bench {

/// Follows one change of the ring in ZooKeeper: when it was proposed, fenced, in force, and what
/// history says of it. Lives on the scheduler's thread; znodes and scheduler outlive it.
class ChangeWatch {
public:
    ChangeWatch(membership::Znodes& znodes, membership::Scheduler& scheduler,
                std::shared_ptr<spdlog::logger> log);

    /// The change begins now: what is seen from here on counts.
    void begin();

    /// It is the one that this request asks for. Without: a death, which nobody asks for.
    void asked_as(std::string request);

    /// It came to nothing before it was in the queue.
    void refuse(std::string reason);

    [[nodiscard]] const Phases& phases() const noexcept { return phases_; }

    /// As it was read last; nothing: there is none yet.
    [[nodiscard]] const std::optional<router::ViewRecord>& record() const noexcept {
        return record_;
    }
    [[nodiscard]] membership::Configuration& view() noexcept { return view_; }

private:
    void view_changed();
    void history_changed();
    void fill_in(const router::HistoryEntry::Phases& told);

    const std::shared_ptr<spdlog::logger> log_;
    std::optional<router::ViewRecord> record_;
    Phases phases_;
    bool named_ = false;   ///< `request_` is known
    std::string request_;  ///< its znode; empty: a death
    membership::Configuration view_;
    membership::Roster history_;
};

}  // namespace ringcast::bench
