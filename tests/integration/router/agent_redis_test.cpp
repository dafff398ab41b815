#include "agent.hpp"
#include "redis_server.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/random_id.hpp"
#include "ringcast/router/asio_scheduler.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// Agents on a real Redis and an in-process tree of znodes, all on the test's thread.
class AgentRedisTest : public testing::Test {
protected:
    struct Running {
        Running(AgentRedisTest& test, const std::string& id, std::string password)
            : znodes(test.ensemble.attach(*test.scheduler)) {
            AgentConfiguration configuration;
            configuration.agent.node.id = id;
            configuration.agent.node.address = {"127.0.0.1", test.redis->port()};
            configuration.agent.node.instance = membership::random_id();
            configuration.agent.renew_every = 200ms;
            configuration.agent.report_every = 300ms;
            configuration.agent.lease_time = 1'000ms;
            configuration.redis = configuration.agent.node.address;
            configuration.redis_password = std::move(password);
            const auto log = std::make_shared<spdlog::logger>(
                "agent", std::make_shared<spdlog::sinks::null_sink_mt>());
            agent = std::make_unique<Agent>(test.context.get_executor(), *test.scheduler, *znodes,
                                            std::move(configuration), log,
                                            [this](int code) { exit_code = code; });
            agent->start();
        }
        std::unique_ptr<membership::Znodes> znodes;
        std::unique_ptr<Agent> agent;
        std::optional<int> exit_code;
    };

    void SetUp() override {
        if (const auto why = test::RedisServer::missing()) GTEST_SKIP() << *why;
        start_redis({});
    }

    void start_redis(std::vector<std::string> arguments) {
        redis = std::make_unique<test::RedisServer>(std::move(arguments));
    }

    std::unique_ptr<Running> run(const std::string& id, std::string password = {}) {
        return std::make_unique<Running>(*this, id, std::move(password));
    }

    bool until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 20s) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            context.restart();
            context.run_for(5ms);
        }
        return true;
    }

    /// The entry of the node as it stands.
    std::optional<NodeEntry> entry(const std::string& id) {
        std::optional<NodeEntry> found;
        bool answered = false;
        observer->get(std::string(paths::nodes) + "/" + id, {},
                      [&](std::error_code error, const std::string& data, membership::Stat) {
                          if (!error) found = parse_node_entry(id, data);
                          answered = true;
                      });
        EXPECT_TRUE(until([&] { return answered; }));
        return found;
    }
    bool announced(const std::string& id) { return entry(id).has_value(); }

    bool leased() { return redis->command("EXISTS \"\\xffringcast:lease\"") == ":1\r\n"; }

    boost::asio::io_context context;
    std::unique_ptr<membership::Scheduler> scheduler = make_asio_scheduler(context.get_executor());
    membership::InProcessEnsemble ensemble;
    std::unique_ptr<membership::Znodes> observer = ensemble.attach(*scheduler);
    std::unique_ptr<test::RedisServer> redis;
};

TEST_F(AgentRedisTest, AnnouncesItsRedisWithLeaseAndScript) {
    const auto agent = run("redis-1");

    ASSERT_TRUE(until([&] { return announced("redis-1"); }));
    EXPECT_EQ(entry("redis-1")->address.port, redis->port());
    EXPECT_FALSE(entry("redis-1")->version.empty());
    EXPECT_TRUE(leased());
    EXPECT_THAT(redis->command("INFO memory"), HasSubstr("number_of_cached_scripts:3"))
        << "its own, and those that fence and publish";
}

TEST_F(AgentRedisTest, AnotherIdIsRefusedWhileTheFirstLives) {
    const auto first = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));

    const auto second = run("redis-9");
    ASSERT_TRUE(until([&] { return second->exit_code.has_value(); }));

    EXPECT_EQ(second->exit_code, AgentMachine::exit_held_by_other);
    EXPECT_FALSE(announced("redis-9"));
    EXPECT_TRUE(announced("redis-1"));
    EXPECT_FALSE(first->exit_code.has_value());
}

TEST_F(AgentRedisTest, ALaterAgentOfTheSameIdTakesOverWithoutAGapInTheLease) {
    auto first = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));
    first.reset();  // as good as killed: nothing was released in Redis
    EXPECT_TRUE(leased());

    const auto second = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));

    EXPECT_TRUE(leased());
    EXPECT_FALSE(second->exit_code.has_value());
}

TEST_F(AgentRedisTest, TheEntryGoesWithinHalfASecondOfRedisAndComesBackWithIt) {
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));

    redis->kill();
    EXPECT_TRUE(until([&] { return !announced("redis-1"); }, 500ms));

    redis->start();
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));
    EXPECT_TRUE(leased()) << "a restarted Redis knows nothing: all of it is made again";
}

TEST_F(AgentRedisTest, ARedisThatRestartsIsFencedAsTheViewSaysBeforeItHasItsLease) {
    ViewRecord record{{ViewNumber{7}, *ring::Ring::genesis({{"redis-1", 100, ""}}), {{"h", 1}}},
                      std::nullopt,
                      "r-1"};
    const auto write = [&] {
        bool written = false;
        observer->create(std::string(paths::view), "", membership::Mode::persistent,
                         [](auto, auto) {});
        observer->set(std::string(paths::view), encode(record), membership::any_version,
                      [&](std::error_code error, auto) { written = !error; });
        EXPECT_TRUE(until([&] { return written; }));
    };
    const auto fence = [&] { return redis->command("GET \"\\xffringcast:fence\""); };
    write();
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return leased(); }));
    EXPECT_EQ(fence(), "$1\r\n7\r\n");

    View next = record.in_force;
    next.number = ViewNumber{9};
    record.proposal = ViewRecord::Proposal{next, Stage::fence};
    write();
    redis->kill();
    redis->start();
    ASSERT_TRUE(until([&] { return leased(); }));
    EXPECT_EQ(fence(), "$1\r\n9\r\n");
    EXPECT_THAT(redis->command("GET \"\\xffringcast:view\""), HasSubstr("9 RCV"));

    ensemble.suspend(*agent->znodes);
    redis->kill();
    redis->start();
    const auto claimed = [&] {
        return redis->command("EXISTS \"\\xffringcast:holder\"") == ":1\r\n";
    };
    ASSERT_TRUE(until(claimed));
    until([] { return false; }, 500ms);
    EXPECT_FALSE(leased()) << "nobody can say what its fence was";
    ensemble.resume(*agent->znodes);
    EXPECT_TRUE(until([&] { return leased(); }));
}

TEST_F(AgentRedisTest, AFrozenRedisIsWithdrawnAndComesBack) {
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));

    redis->freeze();
    EXPECT_TRUE(until([&] { return !announced("redis-1"); }));
    redis->thaw();
    EXPECT_TRUE(until([&] { return announced("redis-1"); }));
}

TEST_F(AgentRedisTest, ADroppedConnectionIsNoNewsToTheCluster) {
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));
    bool went = false;
    const std::function<void()> watch = [&] { went = true; };
    bool watching = false;
    observer->children(std::string(paths::nodes), watch,
                       [&](std::error_code, const std::vector<std::string>&, membership::Stat) {
                           watching = true;
                       });
    ASSERT_TRUE(until([&] { return watching; }));

    EXPECT_THAT(redis->command("CLIENT KILL TYPE normal"), StartsWith(":"));
    const auto back = [&] {
        return redis->command("CLIENT LIST").find("name=ringcast-node:redis-1") !=
               std::string::npos;
    };
    ASSERT_TRUE(until(back));
    until([] { return false; }, 600ms);

    EXPECT_FALSE(went);
}

TEST_F(AgentRedisTest, StoppingWithdrawsAndReleasesButLeavesTheLeaseToEnd) {
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));

    agent->agent->stop();
    ASSERT_TRUE(until([&] { return agent->exit_code.has_value(); }));

    EXPECT_EQ(agent->exit_code, AgentMachine::exit_stopped);
    EXPECT_FALSE(announced("redis-1"));
    EXPECT_EQ(redis->command("EXISTS \"\\xffringcast:holder\""), ":0\r\n");
    EXPECT_TRUE(until([&] { return !leased(); })) << "nobody renews it";

    const auto other = run("redis-9");
    EXPECT_TRUE(until([&] { return announced("redis-9"); })) << "another id may have it now";
}

TEST_F(AgentRedisTest, WithoutASessionAndWithoutGatewaysTheLeaseEnds) {
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));

    ensemble.suspend_all();
    ASSERT_TRUE(until([&] { return !leased(); }));
    ensemble.resume_all();
    EXPECT_TRUE(until([&] { return leased(); }));
}

TEST_F(AgentRedisTest, LogsInWithItsPassword) {
    start_redis({"--requirepass", "secret"});
    const auto agent = run("redis-1", "secret");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));

    const auto wrong = run("redis-2", "wrong");
    until([] { return false; }, 300ms);
    EXPECT_FALSE(announced("redis-2"));
    EXPECT_FALSE(wrong->exit_code.has_value()) << "it keeps trying: passwords get corrected";
}

}  // namespace
}  // namespace ringcast::router
