#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace ringcast::membership::zookeeper {

/// A thread for what blocks: opening a handle resolves names, closing one waits for a server. Jobs
/// run one after another; the destructor runs those that are left, then ends the thread.
class Background {
public:
    Background() : thread_([this] { run(); }) {}
    ~Background() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    /// From any thread.
    void add(std::function<void()> job) {
        {
            const std::lock_guard lock(mutex_);
            jobs_.push_back(std::move(job));
        }
        wake_.notify_one();
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            {
                const auto job = std::move(jobs_.front());
                jobs_.pop_front();
                lock.unlock();
                job();
            }
            lock.lock();
        }
    }

    std::mutex mutex_;  // guards jobs_ and stopping_; never held while a job runs
    std::condition_variable wake_;
    std::deque<std::function<void()>> jobs_;
    bool stopping_ = false;
    std::thread thread_;  // last: starts when all else is there
};

}  // namespace ringcast::membership::zookeeper
