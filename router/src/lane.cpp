#include "lane.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::router {

void Lane::want(SharedText channel, Pace pace) {
    (pace == Pace::soon ? in_haste_ : bulk_ended_) = pace == Pace::soon;
    const ChannelKey key(*channel);
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        entries_.emplace(key, Entry{channel, State::queued, true});
        to_ask_.push_back(std::move(channel));
        return;
    }
    // Whoever dropped it has forgotten it, and heard others since: it is left first and asked for
    // again, so that each `want` has its confirmation, and nothing older comes behind that.
    found->second.wanted = true;
}

bool Lane::drop(const ChannelKey& channel, Pace pace) {
    const auto found = entries_.find(channel);
    if (found == entries_.end()) return false;
    (pace == Pace::soon ? in_haste_ : bulk_ended_) = pace == Pace::soon;
    Entry& entry = found->second;
    entry.wanted = false;
    if (entry.state == State::queued) {
        entries_.erase(found);
    } else if (entry.state == State::asking) {
        entry.state = State::dropped;
    } else if (entry.state == State::subscribed) {
        entry.state = State::unwanted;
        to_leave_.push_back(entry.name);
    }
    return true;
}

std::vector<SharedText> Lane::take(std::deque<SharedText>& queue, std::size_t batch_max,
                                   std::size_t bulk, State from, State to) {
    if (in_haste_) batch_max = batch_max_;
    const std::size_t wished = std::min(batch_max, queue.size());
    // A command that would not be full waits for answers, if any are due: fewer commands.
    if (awaited_ > 0 && window_ - awaited_ < wished) return {};
    if (!in_haste_) {
        const bool first = from == State::unwanted && !leaving_begun_;
        const std::size_t full = first ? std::min(leave_first_, batch_max) : batch_max;
        if (bulk < wished || (wished < full && !bulk_ended_)) return {};
    }
    std::vector<SharedText> batch;
    while (!queue.empty() && batch.size() < batch_max && awaited_ < window_) {
        const SharedText name = std::move(queue.front());
        queue.pop_front();
        const auto found = entries_.find(ChannelKey(*name));
        if (found == entries_.end() || found->second.state != from) continue;
        found->second.state = to;
        batch.push_back(found->second.name);
        ++awaited_;
    }
    if (!batch.empty() && from == State::unwanted) leaving_begun_ = true;
    return batch;
}

Lane::Command Lane::next_command(std::size_t bulk) {
    // Of commands that leave at most two are under way.
    const std::size_t others = batch_max_ - std::min(batch_max_, 2 * leave_batch());
    const std::size_t to_leave = bulk - std::min(bulk, others);
    if (auto batch = take(to_leave_, leave_batch(), to_leave, State::unwanted, State::leaving);
        !batch.empty()) {
        return {Command::Verb::unsubscribe, std::move(batch)};
    }
    if (auto batch = take(to_ask_, batch_max_, bulk, State::queued, State::asking);
        !batch.empty()) {
        return {Command::Verb::subscribe, std::move(batch)};
    }
    if (to_leave_.empty() && to_ask_.empty()) {
        in_haste_ = false;
        if (bulk_ended_) leaving_begun_ = false;
    }
    return {};
}

bool Lane::confirmed(std::string_view channel) {
    const auto found = entries_.find(ChannelKey(channel));
    if (found == entries_.end()) return false;
    Entry& entry = found->second;
    if (entry.state != State::asking && entry.state != State::dropped) return false;
    --awaited_;
    if (entry.state == State::asking) {
        entry.state = State::subscribed;
        return true;
    }
    entry.state = State::unwanted;
    to_leave_.push_back(entry.name);
    in_haste_ = true;
    return false;
}

bool Lane::left(std::string_view channel) {
    const auto found = entries_.find(ChannelKey(channel));
    if (found == entries_.end() || found->second.state != State::leaving) return false;
    Entry& entry = found->second;
    --awaited_;
    if (!entry.wanted) {
        entries_.erase(found);
        return true;
    }
    entry.state = State::queued;
    to_ask_.push_back(entry.name);
    in_haste_ = true;
    return false;
}

std::vector<SharedText> Lane::broken() {
    awaited_ = 0;
    in_haste_ = true;
    to_ask_.clear();
    to_leave_.clear();
    std::vector<SharedText> lost;
    for (auto at = entries_.begin(); at != entries_.end();) {
        Entry& entry = at->second;
        if (entry.state != State::queued && entry.state != State::asking &&
            entry.state != State::dropped) {
            lost.push_back(entry.name);
        }
        if (entry.wanted) {
            entry.state = State::queued;
            to_ask_.push_back(entry.name);
            ++at;
        } else {
            entries_.erase(at++);
        }
    }
    return lost;
}

}  // namespace ringcast::router
