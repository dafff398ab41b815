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

membership::Token SeededScheduler::set(Process& process, Clock::time_point at,
                                       membership::Scheduler::Task task) {
    if (free_.empty()) {
        free_.push_back(static_cast<TimerIndex>(timers_.size()));
        timers_.emplace_back();
    }
    const TimerIndex index = free_.back();
    free_.pop_back();
    Timer& timer = timers_[index];
    timer.process = &process;
    timer.task = std::move(task);
    alarms_.push_back({at, ++alarms_set_, index});
    std::push_heap(alarms_.begin(), alarms_.end());
    return membership::Token{[this, index, use = timer.use] { cancel(index, use); }};
}

void SeededScheduler::cancel(TimerIndex timer, std::uint32_t use) {
    if (timers_[timer].use != use) return;
    const auto cancelled = std::exchange(timers_[timer].task, nullptr);
}

SeededScheduler::Alarm SeededScheduler::pop_alarm() {
    std::pop_heap(alarms_.begin(), alarms_.end());
    const Alarm alarm = alarms_.back();
    alarms_.pop_back();
    return alarm;
}

membership::Scheduler::Task SeededScheduler::take(TimerIndex timer) {
    ++timers_[timer].use;
    free_.push_back(timer);
    return std::exchange(timers_[timer].task, nullptr);
}

bool SeededScheduler::turn(Clock::time_point end) {
    const auto is_cancelled = [this](const Alarm& alarm) { return !timers_[alarm.timer].task; };
    while (!alarms_.empty() && is_cancelled(alarms_.front())) (void)take(pop_alarm().timer);
    if (alarms_.empty() || alarms_.front().at > end) {
        now_ = end;
        return false;
    }
    now_ = std::max(now_, alarms_.front().at);
    tasks_at_this_time_ = 0;
    while (!alarms_.empty() && alarms_.front().at <= now_) {
        const Alarm alarm = pop_alarm();
        if (is_cancelled(alarm)) {
            (void)take(alarm.timer);
            continue;
        }
        Process& process = *timers_[alarm.timer].process;
        process.due_.push_back(alarm.timer);
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
    const auto at = world_.now_ + std::max(delay, Clock::duration::zero());
    return world_.set(*this, at, std::move(task));
}

bool Process::run_one(Chance& chance) {
    const auto which = chance.below(due_.size() + (posted_.empty() ? 0 : 1));
    if (which < due_.size()) {
        const auto task = world_.take(due_[which]);
        due_.erase(due_.begin() + static_cast<std::ptrdiff_t>(which));
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
    std::vector<Task> set;
    auto alarms = world_.alarms_;
    std::sort_heap(alarms.begin(), alarms.end());
    std::ranges::reverse(alarms);
    for (const auto& alarm : alarms) {
        auto& timer = world_.timers_[alarm.timer];
        if (timer.process == this) set.push_back(std::exchange(timer.task, nullptr));
    }
    for (const auto timer : std::exchange(due_, {})) set.push_back(world_.take(timer));
}

}  // namespace ringcast::simulation
