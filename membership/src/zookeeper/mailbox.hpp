#pragma once

#include "ringcast/membership/scheduler.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace ringcast::membership::zookeeper {

/// The way from foreign threads to an owner that lives on the scheduler's thread and may be gone at
/// any moment: what arrives for a dead owner is dropped, and after `close` the scheduler is not
/// touched any more. The mutex guards that pointer alone; it is held while posting, never while a
/// task runs.
template <typename Owner>
class Mailbox {
public:
    Mailbox(Scheduler& scheduler, std::weak_ptr<Owner> owner)
        : scheduler_(&scheduler), owner_(std::move(owner)) {}

    /// From any thread.
    void post(std::function<void(Owner&)> task) {
        const std::lock_guard lock(mutex_);
        if (scheduler_ == nullptr) return;
        scheduler_->post([owner = owner_, task = std::move(task)] {
            if (const auto alive = owner.lock()) task(*alive);
        });
    }

    void close() {
        const std::lock_guard lock(mutex_);
        scheduler_ = nullptr;
    }

private:
    std::mutex mutex_;
    Scheduler* scheduler_;
    std::weak_ptr<Owner> owner_;
};

}  // namespace ringcast::membership::zookeeper
