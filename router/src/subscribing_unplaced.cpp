#include "subscribing.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::router {

// A gateway that was not waited for hears a fence by a view that it has not read. From then on a
// channel of that link may have left, and may be back: what its node says is the next word, or one
// after others that went past. Only the view tells, and it is asked for; until it is here, what is
// said on such a connection is kept.

void Subscribing::keep_unplaced(LinkId link, const Channel& channel, std::string_view payload,
                                ViewNumber after) {
    unplaced_.push_back({link, channel.name, std::string(payload), after});
    unplaced_bytes_ += payload.size();
    if (unplaced_bytes_ > options_.early_bytes_max) give_up_unplaced();
}

/// On one connection `after` only grows: nothing that stays here is overtaken.
void Subscribing::recall() {
    if (unplaced_.empty()) return;
    for (Unplaced& one : std::exchange(unplaced_, {})) {
        if (one.after > latest()) {
            unplaced_.push_back(std::move(one));
            continue;
        }
        unplaced_bytes_ -= one.payload.size();
        if (Channel* channel = channels_.find(*one.channel)) {
            take(one.link, *channel, one.payload, one.after);
        }
    }
}

/// No view, or no room: it is gone, and its listeners are told. What follows is taken as it comes,
/// on each channel behind a gap.
void Subscribing::give_up_unplaced() {
    for (const Unplaced& one : std::exchange(unplaced_, {})) {
        unknown_for_good_ = std::max(unknown_for_good_, one.after);
        untold_.emplace(*one.channel);
        told_.insert_or_assign(*one.channel, one.after);
    }
    unplaced_bytes_ = 0;
    tell_untold();
}

/// Who does not deliver tells it when it does.
void Subscribing::tell_untold() {
    for (const std::string& name : std::exchange(untold_, {})) {
        const Channel* channel = channels_.find(name);
        if (channel != nullptr && channel->delivering()) tell_gap(*channel);
    }
}

/// The first word behind that fence: the channel may have lived elsewhere before it.
void Subscribing::tell_once(const Channel& channel, ViewNumber after) {
    ViewNumber& told = told_[*channel.name];
    if (told < after) tell_gap(channel);
    told = std::max(told, after);
}

void Subscribing::forget_unplaced(std::string_view name, LinkId link) {
    if (unplaced_.empty()) return;
    std::erase_if(unplaced_, [&](const Unplaced& one) {
        if (*one.channel != name || (link != no_link && one.link != link)) return false;
        unplaced_bytes_ -= one.payload.size();
        return true;
    });
}

}  // namespace ringcast::router
