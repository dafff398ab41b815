#include "seeded_scheduler.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ringcast::simulation {
namespace {

constexpr std::uint64_t tasks_at_one_time_max = 1'000'000;

}  // namespace

SeededScheduler::SeededScheduler(std::uint64_t seed) : chance_(seed, 1) {}

SeededScheduler::~SeededScheduler() {
    // Tasks own things that may post and cancel while they are destroyed.
    for (const auto& process : processes_) process->kill();
}

Process& SeededScheduler::start(std::string name) {
    return *processes_.emplace_back(std::make_unique<Process>(*this, std::move(name)));
}

void SeededScheduler::note_ready(Process& process) {
    if (std::exchange(process.listed_, true)) return;
    ready_.push_back(&process);
}

bool SeededScheduler::run_one() {
    while (!ready_.empty()) {
        const auto index = chance_.below(ready_.size());
        Process& process = *ready_[index];
        if (process.has_work()) {
            if (!process.run_one(chance_)) continue;
            ++tasks_run_;
            if (++tasks_at_this_time_ > tasks_at_one_time_max) {
                throw std::logic_error(process.name() + ": a task posts itself for ever");
            }
            return true;
        }
        process.listed_ = false;
        ready_[index] = ready_.back();
        ready_.pop_back();
    }
    return false;
}

bool SeededScheduler::turn(Clock::time_point end) {
    while (!timers_.empty() && !timers_.begin()->second->task) timers_.erase(timers_.begin());
    if (timers_.empty() || timers_.begin()->first > end) {
        now_ = end;
        return false;
    }
    now_ = std::max(now_, timers_.begin()->first);
    tasks_at_this_time_ = 0;
    while (!timers_.empty() && timers_.begin()->first <= now_) {
        auto timer = std::move(timers_.begin()->second);
        timers_.erase(timers_.begin());
        if (!timer->task) continue;
        Process& process = *timer->process;
        process.due_.push_back(std::move(timer));
        note_ready(process);
    }
    return true;
}

void SeededScheduler::run_for(Clock::duration time) {
    const auto end = now_ + time;
    do {
        while (run_one()) {
        }
    } while (turn(end));
}

void Process::post(Task task) {
    if (killed_) return;
    posted_.push_back(std::move(task));
    world_.note_ready(*this);
}

membership::Token Process::after(Clock::duration delay, Task task) {
    if (killed_) return {};
    auto timer =
        std::make_shared<SeededScheduler::Timer>(SeededScheduler::Timer{this, std::move(task)});
    world_.timers_.emplace(world_.now_ + std::max(delay, Clock::duration::zero()), timer);
    return membership::Token{[weak = std::weak_ptr(timer)] {
        if (const auto alive = weak.lock()) {
            const auto cancelled = std::exchange(alive->task, nullptr);
        }
    }};
}

bool Process::run_one(Chance& chance) {
    const auto which = chance.below(due_.size() + (posted_.empty() ? 0 : 1));
    if (which < due_.size()) {
        const auto timer = std::move(due_[which]);
        due_.erase(due_.begin() + static_cast<std::ptrdiff_t>(which));
        const auto task = std::exchange(timer->task, nullptr);
        if (!task) return false;  // cancelled since
        task();
        return true;
    }
    const auto task = std::move(posted_.front());
    posted_.pop_front();
    task();
    return true;
}

void Process::thaw() {
    frozen_ = false;
    world_.note_ready(*this);
}

void Process::kill() {
    killed_ = true;
    const auto posted = std::exchange(posted_, {});
    const auto due = std::exchange(due_, {});
    std::vector<Task> set;
    for (const auto& [at, timer] : world_.timers_) {
        if (timer->process == this) set.push_back(std::exchange(timer->task, nullptr));
    }
}

}  // namespace ringcast::simulation
