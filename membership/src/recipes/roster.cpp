#include "child_cache.hpp"
#include "ringcast/membership/registry.hpp"

#include <utility>

namespace ringcast::membership {

class Roster::Follower final : public std::enable_shared_from_this<Roster::Follower> {
public:
    Follower(Znodes& znodes, Scheduler& scheduler, std::string parent, Observer observer)
        : observer_(std::move(observer)),
          cache_(std::make_shared<ChildCache>(znodes, scheduler, std::move(parent),
                                              ChildCache::Depth::watched_data,
                                              [this] { on_change(); })) {}

    void begin() { cache_->begin(); }
    void stop() { cache_->stop(); }
    [[nodiscard]] const ChildCache& cache() const { return *cache_; }
    [[nodiscard]] const Entries& entries() const { return entries_; }

private:
    void on_change() {
        const auto self = shared_from_this();  // the observer may destroy the roster
        entries_.clear();
        for (const auto& [name, child] : cache_->children()) {
            entries_.emplace(name, Entry{child.data, child.stat.created, child.stat.modified});
        }
        if (observer_) observer_();
    }

    Observer observer_;
    std::shared_ptr<ChildCache> cache_;
    Entries entries_;
};

Roster::Roster(Znodes& znodes, Scheduler& scheduler, std::string parent, Observer observer)
    : follower_(
          std::make_shared<Follower>(znodes, scheduler, std::move(parent), std::move(observer))) {
    follower_->begin();
}

Roster::Roster(Roster&&) noexcept = default;

Roster& Roster::operator=(Roster&& other) noexcept {
    if (this == &other) return *this;
    if (const auto before = std::exchange(follower_, std::move(other.follower_))) before->stop();
    return *this;
}

Roster::~Roster() {
    if (follower_) follower_->stop();
}

bool Roster::complete() const {
    return follower_->cache().complete();
}
const Roster::Entries& Roster::entries() const {
    return follower_->entries();
}
std::int64_t Roster::changed() const {
    return follower_->cache().changed();
}

}  // namespace ringcast::membership
