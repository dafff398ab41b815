#pragma once

#include "fate.hpp"
#include "loaded_cluster.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <spdlog/logger.h>

#include <cstdint>
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

    /// It is the one that this request asks for. Without: a death, which nobody asks for. A request
    /// that somebody takes from the queue before it begins counts as refused: history never has it.
    void asked_as(std::string request);

    /// It came to nothing before it was in the queue.
    void refuse(std::string reason);

    [[nodiscard]] const Phases& phases() const noexcept { return phases_; }
    [[nodiscard]] Fate fate() const;

    /// As it was read last; nothing: there is none yet.
    [[nodiscard]] const std::optional<router::ViewRecord>& record() const noexcept {
        return record_;
    }
    [[nodiscard]] membership::Configuration& view() noexcept { return view_; }

private:
    [[nodiscard]] std::int64_t now() const;
    void view_changed();
    void history_changed();
    void fill_in(const router::HistoryEntry::Phases& told);
    void look_whether_it_is_gone();

    membership::Znodes& znodes_;
    membership::Scheduler& scheduler_;
    const std::shared_ptr<spdlog::logger> log_;
    std::optional<router::ViewRecord> record_;
    Phases phases_;
    bool named_ = false;   ///< `request_` is known
    std::string request_;  ///< its znode; empty: a death
    std::string entry_;    ///< of history, that tells what came of it
    int looks_gone_ = 0;   ///< at which it was not in the queue, and had not begun
    membership::Configuration view_;
    membership::Roster history_;
    std::optional<membership::QueueConsumer> requests_;  ///< read only
    membership::Token next_look_;
};

}  // namespace ringcast::bench
