#include "channel_table.hpp"

#include <cassert>

namespace ringcast::router {

Channel& ChannelTable::insert(SharedText name, ring::Arc arc) {
    const ChannelKey key(*name);
    const auto [at, fresh] = by_name_.emplace(key, std::make_unique<Channel>());
    assert(fresh);
    Channel& channel = *at->second;
    channel.name = std::move(name);
    channel.arc = arc;
    channel.next_in_arc = std::exchange(arcs_[arc], &channel);
    if (channel.next_in_arc != nullptr) channel.next_in_arc->previous_in_arc = &channel;
    ++counts_[arc];
    return channel;
}

void ChannelTable::erase(Channel& channel) {
    --counts_[channel.arc];
    if (channel.next_in_arc != nullptr) {
        channel.next_in_arc->previous_in_arc = channel.previous_in_arc;
    }
    if (channel.previous_in_arc != nullptr) {
        channel.previous_in_arc->next_in_arc = channel.next_in_arc;
    } else {
        arcs_[channel.arc] = channel.next_in_arc;
    }
    const SharedText name = channel.name;  // the key must outlive its erasure
    by_name_.erase(ChannelKey(*name));
}

}  // namespace ringcast::router
