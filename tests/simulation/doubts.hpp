#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/view.hpp"
#include "wires.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace ringcast::simulation {

class World;

/// When a gateway has reason to tell its clients of a gap, channel by channel, and until when. It
/// goes by the views, by who was waited for, and by the connections of the gateway; what it finds
/// it writes into the history, for the checker.
///
/// Something may have been lost on a channel for a gateway, or it has to think so,
///   - when a connection that carries it breaks;
///   - when its owner changes by a view that was not prepared, or not by this gateway, or before
///     which the former owner was not fenced; or so that it changed by the view before, and the
///     gateway had not finished with that;
///   - when the gateway has missed a view, or for long does not come to know one: any channel.
/// That is over when the gateway has nothing to do with the change any more, and the channel stands
/// with its owner and nowhere else; or when nobody listens to it here.
class Doubts {
public:
    explicit Doubts(World& world) : world_(world) {}

    /// Another record, while that of the world is the one before.
    void view_is(const router::ViewRecord& record);
    void breaks(const SimulatedGateway& gateway, const Wires::Wire& wire);
    /// To be called often: what is over, and what takes too long.
    void look();

private:
    using Time = membership::Scheduler::Clock::time_point;
    using Channels = std::set<std::uint32_t>;
    /// Of one gateway.
    struct Known {
        Channels doubted;
        Channels moved;  ///< by handoffs that waited for it, and not at rest since
        Channels
            at_rest;  ///< of both, at the last look: what was decided then has been told by now
        std::optional<Time> moves_since;
        std::optional<Time> behind_since;
    };

    void doubt(std::uint32_t gateway, const Channels& channels, std::string_view why);
    void unprepared(SimulatedGateway& gateway, const Channels& moved, std::string_view why);
    void look_at(SimulatedGateway& gateway);
    void rest(SimulatedGateway& gateway, Known& known);
    [[nodiscard]] Channels moved(router::ViewNumber from, router::ViewNumber to) const;
    [[nodiscard]] Channels all() const;
    [[nodiscard]] static bool is_carried(const SimulatedGateway& gateway, std::uint32_t channel);
    [[nodiscard]] bool stands_with_owner(const SimulatedGateway& gateway,
                                         std::uint32_t channel) const;

    World& world_;
    std::map<std::uint32_t, Known> known_;  // by gateway
};

}  // namespace ringcast::simulation
