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

/// What a rate allows is done in slices, at least so often, and of no more channels than take half
/// a millisecond: messages wait meanwhile. How many one command takes is the links' affair.
constexpr unsigned slices_per_second = 10;
constexpr std::size_t slice_max = 128;
constexpr std::size_t switch_slice_max = 256;

/// After a commit every old owner is fenced and has said so, or says so with its next probe. One
/// that has not been heard for so long is not heard at all. A connection that delivers nothing is
/// found out and broken before that, so that those beside it need not tell of a gap.
constexpr std::chrono::milliseconds last_words_wait_min{3'000};

std::chrono::milliseconds last_words_wait(const NodeOptions& node) {
    return std::max(last_words_wait_min, node.probe_timeout + 2 * node.probe_interval);
}

/// Without a rate: new subscriptions asked for and not confirmed, beyond which no more are asked
/// for. Some commands for each node, so that none waits for the next.
constexpr std::size_t unprepared_max = 4'096;

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

}  // namespace

template <typename Visit>
void Subscribing::for_each_moving(Visit visit) const {
    MovingWalk walk;
    while (walk.step(*movers_, channels_, visit)) {
    }
}

void Subscribing::prepare(const Destinations& next, std::uint32_t rate, Clock::time_point now) {
    assert(destinations_ && settled());
    next_ = next;
    movers_.emplace(*destinations_, next);
    acknowledged_ = committed_ = last_words_over_ = false;
    fenced_.clear();
    early_.clear();
    to_find_ = MovingWalk();
    all_found_ = false;
    rate_ = rate;
    paced_at_ = now;
    progress_ = {};
    progress_.moving = movers_->count(channels_);  // new channels come on top
    if (rate_ == 0) {
        prepare_some(slice());
    } else {
        (void)find_more_to_prepare();
    }
}

bool Subscribing::is_fenced(LinkId link) const {
    return next_ && std::ranges::find(fenced_, link) != fenced_.end();
}

bool Subscribing::is_yet_to_move(const Channel& channel) const {
    if (!next_ || channel.moving || channel.next != no_link) return false;
    const auto ends = movers_->ends_of(channel);
    return ends.move() && channel.home == ends.from;
}

/// False when there are no more.
bool Subscribing::find_more_to_prepare() {
    while (to_prepare_.empty() && !all_found_) {
        all_found_ = !to_find_.step(*movers_, channels_, [this](const Channel& channel) {
            if (is_yet_to_move(channel)) to_prepare_.push_back(channel.name);
        });
    }
    return !to_prepare_.empty();
}

void Subscribing::prepare_some(std::size_t count) {
    while (find_more_to_prepare() && count > 0) {
        Channel* channel = channels_.find(*to_prepare_.front());
        to_prepare_.pop_front();
        if (channel == nullptr || !is_yet_to_move(*channel)) continue;
        begin_move(*channel, Pace::in_bulk);
        --count;
    }
    if (all_found_ && to_prepare_.empty()) actions_.end_bulk();
}

void Subscribing::begin_move(Channel& channel, Pace pace) {
    assert(channel.next == no_link && channel.former == no_link);
    channel.next = movers_->ends_of(channel).to;
    channel.moving = true;
    ++moving_;
    if (channel.next_first) {
        ++progress_.moving;
    } else {
        ++unprepared_;
    }
    stand_on(channel.next, channel, pace);
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
        channel.home = movers_->ends_of(channel).from;
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
    if (!channel.early) {
        channel.early = std::make_unique<std::vector<std::string>>();
        early_.push_back(channel.name);
    }
    progress_.early_bytes += payload.size();
    channel.early->emplace_back(payload);
}

void Subscribing::drop_early(Channel& channel) {
    if (!channel.early) return;
    for (const std::string& one : *channel.early) progress_.early_bytes -= one.size();
    channel.early.reset();
}

void Subscribing::fenced(LinkId link) {
    if (!next_ || is_fenced(link)) return;
    fenced_.push_back(link);
    to_switch_.emplace_back(link);
    for (const SharedText& name : early_) {
        if (Channel* channel = channels_.find(*name)) catch_up(*channel);
    }
    switch_some(std::min(switch_slice_max, options_.subscribe_batch_max));
}

/// What the fence of its former owner, or the loss of that after the commit, or that it says
/// nothing any more, means for a channel. Whoever comes to it first does it: the walk through all
/// that move, or an event.
void Subscribing::catch_up(Channel& channel) {
    if (to_switch_.empty()) return;
    const auto ends = movers_->ends_of(channel);
    if (!ends.move()) return;
    const bool over = is_fenced(ends.from);
    if (over && is_yet_to_move(channel)) begin_move(channel, Pace::in_bulk);
    if (!channel.moving) return;
    if (!over && last_words_over_) channel.missed = true;
    const bool lost = committed_ && channel.state != State::live;
    if (over || lost || last_words_over_) switch_over(channel);
}

void Subscribing::switch_some(std::size_t count) {
    if (to_switch_.empty()) return;
    while (count > 0 && !to_switch_.empty()) {
        std::size_t seen = 0;
        MovingWalk walk = to_switch_.front();
        const bool more = walk.step(*movers_, channels_, [&](Channel& channel) {
            ++seen;
            catch_up(channel);
        });
        // Old owners in turns: they will be left in the same order.
        to_switch_.pop_front();
        if (more) to_switch_.push_back(walk);
        count -= std::min(count, seen);
    }
    if (to_switch_.empty()) actions_.end_bulk();
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
    last_words_due_ = now + last_words_wait(options_.node);
    prepare_some(all);                                  // late: what it missed is told
    if (moving_ > 0 && !movers_->all_leave(fenced_)) {  // those that are lost wait for nothing
        to_switch_.emplace_back();
        switch_some(std::min(switch_slice_max, options_.subscribe_batch_max));
    }
    paced_at_ = now;
    if (rate_ == 0) leave_some(slice());
}

void Subscribing::leave_former(Channel& channel) {
    if (channel.former == no_link) return;
    stand_off(std::exchange(channel.former, no_link), channel, Pace::in_bulk);
    ++progress_.left;
}

void Subscribing::leave_some(std::size_t count) {
    for (; count > 0 && !to_leave_.empty(); to_leave_.pop_front()) {
        Channel* channel = channels_.find(*to_leave_.front());
        if (channel == nullptr || channel->former == no_link) continue;
        leave_former(*channel);
        --count;
    }
    if (!to_leave_.empty() || !to_switch_.empty()) return;
    actions_.end_bulk();
    if (committed_ && moving_ == 0) {
        next_.reset();
        movers_.reset();
        committed_ = false;
    }
}

void Subscribing::abort() {
    assert(next_ && !committed_ && fenced_.empty());
    to_prepare_.clear();
    for_each_moving([this](Channel& channel) {
        if (!channel.moving) return;
        stand_off(channel.next, channel, Pace::in_bulk);
        end_move(channel);
        if (channel.home != no_link) return;
        channel.home = movers_->ends_of(channel).from;
        stand_on(channel.home, channel);
    });
    actions_.end_bulk();
    next_.reset();
    movers_.reset();
    tell_untold();
}

void Subscribing::finish_handoff(Clock::time_point now) {
    if (!next_) return;
    if (!committed_ && fenced_.empty()) return abort();
    if (!committed_) commit(now);
    if (awaits_last_words()) give_up_last_words();
    switch_some(all);
    leave_some(all);
}

std::size_t Subscribing::slice() const {
    const std::size_t most = std::min(slice_max, options_.subscribe_batch_max);
    if (rate_ == 0) return most;
    return std::clamp<std::size_t>(rate_ / slices_per_second, 1, most);
}

Clock::time_point Subscribing::next_pace() const {
    if (rate_ == 0) return paced_at_;
    return paced_at_ + std::chrono::microseconds(slice() * 1'000'000 / rate_ + 1);
}

bool Subscribing::has_work_to_pace() const {
    if (!next_) return false;
    if (committed_) return !to_leave_.empty() || moving_ == 0;
    // Without a rate, as fast as the nodes confirm.
    const bool keeps_up = rate_ != 0 || unprepared_ < unprepared_max;
    return keeps_up && (!all_found_ || !to_prepare_.empty());
}

/// Those that move still will not hear their former owners any more.
void Subscribing::give_up_last_words() {
    last_words_over_ = true;
    to_switch_.emplace_back();
}

/// What time brings to a handoff: its share of the rate, and the end of waiting for last words.
void Subscribing::pace(Clock::time_point now) {
    if (!next_) return;
    if (awaits_last_words() && now >= last_words_due_) give_up_last_words();
    if (!to_switch_.empty() && switched_at_ + switch_every <= now) {
        switched_at_ = now;
        switch_some(std::min(switch_slice_max, options_.subscribe_batch_max));
    }
    if (!has_work_to_pace()) return;
    const auto made_up = std::max<Clock::duration>(paced_at_once_max, next_pace() - paced_at_);
    paced_at_ = std::max(paced_at_, now - made_up);
    if (next_pace() > now) return;
    paced_at_ = rate_ == 0 ? now : next_pace();
    if (committed_) {
        leave_some(slice());
    } else {
        prepare_some(slice());
    }
}

Subscribing::Progress Subscribing::progress() const noexcept {
    return progress_;
}

}  // namespace ringcast::router
