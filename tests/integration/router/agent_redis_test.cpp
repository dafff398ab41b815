#include "agent.hpp"
#include "node_keys.hpp"
#include "node_scripts.hpp"
#include "redis_connection.hpp"
#include "redis_server.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/random_id.hpp"
#include "ringcast/router/asio_scheduler.hpp"
#include "ringcast/router/node_control.hpp"

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
#include <vector>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// Agents on a real Redis and an in-process tree of znodes, all on the test's thread.
class AgentRedisTest : public testing::Test {
protected:
    struct Running {
        Running(AgentRedisTest& test, const std::string& id, std::string password, std::string user)
            : znodes(test.ensemble.attach(*test.scheduler)) {
            AgentConfiguration configuration;
            configuration.agent = test.pace;
            configuration.agent.node.id = id;
            configuration.agent.node.address = {"127.0.0.1", test.redis->port()};
            configuration.agent.node.instance = membership::random_id();
            configuration.redis = configuration.agent.node.address;
            configuration.redis_user = std::move(user);
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
        pace.report_every = 300ms;
    }

    /// Of agents to come: for tests that wait for the end of a lease.
    void make_leases_short() {
        pace.lease_time = 2s;
        pace.renew_every = 300ms;
    }

    void start_redis(std::vector<std::string> arguments) {
        redis = std::make_unique<test::RedisServer>(std::move(arguments));
    }

    std::unique_ptr<Running> run(const std::string& id, std::string password = {},
                                 std::string user = {}) {
        return std::make_unique<Running>(*this, id, std::move(password), std::move(user));
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

    /// A view of these members, this Redis first; what it says of removals is added.
    void write(ViewRecord record) {
        bool written = false;
        observer->create(std::string(paths::view), "", membership::Mode::persistent,
                         [](auto, auto) {});
        observer->set(std::string(paths::view), encode(record), membership::any_version,
                      [&](std::error_code error, auto) { written = !error; });
        EXPECT_TRUE(until([&] { return written; }));
    }
    [[nodiscard]] ViewRecord view_of(const std::vector<std::uint16_t>& ports) const {
        std::vector<ring::Member> members;
        std::vector<Address> addresses;
        for (std::size_t i = 0; i != ports.size(); ++i) {
            members.push_back({"redis-" + std::to_string(i + 1), 100, ""});
            addresses.push_back({"127.0.0.1", ports[i]});
        }
        return {{ViewNumber{7}, *ring::Ring::genesis(members), addresses}, std::nullopt, ""};
    }
    [[nodiscard]] static ViewRecord announcing(ViewRecord record, std::uint64_t number) {
        record.removals = {{"redis-1", ViewNumber{number}}};
        record.removals_changed = ViewNumber{number};
        return record;
    }
    /// The announcement for which this agent gave up the lease; empty: for none.
    std::string yielded(const std::string& id) {
        std::optional<std::string> number;
        observer->get(std::string(paths::yields) + "/" + id, {},
                      [&](std::error_code error, const std::string& data, membership::Stat) {
                          number = error ? "" : data;
                      });
        EXPECT_TRUE(until([&] { return number.has_value(); }));
        return *number;
    }

    bool leased() { return redis->command("EXISTS \"\\xffringcast:lease\"") == ":1\r\n"; }

    boost::asio::io_context context;
    std::unique_ptr<membership::Scheduler> scheduler = make_asio_scheduler(context.get_executor());
    membership::InProcessEnsemble ensemble;
    std::unique_ptr<membership::Znodes> observer = ensemble.attach(*scheduler);
    std::unique_ptr<test::RedisServer> redis;
    AgentOptions pace;
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

    // The machine may stand still for a moment: the quickest of a few counts.
    auto quickest = std::chrono::steady_clock::duration::max();
    for (int round = 0; round < 5 && quickest >= 500ms; ++round) {
        redis->kill();
        const auto begin = std::chrono::steady_clock::now();
        ASSERT_TRUE(until([&] { return !announced("redis-1"); }));
        quickest = std::min(quickest, std::chrono::steady_clock::now() - begin);

        redis->start();
        ASSERT_TRUE(until([&] { return announced("redis-1"); }));
        EXPECT_TRUE(leased()) << "a restarted Redis knows nothing: all of it is made again";
    }
    EXPECT_LT(quickest, 500ms);
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
    pace.withdraw_after = 2s;
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
    until([] { return false; }, pace.withdraw_after + 500ms);

    EXPECT_FALSE(went);
}

TEST_F(AgentRedisTest, StoppingWithdrawsAndReleasesButLeavesTheLeaseToEnd) {
    make_leases_short();
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

TEST_F(AgentRedisTest, WithoutASessionAndWithoutMembersTheLeaseEnds) {
    make_leases_short();
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return announced("redis-1"); }));

    ensemble.suspend_all();
    ASSERT_TRUE(until([&] { return !leased(); }));
    ensemble.resume_all();
    EXPECT_TRUE(until([&] { return leased(); }));
}

TEST_F(AgentRedisTest, AMemberThatIsToBeRemovedGivesUpItsLeaseAndGetsItBackWhenThatIsLifted) {
    make_leases_short();
    const ViewRecord record = view_of({redis->port()});
    write(record);
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return leased(); }));

    write(announcing(record, 8));
    ASSERT_TRUE(until([&] { return yielded("redis-1") == "8"; }));
    EXPECT_FALSE(leased());
    EXPECT_THAT(redis->command("GET \"\\xffringcast:view\""), HasSubstr("\r\n8 RCV"))
        << "nor does it vouch for another that was removed with it";
    until([] { return false; }, 600ms);
    EXPECT_FALSE(leased()) << "and so it stays";

    ViewRecord lifted = record;
    lifted.removals_changed = ViewNumber{9};
    write(lifted);
    EXPECT_TRUE(until([&] { return leased(); }));
    EXPECT_TRUE(until([&] { return yielded("redis-1").empty(); }));
}

/// Publishes and renewals that were under way when it froze are in its socket when it thaws.
TEST_F(AgentRedisTest, ARedisThatThawsAfterItsRemovalAcceptsNothing) {
    make_leases_short();
    const ViewRecord record = view_of({redis->port()});
    write(record);
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return leased(); }));
    NodeOptions options;
    options.answer_timeout = 60s;
    RedisConnection publisher(context.get_executor(), options, "slow");
    bool open = false;
    publisher.open({"127.0.0.1", redis->port()},
                   {.opened = [&] { open = true; }, .closed = {}, .pushed = {}});
    ASSERT_TRUE(until([&] { return open; }));
    std::vector<std::string> answers;
    const auto publish = [&] {
        publisher.command(
            {"EVAL", publish_script, "2", node_keys::fence, node_keys::lease, "7", "channel",
             "pmessage"},
            [&](const resp::Reply& reply) {
                answers.push_back(reply.is_error() ? std::string(reply.text()) : "accepted");
            });
    };
    publish();
    ASSERT_TRUE(until([&] { return !answers.empty(); }));
    EXPECT_EQ(answers, std::vector<std::string>{"accepted"});

    redis->freeze();
    publish();
    ASSERT_TRUE(until([&] { return !announced("redis-1"); })) << "its renewals are not answered";
    write(announcing(record, 8));
    ASSERT_TRUE(until([&] { return yielded("redis-1") == "8"; }));
    redis->thaw();
    publish();

    ASSERT_TRUE(until([&] { return answers.size() == 3; }));
    EXPECT_THAT(answers[1], StartsWith("NOLEASE"));
    EXPECT_THAT(answers[2], StartsWith("NOLEASE"));
    until([] { return false; }, 600ms);
    EXPECT_FALSE(leased());
}

TEST_F(AgentRedisTest, WithoutZooKeeperMostMembersHaveToSayThatItWasNotGivenUp) {
    make_leases_short();
    test::RedisServer second;
    test::RedisServer third;
    const ViewRecord record = view_of({redis->port(), second.port(), third.port()});
    write(record);
    const auto agent = run("redis-1");
    ASSERT_TRUE(until([&] { return leased(); }));
    const auto control = make_node_control(context.get_executor(), {}, "");
    const auto tell = [&](test::RedisServer& server, const ViewRecord& what) {
        std::optional<std::error_code> outcome;
        control->fence({"127.0.0.1", server.port()}, ViewNumber{7}, stamp_of(what), encode(what),
                       10s, [&](std::error_code error) { outcome = error; });
        EXPECT_TRUE(until([&] { return outcome.has_value(); }));
        EXPECT_FALSE(*outcome);
    };
    tell(second, record);

    ensemble.suspend(*agent->znodes);
    until([] { return false; }, 2 * pace.lease_time);
    EXPECT_TRUE(until([&] { return leased(); })) << "two of three";

    tell(second, announcing(record, 8));
    EXPECT_TRUE(until([&] { return !leased(); })) << "it was told by a member";
    tell(third, record);
    until([] { return false; }, 1'500ms);
    EXPECT_FALSE(leased()) << "who does not know better does not count against it";
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

/// Redis lists what it refused to a user.
TEST_F(AgentRedisTest, AnAclUserWithOnlyWhatIsNeededCanDoEverything) {
    make_leases_short();
    // What the README of the router states.
    ASSERT_EQ(redis->command("ACL SETUSER agent on >secret resetkeys \"~\\xffringcast:*\" "
                             "resetchannels \"&\\xffringcast:*\" -@all +auth +ping "
                             "+client|setname +client|list +script|load +eval +get +getrange +set "
                             "+del +time +info +publish"),
              "+OK\r\n");
    const ViewRecord record = view_of({redis->port()});
    write(record);
    const auto agent = run("redis-1", "secret", "agent");
    ASSERT_TRUE(until([&] { return leased() && announced("redis-1"); }))
        << redis->command("ACL LOG 1");
    EXPECT_THAT(redis->command("GET \"\\xffringcast:fence\""), HasSubstr("7")) << "was restored";
    EXPECT_TRUE(until([&] { return entry("redis-1")->load.messages_per_second.has_value(); }))
        << "it was surveyed";

    // While ZooKeeper is silent members are asked; it is the only one.
    const auto calls_of_getrange = [&] {
        const std::string name = "cmdstat_getrange:calls=";
        const std::string stats = redis->command("INFO commandstats");
        const auto at = stats.find(name);
        return at == std::string::npos ? 0 : std::stoi(stats.substr(at + name.size()));
    };
    const int asked = calls_of_getrange();
    ensemble.suspend_all();
    ASSERT_TRUE(until([&] { return calls_of_getrange() > asked; }));
    ensemble.resume_all();

    write(announcing(record, 8));
    ASSERT_TRUE(until([&] { return yielded("redis-1") == "8"; }));
    EXPECT_FALSE(leased());
    ViewRecord lifted = record;
    lifted.removals_changed = ViewNumber{9};
    write(lifted);
    ASSERT_TRUE(until([&] { return leased() && yielded("redis-1").empty(); }));

    agent->agent->stop();
    ASSERT_TRUE(until([&] { return agent->exit_code.has_value(); }));
    EXPECT_EQ(redis->command("EXISTS \"\\xffringcast:holder\""), ":0\r\n");
    EXPECT_EQ(redis->command("ACL LOG"), "*0\r\n");
}

}  // namespace
}  // namespace ringcast::router
