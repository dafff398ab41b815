#include "ringcast/router/asio_scheduler.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace ringcast::router {
namespace {

class AsioScheduler final : public membership::Scheduler {
public:
    explicit AsioScheduler(boost::asio::any_io_executor executor)
        : executor_(std::move(executor)) {}

    void post(Task task) override { boost::asio::post(executor_, std::move(task)); }

    membership::Token after(Clock::duration delay, Task task) override {
        // Cancelling a timer does not stop a completion that is already queued: hence the task is
        // emptied by the token, and only a task that is still there is run.
        struct Pending {
            Pending(const boost::asio::any_io_executor& executor, Clock::duration after, Task what)
                : timer(executor, after), task(std::move(what)) {}
            boost::asio::steady_timer timer;
            Task task;
        };
        auto pending = std::make_shared<Pending>(executor_, delay, std::move(task));
        pending->timer.async_wait([pending](boost::system::error_code) {
            if (auto run = std::exchange(pending->task, nullptr)) run();
        });
        return membership::Token([weak = std::weak_ptr(pending)] {
            if (const auto held = weak.lock()) {
                held->task = nullptr;
                held->timer.cancel();
            }
        });
    }

    Clock::time_point now() const override { return Clock::now(); }

private:
    boost::asio::any_io_executor executor_;
};

}  // namespace

std::unique_ptr<membership::Scheduler> make_asio_scheduler(boost::asio::any_io_executor executor) {
    return std::make_unique<AsioScheduler>(std::move(executor));
}

}  // namespace ringcast::router
