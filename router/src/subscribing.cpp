#include "subscribing.hpp"

#include "node_keys.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <set>
#include <utility>

namespace ringcast::router {

using State = Channel::State;

namespace {

/// A home that has not said its last word after so long is frozen, or gone unnoticed.
constexpr std::chrono::milliseconds leaving_max{500};

}  // namespace

void Subscribing::subscribe(ListenerId listener, std::string name, Router::Handler confirmed,
                            Clock::time_point now) {
    if (!destinations_) {
        actions_.subscribed(listener, std::make_shared<const std::string>(std::move(name)),
                            std::move(confirmed), Errc::no_view);
        return;
    }
    Channel* channel = channels_.find(name);
    if (channel == nullptr) {
        const ring::Arc arc = destinations_->ring.arc(name);
        channel = &channels_.insert(std::make_shared<const std::string>(std::move(name)), arc);
        ++pending_;
        const LinkId owner = destinations_->link_of(*channel->name);
        const LinkId next = next_ ? next_->link_of(*channel->name) : owner;
        if (next == owner || is_fenced(owner)) {
            channel->home = next;
            stand_on(next, *channel);
        } else {
            channel->next_first = true;
            begin_move(*channel, Pace::soon);
        }
    } else {
        catch_up(*channel);
    }
    assert((channel->listeners & bit_of(listener)) == 0);
    channel->idle_since = Clock::time_point::max();
    if (channel->delivering()) {
        channel->listeners |= bit_of(listener);
        actions_.subscribed(listener, channel->name, std::move(confirmed), {});
        return;
    }
    const auto deadline = now + options_.hold_time_max;
    channel->waiting.push_back({listener, std::move(confirmed), deadline});
    waiting_.push_back({deadline, channel->name, listener});
}

void Subscribing::unsubscribe(ListenerId listener, std::string_view name, Clock::time_point now) {
    Channel* channel = channels_.find(name);
    if (channel == nullptr) return;
    channel->listeners &= ~bit_of(listener);
    std::erase_if(channel->waiting, [&](const Waiting& one) { return one.listener == listener; });
    if (!channel->wanted()) idle(*channel, now);
}

void Subscribing::idle(Channel& channel, Clock::time_point now) {
    if (channel.idle_since != Clock::time_point::max()) return;
    if (options_.linger == Clock::duration::zero()) return drop(channel);
    channel.idle_since = now;
    lingering_.push_back({now + options_.linger, channel.name, {}});
}

void Subscribing::drop(Channel& channel) {
    forget_unplaced(*channel.name);
    untold_.erase(*channel.name);
    told_.erase(*channel.name);
    if (is_yet_to_move(channel)) --progress_.moving;
    for (const LinkId link : {channel.home, channel.next, channel.former}) {
        if (link != no_link) stand_off(link, channel);
    }
    if (channel.moving) {
        --progress_.moving;
        if (channel.next_live) --progress_.prepared;
        end_move(channel);
    }
    set_next(channel, no_link);
    if (!channel.delivering()) --pending_;
    channels_.erase(channel);
}

void Subscribing::become(Channel& channel, State state) {
    const bool before = channel.delivering();
    channel.state = state;
    if (before && !channel.delivering()) ++pending_;
    if (!before && channel.delivering()) --pending_;
}

void Subscribing::stand_on(LinkId link, Channel& channel, Pace pace) {
    if (on_link_.size() <= index_of(link)) on_link_.resize(index_of(link) + 1);
    ++on_link_[index_of(link)];
    actions_.subscribe(link, channel.name, pace);
}

void Subscribing::stand_off(LinkId link, Channel& channel, Pace pace) {
    assert(channels_on(link) > 0);
    --on_link_[index_of(link)];
    actions_.unsubscribe(link, channel.name, pace);
}

/// It delivers from here on: those who listened hear of what they may have missed first, those who
/// waited have missed nothing.
void Subscribing::go_live(Channel& channel, bool gap) {
    become(channel, State::live);
    if (gap) tell_gap(channel);
    for (Waiting& one : channel.waiting) {
        channel.listeners |= bit_of(one.listener);
        actions_.subscribed(one.listener, channel.name, std::move(one.confirmed), {});
    }
    channel.waiting.clear();
}

void Subscribing::tell_gap(const Channel& channel) {
    if (channel.listeners == 0) return;
    gaps_ += static_cast<std::uint64_t>(std::popcount(channel.listeners));
    actions_.gap(channel.listeners, channel.name);
}

/// By a view that was not prepared.
void Subscribing::set_next(Channel& channel, LinkId link) {
    if (channel.next != no_link) --changing_;
    if (link != no_link) ++changing_;
    channel.next = link;
}

/// The old home has had its last word, or lost it.
void Subscribing::switch_home(Channel& channel) {
    assert(channel.next != no_link && !channel.moving);
    if (channel.state != State::leaving) {
        stand_off(channel.home, channel);
    } else {
        --on_link_[index_of(channel.home)];  // UNSUBSCRIBE was sent when it began to leave
    }
    channel.home = channel.next;
    set_next(channel, no_link);
    if (std::exchange(channel.next_live, false)) {
        go_live(channel, true);
    } else {
        become(channel, State::lost);
    }
}

void Subscribing::adopt(const Destinations& destinations, bool skipped) {
    assert(!next_);
    std::optional<Destinations> before = std::exchange(destinations_, destinations);
    if (!before || channels_.size() == 0) return;
    if (changing_ == 0) left_after_ = before->view;
    assert(before->ring.seed() == destinations.ring.seed());

    // Where a channel never got away from, or by a view that was skipped lived elsewhere for a
    // while, others may have published what went past it.
    const auto follow = [&](Channel& channel) {
        const bool was_moving = channel.next != no_link;
        retarget(channel, destinations.link_of(*channel.name));
        const bool stays = channel.state == State::live && channel.next == no_link;
        if (was_moving && stays && !skipped) tell_gap(channel);
    };
    const MovingChannels moved(*before, destinations);
    MovingWalk walk;
    while (walk.step(moved, channels_, follow)) {
    }
    untold_.clear();  // each has been told, or is when it arrives
    told_.clear();

    if (!skipped) return;
    // What is kept may lie before what was missed or after it: it goes with that. A channel on its
    // way is told when it arrives, and now if its home goes on speaking behind what is dropped
    // here.
    std::set<std::string_view> behind;
    const auto dropped = std::exchange(unplaced_, {});
    for (const Unplaced& one : dropped) behind.insert(*one.channel);
    unplaced_bytes_ = 0;
    channels_.for_each([&](const Channel& channel) {
        if (channel.state != State::live) return;
        if (channel.next == no_link || behind.contains(*channel.name)) tell_gap(channel);
    });
}

/// Requires: none of the channel's listeners has been told anything of `target` yet.
void Subscribing::retarget(Channel& channel, LinkId target) {
    if (target == (channel.next != no_link ? channel.next : channel.home)) return;
    if (channel.state == State::leaving) switch_home(channel);  // too late to stay
    if (channel.next != no_link) {
        stand_off(channel.next, channel);
        set_next(channel, no_link);
        channel.next_live = false;
    }
    if (target == channel.home) return;
    if (channel.state == State::asked) {
        stand_off(std::exchange(channel.home, target), channel);
    } else {
        set_next(channel, target);
    }
    stand_on(target, channel);
}

void Subscribing::subscribed(LinkId link, std::string_view name, Clock::time_point now) {
    Channel* channel = channels_.find(name);
    if (channel == nullptr) return;
    catch_up(*channel);
    if (link == channel->home) {
        if (!channel->delivering()) go_live(*channel, channel->state == State::lost);
    } else if (link == channel->next && channel->moving) {
        next_confirmed(*channel);
    } else if (link == channel->next) {
        channel->next_live = true;
        if (channel->state == State::live) {
            become(*channel, State::leaving);
            actions_.unsubscribe(channel->home, channel->name, Pace::soon);
            leaving_.push_back({now + leaving_max, channel->name, {}});
        } else if (channel->state != State::leaving) {
            switch_home(*channel);
        }
    }
}

void Subscribing::left(LinkId link, std::string_view name) {
    if (changing_ == 0) return;  // nobody waits for it
    Channel* channel = channels_.find(name);
    if (channel == nullptr || link != channel->home || channel->state != State::leaving) return;
    switch_home(*channel);
}

void Subscribing::lost(LinkId link, std::string_view name) {
    Channel* channel = channels_.find(name);
    if (channel == nullptr) return;
    forget_unplaced(name, link);
    catch_up(*channel);
    if (link == channel->next && channel->moving) {
        next_lost(*channel);
    } else if (link == channel->next) {
        channel->next_live = false;
    } else if (link == channel->home) {
        if (channel->state == State::live) become(*channel, State::lost);
        if (channel->state == State::leaving) switch_home(*channel);
        if (channel->moving && committed_) switch_over(*channel);
    }
}

void Subscribing::message(LinkId link, std::string_view name, std::string_view payload,
                          ViewNumber after) {
    Channel* channel = channels_.find(name);
    if (channel == nullptr || !payload.starts_with(node_keys::publication_kind)) {
        ++ignored_;
        return;
    }
    payload.remove_prefix(1);
    if (channel->moving) catch_up(*channel);
    if (after > latest() && after > unknown_for_good_ &&
        (link == channel->home || link == channel->next)) {
        return keep_unplaced(link, *channel, payload, after);
    }
    take(link, *channel, payload, after);
}

void Subscribing::take(LinkId link, Channel& channel, std::string_view payload, ViewNumber after) {
    if (channel.moving) catch_up(channel);
    // What comes from there before its confirmation is left of a former subscription.
    if (channel.moving && link == channel.next && channel.next_live) {
        channel.missed = channel.missed || after > latest();
        return keep_early(channel, payload);
    }
    if (link != channel.home || !channel.delivering()) {
        ++ignored_;
        return;
    }
    if (has_left(channel, link, after)) {
        ++ignored_;
        if (after > latest()) untold_.emplace(*channel.name);
        return;
    }
    if (after > latest()) tell_once(channel, after);
    ++messages_;
    if (channel.listeners != 0) actions_.deliver(channel.listeners, channel.name, payload);
}

/// Home has had its last word on that connection, if not yet on all: should the channel be back
/// there, that is by a later view, which tells what was missed between.
bool Subscribing::has_left(const Channel& channel, LinkId link, ViewNumber after) const {
    if (next_) return after >= next_->view && movers_->ends_of(channel).to != link;
    return channel.next != no_link && after > left_after_;
}

void Subscribing::tick(Clock::time_point now) {
    const auto each_due = [&](Deadlines& queue, auto act) {
        while (!queue.empty() && queue.front().at <= now) {
            const Deadline due = std::move(queue.front());
            queue.pop_front();
            if (Channel* channel = channels_.find(*due.channel)) act(due, *channel);
        }
    };
    each_due(leaving_, [&](const Deadline&, Channel& channel) {
        if (channel.state == State::leaving) switch_home(channel);
    });
    each_due(waiting_, [&](const Deadline& due, Channel& channel) {
        give_up_waiting(due, channel);
        if (!channel.wanted()) idle(channel, now);
    });
    each_due(lingering_, [&](const Deadline& due, Channel& channel) {
        if (channel.idle_since == due.at - options_.linger) drop(channel);
    });
    pace(now);
}

void Subscribing::give_up_waiting(const Deadline& due, Channel& channel) {
    const auto found = std::ranges::find_if(channel.waiting, [&](const Waiting& one) {
        return one.listener == due.listener && one.deadline == due.at;
    });
    if (found == channel.waiting.end()) return;
    actions_.subscribed(due.listener, channel.name, std::move(found->confirmed), Errc::unreachable);
    channel.waiting.erase(found);
}

std::optional<Clock::time_point> Subscribing::next_deadline() const {
    std::optional<Clock::time_point> next;
    for (const Deadlines* queue : {&lingering_, &waiting_, &leaving_}) {
        if (!queue->empty() && (!next || queue->front().at < *next)) next = queue->front().at;
    }
    const auto consider = [&next](Clock::time_point at) {
        if (!next || at < *next) next = at;
    };
    if (has_work_to_pace()) consider(next_pace());
    if (!to_switch_.empty()) consider(switched_at_ + switch_every);
    if (awaits_last_words()) consider(last_words_due_);
    return next;
}

void Subscribing::stop() {
    channels_.for_each([this](Channel& channel) {
        for (Waiting& one : channel.waiting) {
            actions_.subscribed(one.listener, channel.name, std::move(one.confirmed),
                                Errc::stopped);
        }
        channel.waiting.clear();
    });
    waiting_.clear();
    lingering_.clear();
}

}  // namespace ringcast::router
