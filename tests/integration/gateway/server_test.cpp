// Sessions over real sockets: fan-out, order, batching.
#include "ringcast/gateway/server.hpp"

#include "log_lines.hpp"
#include "server_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace ringcast::test {
namespace {

using gateway::CloseCode;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ServerTest, AClientConnectsSubscribesPublishesAndGetsItsOwnPublication) {
    ServerWorld world;
    WebSocketClient client = world.client();

    client.send(
        "{\"id\":1,\"connect\":{\"name\":\"js\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
    const std::string connected = client.line();
    const std::string subscribed = client.line();
    client.send(R"({"id":3,"publish":{"channel":"a","data":{"text":"hi"}}})");
    const std::string push = client.line_with("push");

    EXPECT_THAT(connected, StartsWith(R"({"id":1,"connect":{"client":")"));
    EXPECT_THAT(connected, HasSubstr(R"("ping":25,"pong":true)"));
    EXPECT_EQ(subscribed, R"({"id":2,"subscribe":{}})");
    EXPECT_THAT(push, StartsWith(R"({"push":{"channel":"a","pub":{"data":{"text":"hi"},)"
                                 R"("info":{"user":"","client":")"));
}

TEST(ServerTest, ClientsOnEveryThreadGetEveryMessageOnceAndInOrder) {
    ServerWorld world;
    constexpr int messages = 500;
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 24; ++i) {
        clients.push_back(world.connected_client());
        EXPECT_EQ(clients.back().subscribe("a"), R"({"id":2,"subscribe":{}})");
    }
    EXPECT_EQ(world.server().status().subscriptions, 24U);

    world.with_router([](FakeRouter& router) {
        for (int i = 0; i < messages; ++i) {
            router.publish_elsewhere("a", R"({"data":)" + std::to_string(i) + "}");
        }
    });

    for (WebSocketClient& client : clients) {
        for (int i = 0; i < messages; ++i) {
            ASSERT_EQ(client.line(),
                      R"({"push":{"channel":"a","pub":{"data":)" + std::to_string(i) + "}}}");
        }
    }
    EXPECT_GT(world.server().status().messages_in, static_cast<std::uint64_t>(messages))
        << "24 connections that all came to one of three threads would prove nothing";
}

TEST(ServerTest, WhatOneTurnCollectsTravelsInFewFramesOfAtMostSixteen) {
    ServerWorld world;
    WebSocketClient client = world.connected_client();
    client.subscribe("a");
    const std::uint64_t before = client.messages();

    world.with_router([](FakeRouter& router) {
        for (int i = 0; i < 160; ++i) router.publish_elsewhere("a", R"({"data":1})");
    });
    for (int i = 0; i < 160; ++i) (void)client.line();

    EXPECT_EQ(client.messages() - before, 10U);
}

TEST(ServerTest, ASubscribeLoopNeverDeliversBeforeItsReply) {
    gateway::Options options = ServerWorld::options();
    // It is flooded for as long as it is on the channel.
    options.limits.queue_bytes_max = 256U << 20U;
    options.times.write_timeout = 30s;
    ServerWorld world(options);
    WebSocketClient client = world.connected_client();
    std::atomic<bool> done = false;
    std::thread publisher([&] {
        while (!done) {
            world.with_router(
                [](FakeRouter& router) { router.publish_elsewhere("a", R"({"data":1})"); });
        }
    });

    for (int i = 0; i < 200; ++i) {
        const std::string id = std::to_string(100 + 2 * i);
        client.send(R"({"id":)" + id + R"(,"subscribe":{"channel":"a"}})");
        EXPECT_THAT(client.line(), StartsWith(R"({"id":)" + id + ","));
        const std::string next = std::to_string(101 + 2 * i);
        client.send(R"({"id":)" + next + R"(,"unsubscribe":{"channel":"a"}})");
        (void)client.line_with(R"({"id":)" + next + ",");
    }
    done = true;
    publisher.join();
}

TEST(ServerTest, TheLastSubscriberLeavesAtTheRouterAlsoByGoingAway) {
    ServerWorld world;
    {
        WebSocketClient client = world.connected_client();
        client.subscribe("a");
        EXPECT_EQ(world.with_router([](auto& router) { return router.listeners_on("a"); }), 1U);
    }
    EXPECT_TRUE(eventually([&] {
        return world.with_router([](auto& router) { return router.listeners_on("a"); }) == 0;
    }));
    EXPECT_TRUE(eventually([&] { return world.server().status().sessions == 0; }));
    EXPECT_EQ(world.closes(CloseCode::connection_closed), 1U);
}

TEST(ServerTest, AGapIsTold) {
    ServerWorld world;
    WebSocketClient client = world.connected_client();
    client.subscribe("a");
    world.with_router([](FakeRouter& router) { router.lose("a"); });
    EXPECT_EQ(
        client.line(),
        R"({"push":{"channel":"a","unsubscribe":{"code":2500,"reason":"insufficient state"}}})");
    EXPECT_EQ(client.subscribe("a"), R"({"id":3,"subscribe":{}})");
}

TEST(ServerTest, AFailedPublishIsATemporaryErrorAndIsCounted) {
    ServerWorld world;
    WebSocketClient client = world.connected_client();
    world.with_router([](FakeRouter& router) { router.fail_publishes(router::Errc::unreachable); });

    client.send(R"({"id":9,"publish":{"channel":"a","data":1}})");
    EXPECT_EQ(
        client.line(),
        R"({"id":9,"error":{"code":100,"message":"internal server error","temporary":true}})");
    client.send(R"({"id":9,"publish":{"channel":"nosuch:a","data":1}})");
    EXPECT_THAT(client.line(), HasSubstr("unknown channel"));

    std::map<std::string, std::uint64_t> refused;
    for (const auto& [reason, count] : world.server().status().publishes_refused) {
        refused[reason] = count;
    }
    EXPECT_EQ(refused["unreachable"], 1U);
    EXPECT_EQ(refused["unknown_channel"], 1U);
}

TEST(ServerTest, AnOfferedJsonSubprotocolIsSelected) {
    ServerWorld world;
    WebSocketClient::Options offering;
    offering.protocols = "centrifuge-json";
    EXPECT_EQ(WebSocketClient(world.port(), offering).protocol(), "centrifuge-json");
    EXPECT_EQ(world.client().protocol(), "");
}

TEST(ServerTest, AUserHasAtMostSoManyConnections) {
    gateway::Options options = ServerWorld::options();
    options.tokens.hmac_secret = "secret";
    options.admission.connections_per_user_max = 1;
    ServerWorld world(options);
    // {"alg":"HS256","typ":"JWT"} {"sub":"42"} signed with "secret".
    const std::string token = R"("token":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiJ9.)"
                              R"(79CVgMIG_JB921dVUeJDWNJubJojFodH3-XtC_1C408")";
    WebSocketClient first = world.client();
    EXPECT_THAT(first.connect(token), HasSubstr(R"("connect")"));
    WebSocketClient second = world.client();
    second.send(R"({"id":1,"connect":{)" + token + "}}");
    EXPECT_EQ(second.closed().code, 3504U);

    first.leave();
    EXPECT_TRUE(eventually([&] { return world.server().status().users == 0; }));
    WebSocketClient third = world.client();
    EXPECT_THAT(third.connect(token), HasSubstr(R"("connect")"));
}

TEST(ServerTest, WithoutDescriptorsItWaitsSaysSoAndServesOn) {
    LogLines log;
    gateway::Options options = ServerWorld::options();
    options.threads = 1;
    ServerWorld world(options, {}, log.logger());
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit few = before;
    few.rlim_cur = 256;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    // Every descriptor is taken but for those the client needs: the server cannot accept it.
    std::vector<int> hogs;
    for (int each = ::eventfd(0, 0); each >= 0; each = ::dup(hogs.back())) hogs.push_back(each);
    for (int i = 0; i < 4; ++i) {
        ::close(hogs.back());
        hogs.pop_back();
    }
    std::thread relief([&] {
        EXPECT_TRUE(eventually([&] { return log.count("cannot accept") > 0; }));
        for (const int each : hogs) ::close(each);
    });

    WebSocketClient client = world.client();
    relief.join();

    EXPECT_THAT(client.connect(), HasSubstr("connect"));
    EXPECT_EQ(log.count("cannot accept"), 1U) << "said once, not at every attempt";
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(ServerTest, ATakenPortIsSaid) {
    ServerWorld world;
    gateway::Options options = ServerWorld::options();
    options.port = world.port();
    try {
        ServerWorld second(options);
        FAIL() << "the port is shared unnoticed";
    } catch (const boost::system::system_error& failure) {
        EXPECT_EQ(failure.code(), boost::system::errc::address_in_use);
    }
}

TEST(ServerTest, StoppingUnderLoadLeavesNothingBehind) {
    ServerWorld world;
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(world.connected_client());
        clients.back().subscribe("a");
    }
    std::atomic<bool> done = false;
    std::thread publisher([&] {
        while (!done) {
            world.with_router(
                [](FakeRouter& router) { router.publish_elsewhere("a", R"({"data":1})"); });
        }
    });
    world.server().stop();
    done = true;
    publisher.join();
    EXPECT_EQ(world.server().status().sessions, 0U);
}

}  // namespace
}  // namespace ringcast::test
