#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/asio_scheduler.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <pthread.h>

#include <ctime>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace ringcast::bench {

/// A thread with an Asio context, as each gateway has one: everything of `membership` and `router`
/// lives on such a thread. What lives there is made and destroyed there, by `call`.
class EventLoop {
public:
    EventLoop()
        : work_(context_.get_executor()),
          scheduler_(router::make_asio_scheduler(context_.get_executor())),
          thread_([this] { context_.run(); }) {}

    ~EventLoop() { stop(); }
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
    [[nodiscard]] membership::Scheduler& scheduler() noexcept { return *scheduler_; }

    /// Runs it on the thread and waits for its result. Requires: called from another thread.
    template <typename Function>
    auto call(Function function) -> decltype(function()) {
        std::packaged_task<decltype(function())()> task(std::move(function));
        auto result = task.get_future();
        scheduler_->post([&task] { task(); });
        return result.get();
    }

    /// Of the thread, since its start.
    [[nodiscard]] double cpu_seconds() {
        clockid_t clock{};
        timespec time{};
        if (pthread_getcpuclockid(thread_.native_handle(), &clock) != 0) return 0;
        if (::clock_gettime(clock, &time) != 0) return 0;
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    }

    /// Ends the thread. Requires: what lives there is destroyed.
    void stop() {
        if (!thread_.joinable()) return;
        context_.stop();
        thread_.join();
    }

private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<membership::Scheduler> scheduler_;
    std::thread thread_;
};

}  // namespace ringcast::bench
