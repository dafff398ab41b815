#include "ringcast/membership/barrier.hpp"

#include "child_cache.hpp"
#include "errands.hpp"
#include "sequence.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::membership {

class Barrier::Place {
public:
    Place(Znodes& znodes, Scheduler& scheduler, std::string path)
        : path_(std::move(path)), errands_(znodes, scheduler) {}

    void enter(const std::string& name, Handler handler) {
        errands_.send<Creation>(
            join(path_, name), std::string{}, Mode::persistent,
            [handler = std::move(handler)](std::error_code error, const std::string&) {
                if (handler) handler(error);
            });
    }

    void clear(Handler handler) { errands_.send<Clearance>(path_, std::move(handler)); }

private:
    std::string path_;
    Errands errands_;
};

Barrier::Barrier(Znodes& znodes, Scheduler& scheduler, std::string path)
    : place_(std::make_shared<Place>(znodes, scheduler, std::move(path))) {}

Barrier::Barrier(Barrier&&) noexcept = default;
Barrier& Barrier::operator=(Barrier&&) noexcept = default;
Barrier::~Barrier() = default;

void Barrier::enter(std::string name, Handler handler) {
    place_->enter(name, std::move(handler));
}
void Barrier::clear(Handler handler) {
    place_->clear(std::move(handler));
}

class BarrierWait::Watcher final : public std::enable_shared_from_this<BarrierWait::Watcher> {
public:
    Watcher(Znodes& znodes, Scheduler& scheduler, std::string path, Names names, Observer observer)
        : names_(std::move(names)),
          observer_(std::move(observer)),
          cache_(std::make_shared<ChildCache>(znodes, scheduler, std::move(path),
                                              ChildCache::Depth::names, [this] {
                                                  const auto self = shared_from_this();
                                                  if (observer_) observer_();
                                              })) {}

    void begin() { cache_->begin(); }
    void stop() { cache_->stop(); }

    [[nodiscard]] bool complete() const {
        return cache_->complete() && std::ranges::all_of(names_, [this](const auto& name) {
                   return cache_->children().contains(name);
               });
    }

    [[nodiscard]] Names missing() const {
        Names missing = names_;
        std::erase_if(missing,
                      [this](const auto& name) { return cache_->children().contains(name); });
        return missing;
    }

    [[nodiscard]] Names entered() const {
        Names entered;
        for (const auto& [name, child] : cache_->children()) entered.insert(name);
        return entered;
    }

    void expect(Names names) { names_ = std::move(names); }

private:
    Names names_;
    Observer observer_;
    std::shared_ptr<ChildCache> cache_;
};

BarrierWait::BarrierWait(Znodes& znodes, Scheduler& scheduler, std::string path, Names names,
                         Observer observer)
    : watcher_(std::make_shared<Watcher>(znodes, scheduler, std::move(path), std::move(names),
                                         std::move(observer))) {
    watcher_->begin();
}

BarrierWait::BarrierWait(BarrierWait&&) noexcept = default;

BarrierWait& BarrierWait::operator=(BarrierWait&& other) noexcept {
    if (this == &other) return *this;
    if (const auto before = std::exchange(watcher_, std::move(other.watcher_))) before->stop();
    return *this;
}

BarrierWait::~BarrierWait() {
    if (watcher_) watcher_->stop();
}

bool BarrierWait::complete() const {
    return watcher_->complete();
}
BarrierWait::Names BarrierWait::missing() const {
    return watcher_->missing();
}
BarrierWait::Names BarrierWait::entered() const {
    return watcher_->entered();
}
void BarrierWait::expect(Names names) {
    watcher_->expect(std::move(names));
}

}  // namespace ringcast::membership
