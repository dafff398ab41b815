#pragma once

#include "rare.hpp"
#include "ringcast/router/view.hpp"
#include "tripwire.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace ringcast::simulation {

class SimulatedGateway;
class World;

/// What each coordinator does, told by its tripwire and named by what stands in the znodes and at
/// the nodes at that moment. Counts at which steps one died, as soon as another leads.
class Steps {
public:
    explicit Steps(World& world) : world_(world) {}

    [[nodiscard]] Tripwire::Observer observer_of(SimulatedGateway& gateway);
    /// Called at each step, before it is carried out and after; nothing: nobody.
    void at_step(std::function<void(SimulatedGateway&, Step, Side)> fault) {
        at_step_ = std::move(fault);
    }

    /// The coordinator dies where it is, by a tripwire.
    void dies(SimulatedGateway& coordinator);
    /// To be called now and then: who leads now?
    void look();

private:
    [[nodiscard]] Step of_view(SimulatedGateway& gateway, std::string_view bytes,
                               std::optional<std::int32_t> version) const;
    [[nodiscard]] Step of_fence(const router::Address& address, router::ViewNumber at) const;

    struct Death {
        std::uint32_t gateway;
        Step step;
        Side side;
    };

    World& world_;
    std::function<void(SimulatedGateway&, Step, Side)> at_step_;
    std::vector<Death> deaths_;  // after which nobody has led yet
};

}  // namespace ringcast::simulation
