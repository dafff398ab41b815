#pragma once

#include "coordination_schedule.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/node_control.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/plan.hpp"
#include "ringcast/router/view.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router::detail {

/// Whether this entry is that of the member at this address, and not of the same node elsewhere.
[[nodiscard]] bool announces(const Nodes& nodes, std::string_view id, const Address& address);

/// The gateways that are registered: for each id its entry, or nothing when that is unreadable.
using Gateways = std::map<std::string, std::optional<GatewayEntry>, std::less<>>;

/// Who is watched over, and where: the members of the view in force and of the one proposed.
using Members = std::map<std::string, Address, std::less<>>;

/// Which members may have died. A member is suspected while its entry is gone, or names another
/// address, or most gateways say that they do not reach it; it is then probed again and again.
///
///     trusted --- entry gone, or most gateways complain ---> suspected
///     suspected --- entry back, and no complaint ---> trusted
///     suspected --- every probe that is answered starts the count anew
///     dead: for the whole grace its probes (two at least) failed and most gateways complained
///
/// So neither a vanished entry (its agent may have died, or all sessions expired at once) nor one
/// cut cable is a proof of death. Most gateways means more than half of those that are registered;
/// one that says nothing does not complain.
///
/// Dead is not known to be gone: a frozen node thaws, and one that is cut off may be reached by
/// somebody. Certain is only a connection that was refused while no agent announced the node: then
/// nothing was running there, and what is started later knows nothing.
///
/// One that answers while its entry stays away has lost its agent, and soon its lease: after a
/// longer grace it is abandoned.
///
/// A member that is suspected counts as gone until it has answered a probe, the last one and since
/// its entry went. When more than a set share of all members is gone, that is the network: none is
/// to be removed. All are those of the view in force, and of the next one: from its first fence on
/// that comes into force whoever has gone, and who joins with it is there to take over. Before,
/// nobody is removed.
class Suspects {
public:
    struct Probing {
        std::string member;
        Address address;
        bool first = false;  ///< of this suspicion
    };

    explicit Suspects(const CoordinatorOptions& options)
        : grace_(options.death_grace),
          abandoned_grace_(options.abandoned_grace),
          vanish_percent_max_(options.vanish_percent_max) {}

    /// What the cluster's settings say instead of the options.
    void configure(std::chrono::milliseconds grace, unsigned vanish_percent_max) {
        grace_ = grace;
        vanish_percent_max_ = vanish_percent_max;
    }

    /// Starts and ends suspicions by what is known now. Returns the members to probe at once; for
    /// each, `probed` is to be called with what came of it.
    std::vector<Probing> review(Time now, const Members& members, const Nodes& nodes,
                                const Gateways& gateways);

    /// True for the first answer of a suspicion: the member is not dead. Harmless for a member that
    /// is no longer suspected.
    bool probed(Time now, const std::string& member, const Address& address, ProbeOutcome outcome);

    /// Its next probe is made at once.
    void hurry(Time now, const std::string& member);

    /// Members that are dead, ascending by id.
    [[nodiscard]] std::vector<std::string> dead(Time now) const;

    /// Members that answer, but have had no entry for longer than the grace, ascending by id.
    /// None while entries of too many are away: their sessions ended together.
    [[nodiscard]] std::vector<std::string> abandoned(Time now) const;

    [[nodiscard]] std::chrono::milliseconds grace() const { return grace_; }

    [[nodiscard]] std::size_t gone() const;
    [[nodiscard]] std::size_t members() const { return members_; }  ///< that are watched over

    /// Whether so many are gone that nothing is to be removed.
    [[nodiscard]] bool too_many_gone() const;

    /// An operator says that whoever is gone is gone, however many they are.
    [[nodiscard]] bool all_may_go() const { return vanish_percent_max_ >= 100; }

    /// Whether nothing was running there at some moment since then.
    [[nodiscard]] bool ended_since(const std::string& member, Time when) const;

    /// Neither trusted again, nor has it answered its last probe, and most gateways complain.
    [[nodiscard]] bool may_be_dead(const std::string& member) const;

    /// When the member fell under suspicion.
    [[nodiscard]] std::optional<Time> since(const std::string& member) const;

    /// When to review again if nothing happens before.
    [[nodiscard]] std::optional<Time> wake(Time now) const;

private:
    struct Suspicion {
        Address address;
        Time since;
        Time next_probe;
        Time asked{};                             ///< the last one
        bool probing = false;                     ///< it is on its way
        bool answered = false;                    ///< ever
        bool reachable = false;                   ///< by the last probe, since its entry went
        unsigned failures = 0;                    ///< probes in a row
        std::optional<Time> failing_since = {};   ///< the first of them
        std::optional<Time> refused = {};         ///< the last one was, asked then
        std::optional<Time> reported_since = {};  ///< most gateways complain
        std::optional<Time> entry_gone_since = {};
    };

    [[nodiscard]] std::optional<Time> dead_at(const Suspicion& suspicion) const;

    std::chrono::milliseconds grace_;
    std::chrono::milliseconds abandoned_grace_;
    unsigned vanish_percent_max_;
    std::size_t members_ = 0;  ///< that are watched over
    std::map<std::string, Suspicion, std::less<>> suspicions_;
};

}  // namespace ringcast::router::detail
