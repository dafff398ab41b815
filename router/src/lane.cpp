#include "lane.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::router {

void Lane::want(SharedText channel) {
    const std::string_view key = *channel;
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        entries_.emplace(key, Entry{channel, State::queued, true});
        to_ask_.push_back(std::move(channel));
        return;
    }
    // Whoever dropped it has forgotten it: one that is being left is left first and asked for
    // again, so that each `want` has its confirmation.
    found->second.wanted = true;
}

void Lane::drop(std::string_view channel) {
    const auto found = entries_.find(channel);
    if (found == entries_.end()) return;
    Entry& entry = found->second;
    entry.wanted = false;
    if (entry.state == State::queued) {
        entries_.erase(found);
    } else if (entry.state == State::subscribed) {
        entry.state = State::unwanted;
        to_leave_.push_back(entry.name);
    }
}

std::vector<SharedText> Lane::take(std::deque<SharedText>& queue, State from, State to) {
    // A command that would not be full waits for answers, if any are due: fewer commands.
    if (awaited_ > 0 && window_ - awaited_ < std::min(batch_max_, queue.size())) return {};
    std::vector<SharedText> batch;
    while (!queue.empty() && batch.size() < batch_max_ && awaited_ < window_) {
        const SharedText name = std::move(queue.front());
        queue.pop_front();
        const auto found = entries_.find(std::string_view(*name));
        if (found == entries_.end() || found->second.state != from) continue;
        found->second.state = to;
        batch.push_back(found->second.name);
        ++awaited_;
    }
    return batch;
}

Lane::Command Lane::next_command() {
    if (auto batch = take(to_leave_, State::unwanted, State::leaving); !batch.empty()) {
        return {Command::Verb::unsubscribe, std::move(batch)};
    }
    if (auto batch = take(to_ask_, State::queued, State::asking); !batch.empty()) {
        return {Command::Verb::subscribe, std::move(batch)};
    }
    return {};
}

bool Lane::confirmed(std::string_view channel) {
    const auto found = entries_.find(channel);
    if (found == entries_.end() || found->second.state != State::asking) return false;
    Entry& entry = found->second;
    --awaited_;
    if (entry.wanted) {
        entry.state = State::subscribed;
        return true;
    }
    entry.state = State::unwanted;
    to_leave_.push_back(entry.name);
    return false;
}

bool Lane::left(std::string_view channel) {
    const auto found = entries_.find(channel);
    if (found == entries_.end() || found->second.state != State::leaving) return false;
    Entry& entry = found->second;
    --awaited_;
    if (!entry.wanted) {
        entries_.erase(found);
        return true;
    }
    entry.state = State::queued;
    to_ask_.push_back(entry.name);
    return false;
}

std::vector<SharedText> Lane::broken() {
    awaited_ = 0;
    to_ask_.clear();
    to_leave_.clear();
    std::vector<SharedText> lost;
    for (auto at = entries_.begin(); at != entries_.end();) {
        Entry& entry = at->second;
        if (entry.state != State::queued && entry.state != State::asking)
            lost.push_back(entry.name);
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
