#pragma once

#include "history.hpp"
#include "ringcast/router/view.hpp"
#include "wires.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace ringcast::simulation {

class World;

/// Whether it had acknowledged when the fences began.
[[nodiscard]] bool was_waited_for(const SimulatedGateway& gateway,
                                  const router::ViewRecord& record);

/// Counts the situations in which a fault of the protocol was found once, as far as what travels
/// on connections and stands in the znodes shows them. That the seeds come to them tells more than
/// that the one seed which found a fault passes now.
class Situations {
public:
    explicit Situations(World& world) : world_(world) {}

    /// The record that the znode `view` holds now.
    void view_is(const router::ViewRecord& record);
    /// Asks everybody for what only he knows. To be called now and then.
    void look();

    // Of the wires, just before the gateway hears of it.
    void answered(SimulatedGateway& gateway, Wires::Wire& wire, const Wires::Batch& batch,
                  const router::PublishAnswer& answer);
    void delivers(SimulatedGateway& gateway, const Wires::Wire& wire, std::uint32_t channel,
                  std::string_view payload);

    /// Who owns the channel by a view that was in force or proposed; null: there was none.
    [[nodiscard]] SimulatedNode* owner(router::ViewNumber view, std::uint32_t channel) const;

private:
    void know(const router::View& view);
    void end_of_displaced(SimulatedGateway& gateway, Wires::Wire& wire);
    [[nodiscard]] bool holds_more(SimulatedGateway& gateway, const Message& message) const;

    World& world_;
    std::map<router::ViewNumber, std::vector<SimulatedNode*>> owners_;    // by channel
    std::set<router::ViewNumber> dropped_;                                // proposals
    std::map<router::ViewNumber, std::set<std::uint32_t>> know_of_drop_;  // gateways
    std::map<std::uint32_t, std::uint64_t> stepped_aside_;                // by gateway
    std::map<std::uint32_t, std::uint64_t> finished_late_;                // likewise
};

}  // namespace ringcast::simulation
