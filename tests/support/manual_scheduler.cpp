#include "manual_scheduler.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ringcast::test {

ManualScheduler::ManualScheduler() : timers_(std::make_shared<Timers>()) {}

ManualScheduler::~ManualScheduler() {
    // A task that is destroyed may destroy tokens, which look for their timers.
    const auto timers = std::exchange(timers_, std::make_shared<Timers>());
    const auto posted = std::move(posted_);
}

void ManualScheduler::post(Task task) {
    posted_.push_back(std::move(task));
}

membership::Token ManualScheduler::after(Duration delay, Task task) {
    const Due due{now_ + std::max(delay, Duration::zero()), ++last_timer_};
    timers_->emplace(due, std::move(task));
    return membership::Token{[timers = std::weak_ptr{timers_}, due] {
        const auto alive = timers.lock();
        if (!alive) return;
        const auto found = alive->find(due);
        if (found == alive->end()) return;
        const auto cancelled = std::move(found->second);  // destroyed after the map is whole again
        alive->erase(found);
    }};
}

bool ManualScheduler::run_one() {
    if (posted_.empty()) make_due();
    if (posted_.empty()) return false;
    const auto task = std::move(posted_.front());
    posted_.pop_front();
    task();
    return true;
}

void ManualScheduler::make_due() {
    // One at a time: it may cancel the next.
    if (timers_->empty() || timers_->begin()->first.at > now_) return;
    posted_.push_back(std::move(timers_->begin()->second));
    timers_->erase(timers_->begin());
}

std::size_t ManualScheduler::run_ready() {
    std::size_t count = 0;
    while (run_one()) {
        if (++count == 1'000'000) throw std::logic_error("a task posts itself for ever");
    }
    return count;
}

void ManualScheduler::advance(Duration by) {
    const auto end = now_ + by;
    run_ready();
    while (!timers_->empty() && timers_->begin()->first.at <= end) {
        now_ = std::max(now_, timers_->begin()->first.at);
        run_ready();
    }
    now_ = end;
}

bool ManualScheduler::run_until_idle(Duration limit) {
    return run_until([this] { return idle(); }, limit);
}

bool ManualScheduler::run_until(const std::function<bool()>& condition, Duration limit) {
    const auto end = now_ + limit;
    for (std::size_t count = 0; !condition();) {
        if (run_one()) {
            if (++count == 1'000'000) throw std::logic_error("a task posts itself for ever");
            continue;
        }
        if (timers_->empty() || timers_->begin()->first.at > end) {
            now_ = std::max(now_, end);
            return false;
        }
        now_ = std::max(now_, timers_->begin()->first.at);
        count = 0;
    }
    return true;
}

}  // namespace ringcast::test
