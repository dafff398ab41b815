#include "manual_scheduler.hpp"
#include "ringcast/membership/in_process.hpp"
#include "znodes_conformance.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

namespace ringcast::test {
namespace {

using membership::InProcessEnsemble;
using namespace std::chrono_literals;

class InProcessWorld final : public ConformanceWorld {
public:
    membership::Scheduler& scheduler() override { return scheduler_; }
    std::unique_ptr<membership::Znodes> attach() override { return ensemble_.attach(scheduler_); }

    bool eventually(const std::function<bool()>& condition) override {
        return scheduler_.run_until(condition, 30s);
    }

    void suspend(membership::Znodes& client) override { ensemble_.suspend(client); }
    void resume(membership::Znodes& client) override { ensemble_.resume(client); }
    void expire(membership::Znodes& client) override { ensemble_.expire(client); }

    bool break_next_write(membership::Znodes& client, bool done) override {
        ensemble_.cut_next_write(
            client, done ? InProcessEnsemble::Cut::after : InProcessEnsemble::Cut::before);
        back_ = scheduler_.after(200ms, [this, &client] { ensemble_.resume(client); });
        return true;
    }

private:
    ManualScheduler scheduler_;
    InProcessEnsemble ensemble_;
    membership::Token back_;
};

}  // namespace

std::unique_ptr<ConformanceWorld> make_conformance_world() {
    return std::make_unique<InProcessWorld>();
}

}  // namespace ringcast::test
