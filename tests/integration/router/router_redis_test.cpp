#include "node_keys.hpp"
#include "redis_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

class RouterRedisTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto missing = ringcast::test::RedisServer::missing()) GTEST_SKIP() << *missing;
    }

    static std::vector<std::string> channels(std::size_t count) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < count; ++i) names.push_back("room:" + std::to_string(i));
        return names;
    }

    /// For nodes that are frozen: soon given up, and not because the machine stands still a moment.
    static RouterOptions impatient() {
        RouterOptions options;
        options.node.connect_timeout = 500ms;
        options.node.answer_timeout = 1'500ms;
        options.node.probe_interval = 100ms;
        options.node.probe_timeout = 1'500ms;
        options.node.backoff_max = 100ms;
        options.hold_time_max = 2s;
        return options;
    }
};

TEST_F(RouterRedisTest, WhatOneGatewayPublishesReachesTheOtherOverThreeNodes) {
    RedisWorld world(3);
    world.change_view({0, 1, 2});
    auto& here = world.add_gateway();
    auto& there = world.add_gateway();
    ASSERT_TRUE(world.run_until_linked(here));
    ASSERT_TRUE(world.run_until_linked(there));
    const auto names = channels(300);
    ASSERT_TRUE(world.subscribe(there, names));

    std::size_t answered = 0;
    for (int round = 0; round < 10; ++round) {
        for (const auto& name : names) {
            here.router->publish(name, std::to_string(round), [&](error_code error) {
                EXPECT_FALSE(error) << error.message();
                ++answered;
            });
        }
    }
    ASSERT_TRUE(world.run_until(
        [&] { return answered == 10 * names.size() && there.received.total == answered; }));

    std::set<std::size_t> owners;
    for (const auto& name : names) {
        owners.insert(world.owner_of(here, name));
        EXPECT_EQ(there.received.on[name],
                  (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
    }
    EXPECT_EQ(owners.size(), 3U);
}

TEST_F(RouterRedisTest, AKilledSubscriptionTellsEachOfItsChannelsOneGapAndResumes) {
    RedisWorld world(2);
    world.change_view({0, 1});
    auto& gateway = world.add_gateway();
    ASSERT_TRUE(world.run_until_linked(gateway));
    const auto names = channels(50);
    ASSERT_TRUE(world.subscribe(gateway, names));

    ASSERT_EQ(world.servers[0].command("CLIENT KILL TYPE pubsub").substr(0, 1), ":");

    const auto on_first = std::ranges::count_if(
        names, [&](const auto& name) { return world.owner_of(gateway, name) == 0; });
    ASSERT_TRUE(world.run_until(
        [&] { return gateway.router->status().gaps == static_cast<std::uint64_t>(on_first); }));
    for (const auto& name : names) {
        EXPECT_FALSE(world.publish(gateway, name, "after"));
        ASSERT_TRUE(world.run_until([&] { return gateway.received.count(name, "after") == 1; }));
        EXPECT_EQ(gateway.received.count(name, "(gap)"),
                  world.owner_of(gateway, name) == 0 ? 1U : 0U);
    }
}

TEST_F(RouterRedisTest, AKilledPublishingConnectionComesBackByItself) {
    RedisWorld world(1);
    world.change_view({0});
    auto& gateway = world.add_gateway();
    ASSERT_TRUE(world.run_until_linked(gateway));

    (void)world.servers[0].command("CLIENT KILL TYPE normal");

    ASSERT_TRUE(world.run_until([&] { return gateway.router->status().links[0].reconnects == 1; }));
    EXPECT_FALSE(world.publish(gateway, "room", "held, then sent"));
}

TEST_F(RouterRedisTest, AFrozenNodeIsFoundDeafAndItsChannelsComeBackWithAGap) {
    RedisWorld world(1);
    world.change_view({0});
    auto& gateway = world.add_gateway(impatient());
    ASSERT_TRUE(world.run_until_linked(gateway));
    ASSERT_TRUE(world.subscribe(gateway, {"room"}));
    const auto link = [&] { return gateway.router->status().links.at(0); };

    world.servers[0].freeze();
    EXPECT_TRUE(world.run_until([&] { return link().deaf && link().unreachable; }));
    EXPECT_EQ(world.publish(gateway, "room", "lost"), error_code(Errc::unreachable));

    world.servers[0].thaw();
    ASSERT_TRUE(world.run_until_linked(gateway));
    ASSERT_TRUE(world.run_until([&] { return gateway.received.count("room", "(gap)") == 1; }));
    EXPECT_TRUE(world.run_until([&] { return !link().deaf && !link().unreachable; }));
    EXPECT_FALSE(world.publish(gateway, "room", "again"));
    EXPECT_TRUE(world.run_until([&] { return gateway.received.count("room", "again") == 1; }));
}

TEST_F(RouterRedisTest, APublishInFlightToAFrozenNodeHasAnUnknownOutcome) {
    RedisWorld world(1);
    world.change_view({0});
    auto& gateway = world.add_gateway(impatient());
    ASSERT_TRUE(world.run_until_linked(gateway));

    world.servers[0].freeze();

    EXPECT_EQ(world.publish(gateway, "room", "?"), error_code(Errc::outcome_unknown));
}

TEST_F(RouterRedisTest, AFlushedScriptIsLoadedAndThePublishRepeated) {
    RedisWorld world(1);
    world.change_view({0});
    auto& gateway = world.add_gateway();
    ASSERT_TRUE(world.run_until_linked(gateway));
    ASSERT_TRUE(world.subscribe(gateway, {"room"}));

    for (int round = 1; round <= 3; ++round) {
        (void)world.servers[0].command("SCRIPT FLUSH");
        EXPECT_FALSE(world.publish(gateway, "room", std::to_string(round)));
    }

    ASSERT_TRUE(world.run_until([&] { return gateway.received.on["room"].size() == 3; }));
    EXPECT_EQ(gateway.received.on["room"], (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(RouterRedisTest, AFlushedScriptCostsNoConnectionThoughNobodyPublishes) {
    RedisWorld world(1);
    world.change_view({0});
    auto& gateway = world.add_gateway(impatient());
    ASSERT_TRUE(world.run_until_linked(gateway));
    ASSERT_TRUE(world.subscribe(gateway, {"room"}));
    const auto probes = [&] {
        const std::string info = world.servers[0].command("INFO commandstats");
        const auto at = info.find("cmdstat_publish:calls=");
        return at == std::string::npos ? 0 : std::stoi(info.substr(at + 22));
    };

    (void)world.servers[0].command("SCRIPT FLUSH");
    const int before = probes();
    const auto patience = impatient().node.probe_timeout / impatient().node.probe_interval;
    ASSERT_TRUE(world.run_until([&] { return probes() > before + 2 * patience; }));
    EXPECT_THAT(gateway.received.on["room"], testing::IsEmpty()) << "no gap";

    EXPECT_FALSE(world.publish(gateway, "room", "here"));
    ASSERT_TRUE(world.run_until([&] { return !gateway.received.on["room"].empty(); }));
    EXPECT_EQ(gateway.received.on["room"], std::vector<std::string>{"here"});
}

TEST_F(RouterRedisTest, ANodeWithoutLeaseRefusesUntilItHasOne) {
    RedisWorld world(1);
    world.change_view({0});
    auto& gateway = world.add_gateway(impatient());
    ASSERT_TRUE(world.run_until_linked(gateway));
    ASSERT_TRUE(world.subscribe(gateway, {"room"}));
    (void)world.servers[0].command("DEL " + quoted(node_keys::lease));

    EXPECT_EQ(world.publish(gateway, "room", "refused"), error_code(Errc::refused));

    (void)world.servers[0].command("SET " + quoted(node_keys::lease) + " redis-0");
    EXPECT_FALSE(world.publish(gateway, "room", "accepted"));
    ASSERT_TRUE(world.run_until([&] { return !gateway.received.on["room"].empty(); }));
    EXPECT_EQ(gateway.received.on["room"], std::vector<std::string>{"accepted"});
}

TEST_F(RouterRedisTest, APublishToAFencedNodeWaitsForTheViewAndGoesToTheNewOwner) {
    RedisWorld world(2);
    world.change_view({0});
    auto& gateway = world.add_gateway();
    ASSERT_TRUE(world.run_until_linked(gateway));
    ASSERT_TRUE(world.subscribe(gateway, {"room"}));
    (void)world.servers[0].command("SET " + quoted(node_keys::fence) + " 2");

    std::vector<int> answers;
    for (int i = 0; i < 3; ++i) {
        gateway.router->publish("room", std::to_string(i), [&answers, i](error_code error) {
            EXPECT_FALSE(error) << error.message();
            answers.push_back(i);
        });
    }
    ASSERT_TRUE(world.run_until([&] { return gateway.router->status().publishes_held == 3; }));
    world.change_view({1});

    ASSERT_TRUE(world.run_until([&] { return answers.size() == 3; }));
    EXPECT_EQ(answers, (std::vector<int>{0, 1, 2}));
    ASSERT_TRUE(world.run_until([&] { return gateway.received.count("room", "(gap)") == 1; }));
    EXPECT_FALSE(world.publish(gateway, "room", "at home"));
    ASSERT_TRUE(world.run_until([&] { return gateway.received.count("room", "at home") == 1; }));
    EXPECT_EQ(gateway.router->owner_of("room"), "redis-1");
    // The old link is not needed any more.
    EXPECT_TRUE(world.run_until([&] { return gateway.router->status().links.size() == 1; }));
}

TEST_F(RouterRedisTest, AKilledNodeIsReplacedByTheNextView) {
    RedisWorld world(3);
    world.change_view({0, 1, 2});
    auto& gateway = world.add_gateway();
    ASSERT_TRUE(world.run_until_linked(gateway));
    const auto names = channels(200);
    ASSERT_TRUE(world.subscribe(gateway, names));
    std::set<std::string> of_the_dead;
    for (const auto& name : names) {
        if (world.owner_of(gateway, name) == 0) of_the_dead.insert(name);
    }

    world.servers[0].kill();
    ASSERT_TRUE(world.run_until([&] {
        const auto status = gateway.router->status();
        return std::ranges::any_of(status.links, &LinkStatus::unreachable);
    }));
    std::size_t answered = 0;
    for (const auto& name : names) {
        gateway.router->publish(name, "held", [&](error_code error) {
            EXPECT_FALSE(error) << error.message();
            ++answered;
        });
    }
    world.change_view({1, 2});

    ASSERT_TRUE(world.run_until([&] { return answered == names.size(); }));
    ASSERT_TRUE(
        world.run_until([&] { return gateway.router->status().gaps == of_the_dead.size(); }));
    for (const auto& name : names) {
        EXPECT_FALSE(world.publish(gateway, name, "after"));
        ASSERT_TRUE(world.run_until([&] { return gateway.received.count(name, "after") == 1; }));
        EXPECT_EQ(gateway.received.count(name, "(gap)"), of_the_dead.contains(name) ? 1U : 0U);
    }
}

TEST_F(RouterRedisTest, TenThousandChannelsAreSubscribedInBatchesOverSeveralConnections) {
    RedisWorld world(1);
    world.change_view({0});
    RouterOptions options = RedisWorld::patient();
    options.channels_per_connection_max = 4'000;
    options.linger = 50ms;
    auto& gateway = world.add_gateway(options);
    ASSERT_TRUE(world.run_until_linked(gateway));
    const auto names = channels(10'000);

    ASSERT_TRUE(world.subscribe(gateway, names));

    EXPECT_EQ(gateway.router->status().channels, 10'000U);
    const std::string stats = world.servers[0].command("INFO commandstats");
    const auto at = stats.find("cmdstat_subscribe:calls=");
    ASSERT_NE(at, std::string::npos);
    EXPECT_LE(std::stoul(stats.substr(at + 24)), 40U);  // 20 full batches, and the control channel
    for (const auto& name : {names.front(), names.back()}) {
        EXPECT_FALSE(world.publish(gateway, name, "hello"));
        EXPECT_TRUE(world.run_until([&] { return gateway.received.count(name, "hello") == 1; }));
    }

    for (const auto& name : names) gateway.router->unsubscribe(0, name);
    EXPECT_TRUE(world.run_until([&] { return gateway.router->status().links[0].channels == 0; }));
}

TEST_F(RouterRedisTest, AnAclUserWithOnlyWhatIsNeededCanDoEverything) {
    RedisWorld world(1);
    // What the README states.
    const std::string rules =
        "ACL SETUSER gateway on >secret resetchannels allchannels resetkeys ~" +
        quoted("\xffringcast:*") +
        " -@all +auth +ping +client|setname +script|load +evalsha +get +getrange +exists +set "
        "+publish +subscribe +unsubscribe";
    ASSERT_EQ(world.servers[0].command(rules), "+OK\r\n");
    world.change_view({0});
    RouterOptions options = RedisWorld::patient();
    options.node.user = "gateway";
    options.node.password = "secret";
    auto& gateway = world.add_gateway(options);

    ASSERT_TRUE(world.run_until_linked(gateway));
    ASSERT_TRUE(world.subscribe(gateway, {"room"}));
    EXPECT_FALSE(world.publish(gateway, "room", "hello"));
    EXPECT_TRUE(world.run_until([&] { return gateway.received.count("room", "hello") == 1; }));
}

TEST_F(RouterRedisTest, APasswordAloneIsForTheDefaultUser) {
    RedisWorld world(1);
    ASSERT_EQ(world.servers[0].command("CONFIG SET requirepass secret"), "+OK\r\n");
    world.change_view({0});
    RouterOptions options = RedisWorld::patient();
    options.node.password = "secret";
    auto& right = world.add_gateway(options);
    options.node.password = "wrong";
    auto& wrong = world.add_gateway(options);

    EXPECT_TRUE(world.run_until_linked(right));
    EXPECT_TRUE(world.run_until([&] {
        const auto links = wrong.router->status().links;
        return !links.empty() && links[0].unreachable;
    }));
    EXPECT_FALSE(wrong.router->status().links[0].publishing);
}

TEST_F(RouterRedisTest, RubbishInTheViewIsIgnoredAndCounted) {
    RedisWorld world(1);
    world.change_view({0});
    auto& gateway = world.add_gateway();
    ASSERT_TRUE(world.run_until_linked(gateway));
    const auto other = world.ensemble.attach(*world.scheduler);

    other->set("/view", "rubbish", membership::any_version, [](auto, auto) {});

    ASSERT_TRUE(world.run_until([&] { return gateway.router->status().views_unreadable == 1; }));
    EXPECT_FALSE(world.publish(gateway, "room", "as before"));
    EXPECT_EQ(gateway.router->status().view, ViewNumber{1});
}

TEST_F(RouterRedisTest, WhileTheZnodesAreAwayTrafficFlows) {
    RedisWorld world(1);
    world.change_view({0});
    auto& gateway = world.add_gateway();
    ASSERT_TRUE(world.run_until_linked(gateway));

    world.ensemble.suspend_all();
    world.ensemble.expire_all();

    ASSERT_TRUE(world.subscribe(gateway, {"room"}));
    EXPECT_FALSE(world.publish(gateway, "room", "hello"));
    EXPECT_TRUE(world.run_until([&] { return gateway.received.count("room", "hello") == 1; }));
}

}  // namespace
}  // namespace ringcast::router::test
