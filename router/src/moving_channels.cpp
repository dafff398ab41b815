#include "moving_channels.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>

namespace ringcast::router {

MovingChannels::MovingChannels(const Destinations& before, const Destinations& after)
    : before_(before),
      after_(after),
      pins_(!before.ring.pins().empty() || !after.ring.pins().empty()) {
    assert(before.ring.seed() == after.ring.seed());
    // By links, not by members: one that came back at another address takes its channels along.
    const auto* giver = before.ring.stretches().data();
    const auto* taker = after.ring.stretches().data();
    std::size_t giver_end = giver->length;
    std::size_t taker_end = taker->length;
    for (std::size_t at = 0, end = 0; at < ring::arc_count; at = end) {
        end = std::min(giver_end, taker_end);
        const Ends ends{before.links[giver->owner], after.links[taker->owner]};
        if (ends.move()) stretches_.push_back({static_cast<ring::Arc>(at), end - at, ends});
        if (end == ring::arc_count) break;
        if (end == giver_end) giver_end += (++giver)->length;
        if (end == taker_end) taker_end += (++taker)->length;
    }
    deal();
    std::set<std::string_view> names;
    for (const auto* ring : {&before_.ring, &after_.ring}) {
        for (const auto& [channel, member] : ring->pins()) names.insert(channel);
    }
    for (const std::string_view name : names) {
        if (ends_of(before_.ring.arc(name)).move()) continue;  // met on its arc
        if (before_.link_of(name) != after_.link_of(name)) pinned_.emplace_back(name);
    }
}

/// A ring gives whole blocks from one member to one other. Gone through in that order, one node
/// after the other would have all the work at once: they take turns instead, a few arcs each.
void MovingChannels::deal() {
    constexpr std::size_t arcs_max = 16;
    std::map<std::pair<LinkId, LinkId>, std::size_t> rounds;
    std::vector<std::pair<std::size_t, Stretch>> dealt;
    for (const Stretch& whole : stretches_) {
        std::size_t& round = rounds[{whole.ends.from, whole.ends.to}];
        for (std::size_t done = 0; done < whole.length; done += arcs_max) {
            const Stretch part{static_cast<ring::Arc>(whole.first + done),
                               std::min(arcs_max, whole.length - done), whole.ends};
            dealt.emplace_back(round++, part);
        }
    }
    std::ranges::stable_sort(dealt, {}, [](const auto& one) { return one.first; });
    stretches_.clear();
    for (const auto& [round, part] : dealt) stretches_.push_back(part);
}

MovingChannels::Ends MovingChannels::ends_of(ring::Arc arc) const noexcept {
    return {before_.links[before_.ring.owner_of(arc)], after_.links[after_.ring.owner_of(arc)]};
}

MovingChannels::Ends MovingChannels::ends_of(const Channel& channel) const {
    if (!pins_) return ends_of(channel.arc);
    return {before_.link_of(*channel.name), after_.link_of(*channel.name)};
}

bool MovingChannels::all_leave(const std::vector<LinkId>& links) const {
    return !pins_ && std::ranges::all_of(stretches_, [&](const Stretch& stretch) {
        return std::ranges::find(links, stretch.ends.from) != links.end();
    });
}

std::size_t MovingChannels::count(const ChannelTable& channels) const {
    std::size_t count = 0;
    for (const Stretch& stretch : stretches_) {
        for (std::size_t i = 0; i < stretch.length; ++i) {
            count += channels.count_in(static_cast<ring::Arc>(stretch.first + i));
        }
    }
    if (!pins_) return count;
    // What is pinned does as its pins say, whatever its arc does.
    std::set<std::string_view> names;
    for (const auto* ring : {&before_.ring, &after_.ring}) {
        for (const auto& [channel, member] : ring->pins()) names.insert(channel);
    }
    for (const std::string_view name : names) {
        const Channel* channel = channels.find(name);
        if (channel == nullptr) continue;
        if (ends_of(channel->arc).move()) --count;
        if (ends_of(*channel).move()) ++count;
    }
    return count;
}

}  // namespace ringcast::router
