#include "steps.hpp"

#include "world.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::simulation {
namespace {

using router::Stage;
using router::ViewRecord;

/// What it is to write one record where the other stands.
Step step_between(const std::optional<ViewRecord>& before, const ViewRecord& after) {
    if (!before) return Step::found;
    const bool same_view = before->in_force.number == after.in_force.number;
    if (!before->proposal && after.proposal) return Step::propose;
    if (before->proposal && !after.proposal) return same_view ? Step::drop : Step::commit;
    // Not the other way round: who has been left behind may try to propose what is fenced already.
    const auto is_fenced = [](const ViewRecord& record) {
        return record.proposal && record.proposal->stage == Stage::fence;
    };
    if (!is_fenced(*before) && is_fenced(after)) return Step::begin_fencing;
    if (!same_view) {
        const bool fewer =
            after.in_force.ring.members().size() < before->in_force.ring.members().size();
        return fewer ? Step::remove_dead : Step::readdress;
    }
    if (before->removals == after.removals) return Step::other;
    return after.removals.size() < before->removals.size() ? Step::lift_removal
                                                           : Step::announce_removal;
}

}  // namespace

Tripwire::Observer Steps::observer_of(SimulatedGateway& gateway) {
    return {.of_view = [&](std::string_view bytes,
                           auto version) { return of_view(gateway, bytes, version); },
            .of_fence = [this](const auto& address, auto at) { return of_fence(address, at); },
            .passes =
                [&](Step step, Side side) {
                    if (at_step_) at_step_(gateway, step, side);
                },
            .appends = [&](std::string_view entry) { world_.appends(gateway, entry); }};
}

Step Steps::of_view(SimulatedGateway& gateway, std::string_view bytes,
                    std::optional<std::int32_t> version) const {
    const auto record = router::decode_view_record(bytes);
    if (!record) return Step::other;
    const Step step = step_between(world_.record(), *record);
    // Who has been left behind knows an earlier record: to that it may be right, and it is refused.
    if (world_.may_be_written(version)) {
        world_.writes(gateway, bytes);
        world_.expectations().writes(gateway, step, *record);
    }
    return step;
}

Step Steps::of_fence(const router::Address& address, router::ViewNumber at) const {
    const auto& record = world_.record();
    if (!record || !record->proposal || record->proposal->stage != Stage::fence) return Step::tell;
    if (at != record->proposal->next.number) return Step::tell;
    const auto owners = world_.old_owners();
    if (std::ranges::none_of(owners, [&](auto* node) { return node->address() == address; })) {
        return Step::tell;
    }
    const bool first =
        std::ranges::none_of(owners, [&](auto* node) { return world_.fence_of(*node) >= at; });
    return first ? Step::fence_first : Step::fence_next;
}

void Steps::dies(SimulatedGateway& coordinator) {
    const Tripwire& at = coordinator.tripwire();
    deaths_.push_back({coordinator.number(), at.step(), at.side_of_step()});
}

void Steps::look() {
    if (deaths_.empty()) return;
    const SimulatedGateway* const leader = world_.leader();
    if (leader == nullptr) return;
    std::erase_if(deaths_, [&](const Death& one) {
        if (one.gateway == leader->number()) return false;
        world_.rare.add_death(one.step, one.side);
        return true;
    });
}

}  // namespace ringcast::simulation
