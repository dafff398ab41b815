#include "idempotency.hpp"

#include <utility>

namespace ringcast::gateway {

IdempotencyWindow::Seen IdempotencyWindow::begin(std::string_view channel, std::string_view key,
                                                 Time now) {
    const std::lock_guard lock(mutex_);
    forget_old(now);
    std::string name = name_of(channel, key);
    const auto [entry, first] = entries_.try_emplace(name, Entry{now, false});
    if (!first) return entry->second.done ? Seen::done : Seen::pending;
    order_.emplace_back(now, std::move(name));
    return Seen::first;
}

void IdempotencyWindow::done(std::string_view channel, std::string_view key) {
    const std::lock_guard lock(mutex_);
    if (const auto entry = entries_.find(name_of(channel, key)); entry != entries_.end()) {
        entry->second.done = true;
    }
}

void IdempotencyWindow::failed(std::string_view channel, std::string_view key) {
    const std::lock_guard lock(mutex_);
    entries_.erase(name_of(channel, key));
}

std::string IdempotencyWindow::name_of(std::string_view channel, std::string_view key) {
    std::string name(channel);
    name += '\0';  // no channel holds it
    return name += key;
}

void IdempotencyWindow::forget_old(Time now) {
    while (!order_.empty() &&
           (order_.front().first + window_ <= now || order_.size() >= entries_max_)) {
        const auto& [begun, name] = order_.front();
        // One that failed and was begun again has a later place in the order.
        const auto entry = entries_.find(name);
        if (entry != entries_.end() && entry->second.begun == begun) entries_.erase(entry);
        order_.pop_front();
    }
}

}  // namespace ringcast::gateway
