#include "subscribing.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace ringcast::router {

using State = Channel::State;

namespace {

/// A loop that came late makes up for no more than this.
constexpr std::chrono::milliseconds paced_at_once_max{100};

/// What a rate allows is done in slices: as many channels as one command takes, at least so often.
constexpr unsigned slices_per_second = 10;

/// After a commit every old owner is fenced and has said so, or says so with its next probe. One
/// that has not been heard for so long is not heard at all.
constexpr std::chrono::milliseconds last_words_wait{3'000};

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

}  // namespace

/// `visit(Channel&)` sees each channel that the views of the handoff place differently, and that
/// the earlier one places on `from` (`no_link`: on any).
template <typename Visit>
void Subscribing::for_each_moving(LinkId from, Visit visit) const {
    const auto look = [&](Channel& channel) {
        const LinkId former = before_->link_of(*channel.name);
        const bool moves = former != next_->link_of(*channel.name);
        if (moves && (from == no_link || from == former)) visit(channel);
    };
    if (whole_links_move_) return channels_.for_each(look);
    for (const ring::Run& run : moves_.runs) {
        if (from != no_link && before_->links[run.from] != from) continue;
        for (std::size_t i = 0; i < run.length; ++i) {
            channels_.for_each_in(static_cast<ring::Arc>(run.first + i), look);
        }
    }
    for (const ring::PinnedMove& move : moves_.pinned) {
        Channel* channel = channels_.find(move.channel);
        if (channel != nullptr) look(*channel);
    }
}

void Subscribing::prepare(const Destinations& next, std::uint32_t rate, Clock::time_point now) {
    assert(destinations_ && settled());
    before_ = destinations_;
    next_ = next;
    moves_ = ring::diff(before_->ring, next_->ring);
    whole_links_move_ = false;
    const auto& members = next_->ring.members();
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto old = before_->ring.find(members[i].id);
        if (old && before_->links[*old] != next_->links[i]) whole_links_move_ = true;
    }
    acknowledged_ = committed_ = false;
    fenced_.clear();
    rate_ = rate;
    paced_at_ = now;
    progress_ = {};
    for_each_moving(no_link,
                    [this](const Channel& channel) { to_prepare_.push_back(channel.name); });
    progress_.moving = to_prepare_.size();  // new channels come on top
    if (rate_ == 0) prepare_some(all);
}

bool Subscribing::is_fenced(LinkId link) const {
    return next_ && std::ranges::find(fenced_, link) != fenced_.end();
}

void Subscribing::prepare_some(std::size_t count) {
    for (; count > 0 && !to_prepare_.empty(); to_prepare_.pop_front()) {
        Channel* channel = channels_.find(*to_prepare_.front());
        const bool waits = channel != nullptr && !channel->moving && channel->next == no_link &&
                           channel->home == before_->link_of(*channel->name);
        if (!waits) {  // gone, or come anew since
            --progress_.moving;
            continue;
        }
        begin_move(*channel);
        --count;
    }
}

void Subscribing::begin_move(Channel& channel) {
    assert(channel.next == no_link && channel.former == no_link);
    channel.next = next_->link_of(*channel.name);
    channel.moving = true;
    ++moving_;
    if (channel.next_first) {
        ++progress_.moving;
    } else {
        ++unprepared_;
    }
    stand_on(channel.next, channel);
}

/// Whatever becomes of it, it moves no more: the counts follow.
void Subscribing::end_move(Channel& channel) {
    --moving_;
    if (!channel.next_live && !channel.next_first) --unprepared_;
    channel.moving = channel.next_first = channel.missed = false;
    channel.next_live = false;
    channel.next = no_link;
    drop_early(channel);
}

void Subscribing::next_confirmed(Channel& channel) {
    if (channel.next_live) return;
    channel.next_live = true;
    ++progress_.prepared;
    if (!channel.next_first) --unprepared_;
    if (channel.home == no_link) {
        channel.home = before_->link_of(*channel.name);
        stand_on(channel.home, channel);
    }
}

/// Before the acknowledgement it does not matter: nobody publishes there yet.
void Subscribing::next_lost(Channel& channel) {
    if (std::exchange(channel.next_live, false)) {
        --progress_.prepared;
        if (!channel.next_first) ++unprepared_;
    }
    channel.missed = channel.missed || acknowledged_ || channel.next_first;
    drop_early(channel);
}

void Subscribing::keep_early(Channel& channel, std::string_view payload) {
    if (progress_.early_bytes + payload.size() > options_.early_bytes_max) {
        drop_early(channel);
        channel.missed = true;
        return;
    }
    if (!channel.early) channel.early = std::make_unique<std::vector<std::string>>();
    progress_.early_bytes += payload.size();
    channel.early->emplace_back(payload);
}

void Subscribing::drop_early(Channel& channel) {
    if (!channel.early) return;
    for (const std::string& one : *channel.early) progress_.early_bytes -= one.size();
    channel.early.reset();
}

void Subscribing::acknowledged_too_late() {
    acknowledged_ = false;
    for_each_moving(no_link, [this](Channel& channel) {
        if (channel.moving) {
            channel.missed = true;
        } else if (channel.state == State::live && channel.home == next_->link_of(*channel.name)) {
            tell_gap(channel);
        }
    });
}

void Subscribing::fenced(LinkId link) {
    if (!next_ || is_fenced(link)) return;
    fenced_.push_back(link);
    for_each_moving(link, [&](Channel& channel) {
        if (!channel.moving && channel.home == link) begin_move(channel);
        if (channel.moving) switch_over(channel);
    });
}

/// Home has had its last word, or nobody will hear it.
void Subscribing::switch_over(Channel& channel) {
    const bool was_live = channel.state == State::live;
    const bool complete = acknowledged_ || channel.next_first;
    const bool gap = !was_live || channel.missed || !complete;
    const bool next_live = channel.next_live;
    const LinkId next = channel.next;
    const auto early = std::move(channel.early);
    if (early) {
        for (const std::string& one : *early) progress_.early_bytes -= one.size();
    }
    end_move(channel);

    channel.former = std::exchange(channel.home, next);
    if (channel.former != no_link) to_leave_.push_back(channel.name);
    ++progress_.switched;
    if (!next_live) {
        if (channel.state == State::live) become(channel, State::lost);
        return;
    }
    go_live(channel, gap);
    if (!early) return;
    messages_ += early->size();
    if (channel.listeners == 0) return;
    for (const std::string& one : *early) {
        actions_.deliver(channel.listeners, channel.name, one);
    }
}

void Subscribing::commit(Clock::time_point now) {
    assert(next_ && !committed_);
    committed_ = true;
    destinations_ = next_;
    last_words_due_ = now + last_words_wait;
    prepare_some(all);  // late: what it missed is told
    if (moving_ > 0) {
        for_each_moving(no_link, [this](Channel& channel) {
            if (channel.moving && channel.state != State::live) switch_over(channel);
        });
    }
    if (rate_ == 0) leave_some(all);
    paced_at_ = now;
}

void Subscribing::leave_former(Channel& channel) {
    if (channel.former == no_link) return;
    stand_off(std::exchange(channel.former, no_link), channel);
    ++progress_.left;
}

void Subscribing::leave_some(std::size_t count) {
    for (; count > 0 && !to_leave_.empty(); to_leave_.pop_front()) {
        Channel* channel = channels_.find(*to_leave_.front());
        if (channel == nullptr || channel->former == no_link) continue;
        leave_former(*channel);
        --count;
    }
    if (committed_ && moving_ == 0 && to_leave_.empty()) {
        before_.reset();
        next_.reset();
        committed_ = false;
    }
}

void Subscribing::abort() {
    assert(next_ && !committed_ && fenced_.empty());
    to_prepare_.clear();
    for_each_moving(no_link, [this](Channel& channel) {
        if (!channel.moving) return;
        stand_off(channel.next, channel);
        end_move(channel);
        if (channel.home != no_link) return;
        channel.home = before_->link_of(*channel.name);
        stand_on(channel.home, channel);
    });
    before_.reset();
    next_.reset();
}

void Subscribing::finish_handoff(Clock::time_point now) {
    if (!next_) return;
    if (!committed_ && fenced_.empty()) return abort();
    if (!committed_) commit(now);
    if (next_) last_words_due_ = now;
    pace(now);
    leave_some(all);
}

std::size_t Subscribing::slice() const {
    if (rate_ == 0) return all;
    return std::clamp<std::size_t>(rate_ / slices_per_second, 1, options_.subscribe_batch_max);
}

Clock::time_point Subscribing::next_pace() const {
    if (rate_ == 0) return paced_at_;
    return paced_at_ + std::chrono::microseconds(slice() * 1'000'000 / rate_ + 1);
}

bool Subscribing::has_work_to_pace() const {
    return next_ && (!to_prepare_.empty() || (committed_ && (!to_leave_.empty() || moving_ == 0)));
}

/// What time brings to a handoff: its share of the rate, and the end of waiting for last words.
void Subscribing::pace(Clock::time_point now) {
    if (!next_) return;
    if (committed_ && moving_ > 0 && now >= last_words_due_) {
        for_each_moving(no_link, [this](Channel& channel) {
            if (!channel.moving) return;
            channel.missed = true;
            switch_over(channel);
        });
    }
    if (!has_work_to_pace()) return;
    const auto made_up = std::max<Clock::duration>(paced_at_once_max, next_pace() - paced_at_);
    paced_at_ = std::max(paced_at_, now - made_up);
    while (next_pace() <= now && has_work_to_pace()) {
        paced_at_ = rate_ == 0 ? now : next_pace();
        if (committed_) {
            leave_some(slice());
        } else {
            prepare_some(slice());
        }
        if (rate_ == 0) return;
    }
}

Subscribing::Progress Subscribing::progress() const noexcept {
    return progress_;
}

}  // namespace ringcast::router
