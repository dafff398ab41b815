// The suite of tests/support/znodes_conformance.hpp over a real ZooKeeper: one server for the whole
// process, a root of its own for each test, and a wire of its own for each client.

#include "loop_scheduler.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "znodes_conformance.hpp"
#include "zookeeper_server.hpp"
#include "zookeeper_wire.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>

#include <map>

namespace ringcast::test {
namespace {

using namespace std::chrono_literals;
using membership::Znodes;

std::unique_ptr<ZooKeeperServer> server;  // while the tests run

class ZooKeeperWorld final : public ConformanceWorld {
public:
    membership::Scheduler& scheduler() override { return scheduler_; }

    std::unique_ptr<Znodes> attach() override {
        auto wire = std::make_unique<ZooKeeperWire>(server->port());
        auto client =
            membership::make_zookeeper(scheduler_, {.hosts = wire->address(), .root = root_}, log_);
        wires_[client.get()] = std::move(wire);
        return client;
    }

    bool eventually(const std::function<bool()>& condition) override {
        return scheduler_.run_until(condition);
    }

    void suspend(Znodes& client) override { wires_.at(&client)->proxy().refuse(); }
    void resume(Znodes& client) override { wires_.at(&client)->proxy().serve(); }
    void expire(Znodes& client) override { wires_.at(&client)->end_session(); }

    bool break_next_write(Znodes& client, bool done) override {
        wires_.at(&client)->break_next_write(done);
        return true;
    }

private:
    static std::string fresh_root() {
        static int worlds = 0;
        return "/conformance/world-" + std::to_string(++worlds);
    }

    const std::string root_ = fresh_root();
    std::shared_ptr<spdlog::logger> log_ =
        std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>());
    LoopScheduler scheduler_;
    std::map<const Znodes*, std::unique_ptr<ZooKeeperWire>> wires_;
};

class OneServerForAll final : public testing::Environment {
public:
    void SetUp() override {
        if (const auto missing = ZooKeeperServer::missing()) {
            GTEST_SKIP() << *missing;
        }
        server = std::make_unique<ZooKeeperServer>();
        server->start();
    }
    void TearDown() override { server.reset(); }
};

[[maybe_unused]] const auto* const environment =
    testing::AddGlobalTestEnvironment(new OneServerForAll);

}  // namespace

std::unique_ptr<ConformanceWorld> make_conformance_world() {
    return std::make_unique<ZooKeeperWorld>();
}

}  // namespace ringcast::test
