#include "loop_scheduler.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace ringcast::test {

struct LoopScheduler::Queue {
    using Due = std::pair<Clock::time_point, std::uint64_t>;  // equal times in the order of setting

    std::mutex mutex;  // guards all below; never held while a task runs or dies
    std::condition_variable wake;
    std::deque<Task> tasks;
    std::map<Due, Task> timers;
    std::uint64_t timers_set = 0;
};

LoopScheduler::LoopScheduler() : queue_(std::make_shared<Queue>()) {}
LoopScheduler::~LoopScheduler() = default;

void LoopScheduler::post(Task task) {
    {
        const std::lock_guard lock(queue_->mutex);
        queue_->tasks.push_back(std::move(task));
    }
    queue_->wake.notify_one();
}

membership::Token LoopScheduler::after(Clock::duration delay, Task task) {
    const std::lock_guard lock(queue_->mutex);
    const Queue::Due due{Clock::now() + delay, ++queue_->timers_set};
    queue_->timers.emplace(due, std::move(task));
    return membership::Token{[queue = queue_, due] {
        decltype(queue->timers)::node_type cancelled;  // dies after the lock
        const std::lock_guard undo(queue->mutex);
        cancelled = queue->timers.extract(due);
    }};
}

bool LoopScheduler::run_until(const std::function<bool()>& condition,
                              std::chrono::milliseconds limit) {
    const auto end = Clock::now() + limit;
    while (!condition()) {
        const auto now = Clock::now();
        if (now >= end) return false;
        Task task;
        std::unique_lock lock(queue_->mutex);
        auto& [mutex, wake, tasks, timers, timers_set] = *queue_;
        if (!timers.empty() && timers.begin()->first.first <= now) {
            task = std::move(timers.extract(timers.begin()).mapped());
        } else if (!tasks.empty()) {
            task = std::move(tasks.front());
            tasks.pop_front();
        } else {
            wake.wait_until(lock, std::min(end, now + std::chrono::milliseconds{5}));
        }
        lock.unlock();
        if (task) task();
    }
    return true;
}

}  // namespace ringcast::test
