#pragma once

#include "ringcast/gateway/server.hpp"
#include "ringcast/membership/session.hpp"
#include "ringcast/router/coordinator.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/router.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace ringcast::gateway {

/// How this gateway does at one moment: what the operators' pages are made of.
struct Snapshot {
    std::string id;
    std::string version;
    std::chrono::seconds uptime{0};
    std::chrono::microseconds cpu{0};  ///< that the process has used, all threads
    membership::Session session;
    ServerStatus server;
    router::RouterStatus router;
    router::CoordinatorStatus coordinator;
    bool announced = false;                      ///< its own entry is in the registry
    std::vector<router::GatewayEntry> gateways;  ///< all that are announced, this one included
};

/// Whether newcomers should come here, and if not, why.
struct Readiness {
    std::vector<std::string> reasons;  ///< against; ready when empty
    std::vector<std::string> remarks;  ///< trouble that another gateway would not spare a client

    [[nodiscard]] bool ready() const noexcept { return reasons.empty(); }
};

/// Not ready: draining, without a view, or with a link to a member that does not work. A link
/// counts against this gateway only as far as the others fare better: a member that most of them
/// cannot reach either is itself in trouble, and turning all gateways unready would cut off the
/// clients of all other members too. `was_ready`: since its start; until then every link must be
/// up.
[[nodiscard]] Readiness readiness(const Snapshot& snapshot, bool was_ready);

}  // namespace ringcast::gateway
