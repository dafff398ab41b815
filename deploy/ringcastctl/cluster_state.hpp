#pragma once

#include "gateway_status.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/plan.hpp"
#include "ringcast/router/settings.hpp"
#include "ringcast/router/view.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::ctl {

/// A request that is not done yet; nothing in it when it cannot be read.
struct QueuedRequest {
    std::string name;  ///< of its znode
    std::optional<router::Request> request;
};

struct PastChange {
    std::string name;  ///< of its znode
    router::HistoryEntry entry;
};

/// On somebody's request, and the ring was another one afterwards: also when it was cancelled after
/// the first of its steps.
[[nodiscard]] bool changed_the_ring(const router::HistoryEntry& entry);

/// What the znodes of a cluster said when they were read, and what its gateways told.
struct ClusterState {
    std::string cluster;
    std::string zookeeper;  ///< state of the session
    std::optional<router::ViewRecord> record;
    bool view_unreadable = false;
    std::map<std::string, router::NodeEntry, std::less<>> nodes;
    std::vector<router::GatewayEntry> gateways;
    std::map<std::string, std::string> gateway_ids;  ///< by the names of their znodes
    std::optional<std::string> coordinator;          ///< id of the gateway that leads
    std::vector<QueuedRequest> requests;             ///< in the order in which they were given
    std::vector<PastChange> history;                 ///< oldest first; only when it was asked for
    router::ClusterSettings settings;                ///< the defaults when it cannot be read
    std::size_t unreadable = 0;                      ///< entries with rubbish in them
    std::vector<GatewayStatus> told;                 ///< only what was asked for

    /// What the leader told of its work, if it was asked and answered.
    [[nodiscard]] const GatewayStatus::Coordination* coordination() const {
        for (const GatewayStatus& status : told) {
            if (status.coordination) return &*status.coordination;
        }
        return nullptr;
    }

    /// Nobody has registered, and there is no view: of a mistyped name as a rule.
    [[nodiscard]] bool is_empty() const noexcept {
        return !record && !view_unreadable && nodes.empty() && gateways.empty();
    }

    /// Whether history has what came of a request: it stays in the queue for a moment after that.
    /// Requires: history was read.
    [[nodiscard]] bool has_ended(std::string_view request) const {
        for (const PastChange& past : history) {
            if (past.entry.request == request) return true;
        }
        return false;
    }

    /// Whether a request waits for nothing but its turn: neither for its window nor for quiet.
    [[nodiscard]] bool is_due(const QueuedRequest& queued) const {
        if (!queued.request || queued.request->when.kind == router::When::Kind::now) return true;
        const auto* turn =
            coordination() == nullptr ? nullptr : coordination()->turn_of(queued.name);
        return turn != nullptr && turn->due;
    }

    /// What is to be said of a member whose removal is announced; empty of any other.
    [[nodiscard]] std::string removal_of(const std::string& member) const;

    struct Traffic {
        std::uint64_t messages_per_second = 0;
        std::vector<std::string> silent;  ///< members of which none is told; they are not counted
    };

    /// Over all members, as their agents count it. Requires: there is a view.
    [[nodiscard]] Traffic traffic() const {
        Traffic sum;
        for (const auto& member : record->in_force.ring.members()) {
            const auto rate = router::messages_per_second(nodes, member.id);
            sum.messages_per_second += rate.value_or(0);
            if (!rate) sum.silent.push_back(member.id);
        }
        return sum;
    }

    /// A sentence of the coordinator's, which knows gateways by the names of their znodes, with
    /// their ids in it as far as these are known.
    [[nodiscard]] std::string with_gateway_ids(std::string text) const;

    [[nodiscard]] const router::GatewayEntry* gateway(const std::string& id) const {
        for (const auto& entry : gateways) {
            if (entry.id == id) return &entry;
        }
        return nullptr;
    }
};

}  // namespace ringcast::ctl
