#pragma once

#include "agent_machine.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ringcast::router {

/// The latest record that an agent knows of, from ZooKeeper or from a member, and ZooKeeper's word
/// that there is none later. Tells `ViewKnown` and `ViewConfirmed`, on the scheduler's thread. The
/// znodes and the scheduler outlive it.
class LatestView {
public:
    using Time = AgentMachine::Time;
    using Tell = std::function<void(const AgentEvent&)>;

    /// `id`, `address`: whose node it is, and where. `unreadable`: the znode holds what is no
    /// record; then what was known stays.
    LatestView(membership::Znodes& znodes, membership::Scheduler& scheduler, std::string id,
               Address address, Tell tell, std::function<void()> unreadable);

    /// Asks ZooKeeper whether there is a later one, beyond what a server that lags behind would
    /// say; `asked` is now.
    void ask(Time asked);

    /// A later record, heard elsewhere.
    void learn(ViewRecord record);

    /// Whose word counts when ZooKeeper is silent, by id: the members, and those of the next view
    /// while nodes are being fenced for it, the Redis of this node among them if it is one, but for
    /// those that are to be removed or to move. Their Redis may be told of nothing any more, and
    /// vouch for the past.
    [[nodiscard]] std::map<std::string, Address> voters() const;

    /// Of the record; 0: there is none.
    [[nodiscard]] ViewNumber stamp() const noexcept { return stamp_; }

private:
    /// ZooKeeper's word, about a record that is still to be read.
    struct Pending {
        Time asked;
        std::int64_t modified;
    };

    void changed();
    void confirm(Time asked, std::int64_t modified);

    membership::Znodes& znodes_;
    const std::string id_;
    const Address address_;
    const Tell tell_;
    const std::function<void()> unreadable_;
    std::optional<ViewRecord> record_;
    ViewNumber stamp_{};
    std::optional<std::int64_t> known_;  ///< transaction of the write read last; 0: no view
    std::optional<Pending> pending_;
    const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
    membership::Configuration view_;
};

}  // namespace ringcast::router
