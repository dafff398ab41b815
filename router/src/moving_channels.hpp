#pragma once

#include "channel_table.hpp"
#include "destinations.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::router {

/// Which channels two views place differently: whole arcs, and channels by name where either view
/// has pins. A value, made once for a handoff; the channels themselves stay in their table.
class MovingChannels {
public:
    /// Requires: both views cut the circle by the same seed.
    MovingChannels(const Destinations& before, const Destinations& after);

    /// Where it lives before and after; equal for one that stays.
    struct Ends {
        LinkId from = no_link;
        LinkId to = no_link;
        [[nodiscard]] bool move() const noexcept { return from != to; }
    };
    [[nodiscard]] Ends ends_of(const Channel& channel) const;

    /// Whether nothing leaves any other link than these; may say no where there are pins.
    [[nodiscard]] bool all_leave(const std::vector<LinkId>& links) const;

    /// How many of the table's channels move.
    [[nodiscard]] std::size_t count(const ChannelTable& channels) const;

private:
    friend class MovingWalk;
    struct Stretch {
        ring::Arc first = 0;
        std::size_t length = 0;
        Ends ends;
    };
    [[nodiscard]] Ends ends_of(ring::Arc arc) const noexcept;
    void deal();

    Destinations before_;
    Destinations after_;
    bool pins_ = false;                ///< either view has some: then names decide
    std::vector<Stretch> stretches_;   ///< in the order of the way, members in turns
    std::vector<std::string> pinned_;  ///< channels that move though their arcs do not
};

/// A way through the channels that move, which can be gone a bit at a time: what is there of a
/// million must not be looked at in one turn of the loop. Channels may come and go meanwhile; one
/// that comes on an arc which was passed already is not met.
class MovingWalk {
public:
    /// Those that leave `from`; `no_link`: all.
    explicit MovingWalk(LinkId from = no_link) : from_(from) {}

    /// `visit(Channel&)` sees the moving channels of the next arc that has channels, or the next
    /// pinned one; it may not insert or erase. False at the end of the way: nothing was seen.
    template <typename Visit>
    bool step(const MovingChannels& moving, const ChannelTable& channels, Visit visit) {
        const auto look = [&](Channel& channel) {
            const auto ends = moving.ends_of(channel);
            if (ends.move() && (from_ == no_link || from_ == ends.from)) visit(channel);
        };
        for (; stretch_ < moving.stretches_.size(); ++stretch_, arc_ = 0) {
            const auto& stretch = moving.stretches_[stretch_];
            // Where there are pins, a channel may leave another member than its arc does.
            if (!moving.pins_ && from_ != no_link && from_ != stretch.ends.from) continue;
            while (arc_ < stretch.length) {
                const auto arc = static_cast<ring::Arc>(stretch.first + arc_++);
                if (channels.count_in(arc) == 0) continue;
                channels.for_each_in(arc, look);
                return true;
            }
        }
        while (pinned_ < moving.pinned_.size()) {
            Channel* channel = channels.find(moving.pinned_[pinned_++]);
            if (channel == nullptr) continue;
            look(*channel);
            return true;
        }
        return false;
    }

private:
    LinkId from_;
    std::size_t stretch_ = 0;
    std::size_t arc_ = 0;  ///< within the stretch
    std::size_t pinned_ = 0;
};

}  // namespace ringcast::router
