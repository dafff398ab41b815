#include "doubts.hpp"

#include "world.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::simulation {

using router::Stage;
using router::ViewNumber;

namespace {

/// A gateway waits up to 2.5 s for a view, or for the last word of a former owner.
constexpr auto long_time = 2s;

bool fences(const std::optional<router::ViewRecord::Proposal>& proposal) {
    return proposal && proposal->stage == Stage::fence;
}

}  // namespace

Doubts::Channels Doubts::moved(ViewNumber from, ViewNumber to) const {
    Channels channels;
    const auto& situations = world_.situations();
    for (std::uint32_t channel = 0; channel < world_.setup.channels; ++channel) {
        if (situations.owner(from, channel) != situations.owner(to, channel)) {
            channels.insert(channel);
        }
    }
    return channels;
}

Doubts::Channels Doubts::all() const {
    Channels channels;
    for (std::uint32_t channel = 0; channel < world_.setup.channels; ++channel) {
        channels.insert(channels.end(), channel);
    }
    return channels;
}

void Doubts::doubt(std::uint32_t gateway, const Channels& channels, std::string_view why) {
    Known& known = known_[gateway];
    for (const std::uint32_t channel : channels) {
        known.at_rest.erase(channel);
        if (!known.doubted.insert(channel).second) continue;
        Event event{.kind = Event::Kind::doubted, .who = gateway};
        event.message.channel = channel;
        event.at = world_.scheduler.now().time_since_epoch();
        event.text = why;
        world_.history.add(std::move(event));
    }
}

/// What it has not finished with of the view before comes to its end then, too.
void Doubts::unprepared(SimulatedGateway& gateway, const Channels& moved, std::string_view why) {
    doubt(gateway.number(), moved, why);
    doubt(gateway.number(), known_[gateway.number()].moved, "a view came behind an unfinished one");
}

void Doubts::view_is(const router::ViewRecord& record) {
    const auto& before = world_.record();
    if (!before) return;
    const ViewNumber was = before->in_force.number;
    const ViewNumber is = record.in_force.number;
    const auto serving = world_.serving();
    if (is != was) {
        const Channels movers = moved(was, is);
        const bool prepared = before->proposal && before->proposal->next.number == is;
        Channels unfenced;
        for (const std::uint32_t channel : movers) {
            const SimulatedNode& former = *world_.situations().owner(was, channel);
            if (world_.fence_of(former) < is) unfenced.insert(channel);
        }
        for (SimulatedGateway* const gateway : serving) {
            const auto status = gateway->router().status();
            const bool knows =
                status.view == was || (status.handoff && status.handoff->view == was);
            if (!knows) doubt(gateway->number(), all(), "a view was missed");
            if (!prepared) unprepared(*gateway, movers, "a view came without a handoff");
            doubt(gateway->number(), unfenced, "the former owner was not fenced");
        }
    }
    if (!fences(record.proposal) && !(is != was && !record.acknowledged.empty())) return;
    const ViewNumber next = record.proposal ? record.proposal->next.number : is;
    const Channels movers = record.proposal ? moved(is, next) : moved(was, is);
    for (SimulatedGateway* const gateway : serving) {
        Known& known = known_[gateway->number()];
        if (!was_waited_for(*gateway, record)) {
            unprepared(*gateway, movers, "nobody waited for it");
        } else if (!movers.empty()) {
            // Those that nobody here listens to are over at the next look.
            for (const std::uint32_t channel : movers) known.at_rest.erase(channel);
            known.moved.insert(movers.begin(), movers.end());
            if (!known.moves_since) known.moves_since = world_.scheduler.now();
        }
    }
}

void Doubts::breaks(const SimulatedGateway& gateway, const Wires::Wire& wire) {
    // Also what was only asked for: a client that joins others meanwhile is confirmed with them.
    Channels carried;
    for (const auto& [channel, standing] : wire.channels) carried.insert(channel);
    doubt(gateway.number(), carried, "a connection broke");
}

void Doubts::look() {
    if (!world_.record()) return;
    for (SimulatedGateway* const gateway : world_.serving()) look_at(*gateway);
}

void Doubts::look_at(SimulatedGateway& gateway) {
    const auto now = world_.scheduler.now();
    const auto& record = *world_.record();
    Known& known = known_[gateway.number()];
    const auto status = gateway.router().status();
    const ViewNumber latest =
        fences(record.proposal) ? record.proposal->next.number : record.in_force.number;
    if (std::max(status.view, status.handoff ? status.handoff->view : ViewNumber{}) >= latest) {
        known.behind_since.reset();
    } else if (!known.behind_since) {
        known.behind_since = now;
    } else if (now - *known.behind_since > long_time) {
        doubt(gateway.number(), all(), "a view is not known for long");
    }
    if (known.moves_since && now - *known.moves_since > long_time) {
        doubt(gateway.number(), known.moved, "a move takes long");
    }
    // A subscription can stand while it is no use: it is to be left, and then to be asked for again.
    const bool busy = gateway.process().frozen() || status.handoff || record.proposal ||
                      status.view != record.in_force.number || status.channels_pending > 0;
    if (busy) return known.at_rest.clear();
    rest(gateway, known);
}

void Doubts::rest(SimulatedGateway& gateway, Known& known) {
    Channels open = known.doubted;
    open.insert(known.moved.begin(), known.moved.end());
    for (const std::uint32_t channel : open) {
        // What nobody listens to and is carried still may be joined, before it is where it belongs.
        const bool open_still = gateway.wants(channel) || is_carried(gateway, channel);
        if (open_still && !stands_with_owner(gateway, channel)) {
            known.at_rest.erase(channel);
        } else if (!known.at_rest.insert(channel).second) {
            known.at_rest.erase(channel);
            known.moved.erase(channel);
            if (known.doubted.erase(channel) == 0) continue;
            Event event{.kind = Event::Kind::sure, .who = gateway.number()};
            event.message.channel = channel;
            event.at = world_.scheduler.now().time_since_epoch();
            world_.history.add(std::move(event));
        }
    }
    if (known.moved.empty()) known.moves_since.reset();
}

bool Doubts::is_carried(const SimulatedGateway& gateway, std::uint32_t channel) {
    return std::ranges::any_of(gateway.wires().all(), [&](const Wires::Wire& wire) {
        return wire.channels.contains(channel);
    });
}

bool Doubts::stands_with_owner(const SimulatedGateway& gateway, std::uint32_t channel) const {
    const auto* const owner = world_.situations().owner(world_.record()->in_force.number, channel);
    bool stands = false;
    for (const Wires::Wire& wire : gateway.wires().all()) {
        const auto found = wire.channels.find(channel);
        if (found == wire.channels.end()) continue;
        if (wire.node != owner || found->second != Wires::Standing::confirmed) return false;
        stands = true;
    }
    return stands;
}

}  // namespace ringcast::simulation
