// Sessions over real sockets: fan-out, order, batching, close codes, and the way out.
#include "ringcast/gateway/server.hpp"

#include "server_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace ringcast::test {
namespace {

using gateway::CloseCode;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

void expect_close(WebSocketClient& client, unsigned code, const std::string& reason) {
    const auto close = client.closed();
    EXPECT_EQ(close.code, code);
    EXPECT_EQ(close.reason, reason);
}

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
    ServerWorld world;
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

TEST(ServerTest, AFailedPublishIsATemporaryError) {
    ServerWorld world;
    WebSocketClient client = world.connected_client();
    world.with_router([](FakeRouter& router) { router.fail_publishes(router::Errc::unreachable); });
    client.send(R"({"id":9,"publish":{"channel":"a","data":1}})");
    EXPECT_EQ(
        client.line(),
        R"({"id":9,"error":{"code":100,"message":"internal server error","temporary":true}})");
    EXPECT_TRUE(eventually([&] {
        for (const auto& [reason, count] : world.server().status().publishes_refused) {
            if (reason == "unreachable") return count == 1;
        }
        return false;
    }));
}

TEST(ServerTest, ProtocolViolationsCloseWithCodeAndReason) {
    ServerWorld world;
    const std::vector<std::string> messages = {"garbage",
                                               "",
                                               "{}",
                                               R"({"id":1})",
                                               R"({"id":1,"subscribe":{"channel":"a"}})",
                                               std::string(1'000, '['),
                                               "{\"id\":1,\"connect\":{}}x"};
    for (const std::string& message : messages) {
        WebSocketClient client = world.client();
        client.send(message);
        expect_close(client, 3501, "bad request");
    }
    EXPECT_EQ(world.closes(CloseCode::bad_request), messages.size());
}

TEST(ServerTest, ABinaryMessageIsABadRequest) {
    ServerWorld world;
    WebSocketClient client = world.client();
    client.send_binary(R"({"id":1,"connect":{}})");
    expect_close(client, 3501, "bad request");
}

TEST(ServerTest, AMessageBeyondTheLimitClosesWith1009) {
    ServerWorld world;
    WebSocketClient fits = world.connected_client();
    const auto publish = [](std::size_t size) {
        const std::string head = R"({"id":5,"publish":{"channel":"a","data":")";
        return head + std::string(size - head.size() - 3, 'x') + "\"}}";
    };
    fits.send(publish(65'536));
    EXPECT_EQ(fits.line(), R"({"id":5,"publish":{}})");

    WebSocketClient exceeds = world.connected_client();
    exceeds.send(publish(65'537));
    expect_close(exceeds, 1009, "message size limit exceeded");
    EXPECT_EQ(world.closes(CloseCode::message_too_big), 1U);
}

TEST(ServerTest, WhoDoesNotConnectInTimeIsStale) {
    gateway::Options options = ServerWorld::options();
    options.times.connect_timeout = 100ms;
    ServerWorld world(options);
    WebSocketClient client = world.client();
    expect_close(client, 3502, "stale");
}

TEST(ServerTest, WhoDoesNotAnswerAPingIsClosed) {
    gateway::Options options = ServerWorld::options();
    options.times.ping_interval = 1s;
    options.times.pong_timeout = 100ms;
    ServerWorld world(options);
    WebSocketClient client = world.connected_client();
    EXPECT_EQ(client.line(), "{}");
    expect_close(client, 3012, "no pong");
}

TEST(ServerTest, WhoAnswersPingsStays) {
    gateway::Options options = ServerWorld::options();
    options.times.ping_interval = 1s;
    options.times.pong_timeout = 500ms;
    ServerWorld world(options);
    WebSocketClient client = world.connected_client();
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(client.line(), "{}");
        client.send("{}");
    }
    EXPECT_EQ(client.subscribe("a"), R"({"id":2,"subscribe":{}})");
}

TEST(ServerTest, ASlowConsumerIsClosedAndOthersDoNotNotice) {
    gateway::Options options = ServerWorld::options();
    options.limits.queue_bytes_max = 64 << 10;
    options.times.write_timeout = 30s;  // the queue is what ends it here
    ServerWorld world(options);
    WebSocketClient::Options small;
    small.receive_buffer_bytes = 4'096;
    WebSocketClient slow(world.port(), small);
    slow.connect();
    slow.subscribe("a");
    WebSocketClient quick = world.connected_client();
    quick.subscribe("a");

    const std::string payload = R"({"data":")" + std::string(16'000, 'x') + "\"}";
    int sent = 0;
    EXPECT_TRUE(eventually([&] {
        world.with_router([&](FakeRouter& router) { router.publish_elsewhere("a", payload); });
        ++sent;
        (void)quick.line();
        return world.closes(CloseCode::slow) == 1;
    }));

    EXPECT_EQ(world.server().status().subscriptions, 1U) << "off its channels at once";
    expect_close(slow, 3008, "slow");
    world.with_router([&](FakeRouter& router) { router.publish_elsewhere("a", payload); });
    EXPECT_THAT(quick.line(), StartsWith(R"({"push")"));
}

TEST(ServerTest, AWriteThatTakesTooLongIsGivenUp) {
    gateway::Options options = ServerWorld::options();
    options.limits.queue_bytes_max = 256 << 20;
    options.times.write_timeout = 200ms;
    ServerWorld world(options);
    WebSocketClient::Options small;
    small.receive_buffer_bytes = 4'096;
    WebSocketClient stuck(world.port(), small);
    stuck.connect();
    stuck.subscribe("a");

    world.with_router([&](FakeRouter& router) {
        const std::string payload = R"({"data":")" + std::string(1 << 20, 'x') + "\"}";
        for (int i = 0; i < 16; ++i) router.publish_elsewhere("a", payload);
    });
    EXPECT_TRUE(eventually([&] { return world.closes(CloseCode::write_error) == 1; }));
    EXPECT_TRUE(eventually([&] { return world.server().status().sessions == 0; }));
    EXPECT_EQ(world.server().status().queue_bytes, 0U);
}

TEST(ServerTest, AFloodOfCommandsIsClosed) {
    gateway::Options options = ServerWorld::options();
    options.limits.commands_per_second = 5;
    ServerWorld world(options);
    WebSocketClient client = world.connected_client();
    for (int i = 0; i < 10; ++i) client.send(R"({"id":5,"rpc":{}})");
    expect_close(client, 3013, "too many requests");
}

TEST(ServerTest, RepliesThatWaitAreSentBeforeTheClose) {
    ServerWorld world;
    WebSocketClient client = world.client();
    client.send("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"rpc\":{}}\nrubbish");
    EXPECT_THAT(client.line(), HasSubstr("connect"));
    EXPECT_THAT(client.line(), HasSubstr("108"));
    expect_close(client, 3501, "bad request");
}

TEST(ServerTest, APeerThatNeverClosesIsDropped) {
    gateway::Options options = ServerWorld::options();
    options.times.close_timeout = 100ms;
    ServerWorld world(options);
    WebSocketClient client = world.client();
    client.send("garbage");
    // It does not read, so it does not answer the close frame.
    EXPECT_TRUE(eventually([&] { return world.server().status().sessions == 0; }));
}

TEST(ServerTest, ALeavingClientGetsItsCloseFrameAnswered) {
    ServerWorld world;
    WebSocketClient client = world.connected_client();
    client.leave();
    EXPECT_TRUE(eventually([&] { return world.server().status().sessions == 0; }));
    EXPECT_EQ(world.server().status().users, 0U);
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
    expect_close(second, 3504, "connection limit");

    first.leave();
    EXPECT_TRUE(eventually([&] { return world.server().status().users == 0; }));
    WebSocketClient third = world.client();
    EXPECT_THAT(third.connect(token), HasSubstr(R"("connect")"));
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

TEST(DrainTest, EverybodyIsSentAwayAndNewcomersAreRefused) {
    ServerWorld world;
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(world.connected_client());
        clients.back().subscribe("a");
    }
    std::atomic<bool> drained = false;

    world.server().begin_drain(0, [&] { drained = true; });

    for (WebSocketClient& each : clients) expect_close(each, 3001, "shutdown");
    EXPECT_TRUE(eventually([&] { return drained.load(); }));
    EXPECT_EQ(world.server().status().sessions, 0U);
    EXPECT_TRUE(world.server().status().draining);
    EXPECT_THROW(world.client(), std::runtime_error);
    EXPECT_EQ(world.refused("draining"), 1U);
}

TEST(DrainTest, TheRateIsKept) {
    ServerWorld world;
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 30; ++i) clients.push_back(world.connected_client());
    std::atomic<bool> drained = false;
    const auto begin = std::chrono::steady_clock::now();

    world.server().begin_drain(30, [&] { drained = true; });
    for (WebSocketClient& each : clients) expect_close(each, 3001, "shutdown");

    EXPECT_TRUE(eventually([&] { return drained.load(); }));
    EXPECT_GT(std::chrono::steady_clock::now() - begin, 500ms);
}

TEST(DrainTest, ClientsThatDoNotLeaveAreDroppedAtTheLimit) {
    gateway::Options options = ServerWorld::options();
    options.times.stop_limit = 300ms;
    ServerWorld world(options);
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 10; ++i) clients.push_back(world.connected_client());
    std::atomic<bool> drained = false;
    world.server().begin_drain(1, [&] { drained = true; });
    EXPECT_TRUE(eventually([&] { return drained.load(); }));
}

TEST(DrainTest, AServerWithoutSessionsIsDrainedAtOnce) {
    ServerWorld world;
    std::atomic<bool> drained = false;
    world.server().begin_drain(1, [&] { drained = true; });
    EXPECT_TRUE(eventually([&] { return drained.load(); }));
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
