#pragma once

#include "channel.hpp"
#include "channel_key.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::router {

/// The channels of this gateway: found by name with one hash, and listed by arc, so that a change
/// of the ring names those that move without a scan.
class ChannelTable {
public:
    ChannelTable() : arcs_(ring::arc_count, nullptr), counts_(ring::arc_count, 0) {}

    /// Null when there is none. Stays where it is until it is erased.
    [[nodiscard]] Channel* find(std::string_view name) const {
        const auto found = by_name_.find(ChannelKey(name));
        return found == by_name_.end() ? nullptr : found->second.get();
    }

    /// Requires: there is none of that name.
    Channel& insert(SharedText name, ring::Arc arc);
    void erase(Channel& channel);

    [[nodiscard]] std::size_t size() const noexcept { return by_name_.size(); }
    [[nodiscard]] std::size_t count_in(ring::Arc arc) const noexcept { return counts_[arc]; }

    /// `visit(Channel&)` may not insert or erase.
    template <typename Visit>
    void for_each_in(ring::Arc arc, Visit visit) const {
        for (Channel* at = arcs_[arc]; at != nullptr; at = at->next_in_arc) visit(*at);
    }
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const auto& [name, channel] : by_name_) visit(*channel);
    }

private:
    // The key is the text of the channel's own name.
    boost::unordered_flat_map<ChannelKey, std::unique_ptr<Channel>, ChannelKey::Hash> by_name_;
    std::vector<Channel*> arcs_;
    std::vector<std::uint32_t> counts_;  // by arc
};

}  // namespace ringcast::router
