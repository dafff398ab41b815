#pragma once

#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/scheduler.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::simulation {

/// What the znodes hold, at once: no time passes, and the seed has no say in it. Nothing while the
/// ensemble is away, or where there is no such znode.
class Peek {
public:
    explicit Peek(membership::InProcessEnsemble& ensemble) : znodes_(ensemble.attach(tasks_)) {}

    [[nodiscard]] std::optional<std::vector<std::string>> children(std::string_view path);
    [[nodiscard]] std::optional<std::string> data(std::string_view path);

private:
    /// Does what it is given when it is told to, and not by the seed.
    class Tasks final : public membership::Scheduler {
    public:
        void post(Task task) override { tasks_.push_back(std::move(task)); }
        [[nodiscard]] membership::Token after(Clock::duration, Task task) override {
            post(std::move(task));
            return {};
        }
        [[nodiscard]] Clock::time_point now() const override { return {}; }
        void run();

    private:
        std::vector<Task> tasks_;
    };

    Tasks tasks_;
    std::unique_ptr<membership::Znodes> znodes_;
};

}  // namespace ringcast::simulation
