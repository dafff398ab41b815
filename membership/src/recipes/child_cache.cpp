#include "child_cache.hpp"

#include "sequence.hpp"

#include <utility>
#include <vector>

namespace ringcast::membership {

ChildCache::ChildCache(Znodes& znodes, Scheduler& scheduler, std::string path, Depth depth,
                       std::function<void()> on_change)
    : Pursuit(znodes, scheduler),
      path_(std::move(path)),
      depth_(depth),
      on_change_(std::move(on_change)) {}

void ChildCache::session_changed(const Session& session) {
    if (session.state != SessionState::connected) return;
    list_dirty_ = true;
    if (depth_ != Depth::watched_data) return;
    for (auto& [name, known] : known_) known.dirty = true;
}

void ChildCache::round() {
    failure_ = {};
    vanished_ = false;
    if (list_dirty_) return list();
    read_dirty();
}

void ChildCache::list() {
    list_dirty_ = false;
    auto attempt = list_arm_.set(guarded([this] {
        list_dirty_ = true;
        wake();
    }));
    auto watch = std::move(attempt.watch);
    znodes().children(
        path_, std::move(watch),
        guarded([this, attempt](std::error_code error, const std::vector<std::string>& names,
                                const Stat& stat) {
            if (error) {
                attempt.failed();
                list_dirty_ = true;
            }
            if (error == Errc::no_node) {
                return make_path(path_, [this](std::error_code failed) {
                    if (failed) return retry(failed);
                    again();
                });
            }
            if (error) return retry(error);
            if (stat.children_changed < changed_) {
                list_dirty_ = true;  // a server that lags
                return retry(Errc::unavailable);
            }
            apply(names, stat);
            read_dirty();
        }));
}

void ChildCache::apply(const std::vector<std::string>& names, const Stat& stat) {
    changed_ = stat.children_changed;
    const std::set<std::string, std::less<>> present(names.begin(), names.end());
    if (std::erase_if(known_, [&](const auto& entry) { return !present.contains(entry.first); })) {
        differs_ = true;
    }
    std::erase_if(forgotten_, [&](const auto& name) { return !present.contains(name); });
    for (const auto& name : names) {
        if (forgotten_.contains(name)) continue;
        const auto [entry, added] = known_.try_emplace(name);
        if (!added) continue;
        if (depth_ == Depth::names) {
            entry->second.dirty = false;
            differs_ = true;
        }
    }
}

void ChildCache::read_dirty() {
    std::vector<std::string> dirty;
    for (const auto& [name, known] : known_) {
        if (known.dirty) dirty.push_back(name);
    }
    outstanding_ = dirty.size();
    if (dirty.empty()) return end_reading();
    for (const auto& name : dirty) read(name);
}

void ChildCache::read(const std::string& name) {
    Known& known = known_.find(name)->second;
    known.dirty = false;
    Arm::Attempt attempt;
    if (depth_ == Depth::watched_data) {
        attempt = known.arm.set(guarded([this, name] {
            const auto changed = known_.find(name);
            if (changed == known_.end()) return;
            changed->second.dirty = true;
            wake();
        }));
    }
    auto watch = std::move(attempt.watch);
    znodes().get(
        join(path_, name), std::move(watch),
        guarded([this, name, attempt](std::error_code error, std::string data, const Stat& stat) {
            if (error) attempt.failed();
            if (const auto entry = known_.find(name); entry != known_.end()) {
                Known& child = entry->second;
                if (error == Errc::no_node) {
                    known_.erase(entry);
                    differs_ = list_dirty_ = vanished_ = true;  // the list is older than this
                } else if (is_final(error)) {
                    differs_ = differs_ || std::exchange(child.read, false);  // not for us
                } else if (error) {
                    child.dirty = true;
                    failure_ = error;
                } else if (child.read && stat.modified < child.child.stat.modified) {
                    child.dirty = true;
                    failure_ = Errc::unavailable;  // a server that lags
                } else {
                    if (!child.read || stat.modified != child.child.stat.modified) {
                        child.child = {std::move(data), stat};
                        child.read = differs_ = true;
                    }
                }
            }
            if (--outstanding_ == 0) end_reading();
        }));
}

void ChildCache::end_reading() {
    const bool tell = !failure_ && !vanished_ && std::exchange(differs_, false);
    if (tell) show();
    if (failure_) {
        retry(failure_);
    } else if (list_dirty_) {
        again();
    } else {
        rest();
    }
    if (tell && on_change_) on_change_();  // last: it may destroy whoever owns this
}

void ChildCache::show() {
    complete_ = true;
    shown_.clear();
    for (const auto& [name, known] : known_) {
        if (known.read || depth_ == Depth::names) shown_.emplace(name, known.child);
    }
}

void ChildCache::forget(const std::string& name) {
    if (known_.erase(name) == 0) return;
    forgotten_.insert(name);
    shown_.erase(name);
}

}  // namespace ringcast::membership
