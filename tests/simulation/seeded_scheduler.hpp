#pragma once

#include "chance.hpp"
#include "ringcast/membership/scheduler.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace ringcast::simulation {

class Process;

/// All processes of a simulated cluster in one thread, and their one clock. What is ready at the
/// same moment runs in an order that the seed decides: any process may be next, and within one,
/// what was posted first or any timer that is due. The clock is turned when nothing is ready.
class SeededScheduler {
public:
    using Clock = membership::Scheduler::Clock;

    explicit SeededScheduler(std::uint64_t seed);
    ~SeededScheduler();
    SeededScheduler(const SeededScheduler&) = delete;
    SeededScheduler& operator=(const SeededScheduler&) = delete;

    /// A new process. It lives as long as this object, also when it was killed.
    [[nodiscard]] Process& start(std::string name);

    [[nodiscard]] Clock::time_point now() const noexcept { return now_; }

    /// Runs for so long. Throws `Endless` after so many tasks without the clock being turned that
    /// somebody must be posting himself for ever.
    void run_for(Clock::duration time);

    [[nodiscard]] std::uint64_t tasks_run() const noexcept { return tasks_run_; }

private:
    friend class Process;
    /// A place for one timer after another: most of a run's memory would go through these.
    struct Timer {
        Process* process = nullptr;
        membership::Scheduler::Task task;  // empty: cancelled, or has run
        std::uint32_t use = 0;             // how manyeth in this place
    };
    using TimerIndex = std::uint32_t;
    struct Alarm {
        Clock::time_point at;
        std::uint64_t number;  // in the order of setting
        TimerIndex timer;
        friend bool operator<(const Alarm& a, const Alarm& b) {  // the first is the top of a heap
            return a.at != b.at ? a.at > b.at : a.number > b.number;
        }
    };

    /// False when nothing is ready.
    bool run_one();
    /// To what is due next, or to `end`, and then false.
    bool turn(Clock::time_point end);
    void note_ready(Process& process);
    [[nodiscard]] membership::Token set(Process& process, Clock::time_point at,
                                        membership::Scheduler::Task task);
    void cancel(TimerIndex timer, std::uint32_t use);
    Alarm pop_alarm();
    /// Its task, if it was not cancelled; the place is free for another.
    membership::Scheduler::Task take(TimerIndex timer);

    Chance chance_;
    Clock::time_point now_{};
    std::vector<Alarm> alarms_;  // a heap
    std::uint64_t alarms_set_ = 0;
    std::vector<Timer> timers_;
    std::vector<TimerIndex> free_;
    std::vector<std::unique_ptr<Process>> processes_;
    std::vector<Process*> ready_;  // each once; they may have nothing to do any more
    std::uint64_t tasks_run_ = 0;
    std::uint64_t tasks_at_this_time_ = 0;
};

/// One process: its thread. It can be frozen (SIGSTOP) and killed.
class Process final : public membership::Scheduler {
public:
    Process(SeededScheduler& world, std::string name) : world_(world), name_(std::move(name)) {}

    void post(Task task) override;
    [[nodiscard]] membership::Token after(Clock::duration delay, Task task) override;
    [[nodiscard]] Clock::time_point now() const override { return world_.now(); }

    /// Nothing runs until `thaw`; what becomes ready meanwhile runs then.
    void freeze() { frozen_ = true; }
    void thaw();
    [[nodiscard]] bool frozen() const noexcept { return frozen_; }

    /// Nothing runs any more, now or later. What waited is destroyed.
    void kill();
    [[nodiscard]] bool killed() const noexcept { return killed_; }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    friend class SeededScheduler;

    [[nodiscard]] bool has_work() const { return !frozen_ && !(posted_.empty() && due_.empty()); }
    bool run_one(Chance& chance);

    SeededScheduler& world_;
    const std::string name_;
    std::deque<Task> posted_;
    std::vector<SeededScheduler::TimerIndex> due_;
    bool listed_ = false;  // among the ready ones
    bool frozen_ = false;
    bool killed_ = false;
};

}  // namespace ringcast::simulation
