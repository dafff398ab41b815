// Every way to lose a client: its close code, its reason, and who does not notice.
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

TEST(ClosingTest, ProtocolViolationsCloseWithCodeAndReason) {
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

TEST(ClosingTest, ABinaryMessageIsABadRequest) {
    ServerWorld world;
    WebSocketClient client = world.client();
    client.send_binary(R"({"id":1,"connect":{}})");
    expect_close(client, 3501, "bad request");
}

TEST(ClosingTest, FramesAgainstTheStandardCloseWith1002) {
    ServerWorld world;
    const std::vector<std::string> frames = {
        std::string("\x81\x05hello", 7),        // not masked
        std::string("\x83\x80\0\0\0\0", 6),     // a reserved opcode
        std::string("\xc1\x80\0\0\0\0", 6),     // a reserved bit
        std::string("\x80\x80\0\0\0\0", 6),     // continues nothing
        std::string("\x09\x80\0\0\0\0", 6),     // a ping in parts
        std::string("\x88\x81\0\0\0\0\x03", 7)  // half a close code
    };
    for (const std::string& frame : frames) {
        WebSocketClient client = world.connected_client();
        client.send_raw(frame);
        expect_close(client, 1002, "");
    }
    EXPECT_TRUE(
        eventually([&] { return world.closes(CloseCode::protocol_error) == frames.size(); }));
}

TEST(ClosingTest, TextThatIsNotUtf8ClosesWith1007) {
    ServerWorld world;
    WebSocketClient client = world.connected_client();
    client.send_raw(std::string("\x81\x82\0\0\0\0\xff\xfe", 8));
    expect_close(client, 1007, "");
    EXPECT_TRUE(eventually([&] { return world.closes(CloseCode::not_text) == 1; }));
}

TEST(ClosingTest, AMessageBeyondTheLimitClosesWith1009) {
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

TEST(ClosingTest, WhoDoesNotConnectInTimeIsStale) {
    gateway::Options options = ServerWorld::options();
    options.times.connect_timeout = 100ms;
    ServerWorld world(options);
    WebSocketClient client = world.client();
    expect_close(client, 3502, "stale");
}

TEST(ClosingTest, WhoDoesNotAnswerAPingIsClosed) {
    gateway::Options options = ServerWorld::options();
    options.times.ping_interval = 1s;
    options.times.pong_timeout = 100ms;
    ServerWorld world(options);
    WebSocketClient client = world.connected_client();
    EXPECT_EQ(client.line(), "{}");
    expect_close(client, 3012, "no pong");
}

TEST(ClosingTest, WhoAnswersPingsStays) {
    gateway::Options options = ServerWorld::options();
    options.times.ping_interval = 2s;
    options.times.pong_timeout = 1'900ms;  // over before the second ping, long for a pong
    ServerWorld world(options);
    WebSocketClient client = world.connected_client();
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(client.line(), "{}");
        client.send("{}");
    }
    EXPECT_EQ(client.subscribe("a"), R"({"id":2,"subscribe":{}})");
}

TEST(ClosingTest, ASlowConsumerIsClosedAndOthersDoNotNotice) {
    gateway::Options options = ServerWorld::options();
    options.limits.queue_bytes_max = 64 << 10;
    options.times.write_timeout = 30s;  // the queue is what ends it here
    options.times.close_timeout = 30s;  // for it to read all that the system holds for it
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
    EXPECT_TRUE(eventually(
        [&] {
            world.with_router([&](FakeRouter& router) { router.publish_elsewhere("a", payload); });
            ++sent;
            (void)quick.line();
            return world.closes(CloseCode::slow) == 1;
        },
        60s));

    EXPECT_EQ(world.server().status().subscriptions, 1U) << "off its channels at once";
    expect_close(slow, 3008, "slow");
    world.with_router([&](FakeRouter& router) { router.publish_elsewhere("a", payload); });
    EXPECT_THAT(quick.line(), StartsWith(R"({"push")"));
}

/// A client on a channel that does not read while more is published there than the system takes.
WebSocketClient stuck_client(ServerWorld& world) {
    WebSocketClient::Options small;
    small.receive_buffer_bytes = 4'096;
    WebSocketClient stuck(world.port(), small);
    stuck.connect();
    stuck.subscribe("a");
    world.with_router([&](FakeRouter& router) {
        const std::string payload = R"({"data":")" + std::string(1 << 20, 'x') + "\"}";
        for (int i = 0; i < 16; ++i) router.publish_elsewhere("a", payload);
    });
    return stuck;
}

TEST(ClosingTest, AWriteThatTakesTooLongIsToldToWhoReadsOnAfterAll) {
    gateway::Options options = ServerWorld::options();
    options.limits.queue_bytes_max = 256 << 20;
    options.times.write_timeout = 1s;
    options.times.close_timeout = 30s;  // for it to read what was being written
    ServerWorld world(options);
    WebSocketClient stuck = stuck_client(world);

    EXPECT_TRUE(eventually([&] { return world.closes(CloseCode::write_error) == 1; }));

    EXPECT_EQ(world.server().status().subscriptions, 0U) << "off its channels at once";
    expect_close(stuck, 3009, "write error");
}

TEST(ClosingTest, WhoNeverTakesWhatIsWrittenIsDropped) {
    gateway::Options options = ServerWorld::options();
    options.limits.queue_bytes_max = 256 << 20;
    options.times.write_timeout = 1s;
    options.times.close_timeout = 100ms;
    ServerWorld world(options);
    const WebSocketClient stuck = stuck_client(world);

    EXPECT_TRUE(eventually([&] { return world.closes(CloseCode::write_error) == 1; }));
    EXPECT_TRUE(eventually([&] { return world.server().status().sessions == 0; }));
    EXPECT_EQ(world.server().status().queue_bytes, 0U);
}

TEST(ClosingTest, AFloodOfCommandsIsClosed) {
    gateway::Options options = ServerWorld::options();
    options.limits.commands_per_second = 5;
    ServerWorld world(options);
    WebSocketClient client = world.connected_client();
    std::string flood = R"({"id":5,"rpc":{}})";
    for (int i = 1; i < 10; ++i) flood += '\n' + std::string(R"({"id":5,"rpc":{}})");
    client.send(flood);  // all at one moment, however slow the machine
    expect_close(client, 3013, "too many requests");
}

TEST(ClosingTest, RepliesThatWaitAreSentBeforeTheClose) {
    ServerWorld world;
    WebSocketClient client = world.client();
    client.send("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"rpc\":{}}\nrubbish");
    EXPECT_THAT(client.line(), HasSubstr("connect"));
    EXPECT_THAT(client.line(), HasSubstr("108"));
    expect_close(client, 3501, "bad request");
}

TEST(ClosingTest, APeerThatNeverClosesIsDropped) {
    gateway::Options options = ServerWorld::options();
    options.times.close_timeout = 100ms;
    ServerWorld world(options);
    WebSocketClient client = world.client();
    client.send("garbage");
    // It does not read, so it does not answer the close frame.
    EXPECT_TRUE(eventually([&] { return world.server().status().sessions == 0; }));
}

TEST(ClosingTest, ALeavingClientGetsItsCloseFrameAnswered) {
    ServerWorld world;
    WebSocketClient client = world.connected_client();
    client.leave();
    EXPECT_TRUE(eventually([&] { return world.server().status().sessions == 0; }));
    EXPECT_EQ(world.server().status().users, 0U);
}

TEST(DrainTest, EverybodyIsSentAwayAndNewcomersAreRefused) {
    ServerWorld world;
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(world.connected_client());
        clients.back().subscribe("a");
    }
    std::atomic<bool> drained = false;

    world.server().begin_drain({}, [&] { drained = true; });

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

    world.server().begin_drain({30}, [&] { drained = true; });
    for (WebSocketClient& each : clients) expect_close(each, 3001, "shutdown");

    EXPECT_TRUE(eventually([&] { return drained.load(); }));
    EXPECT_GT(std::chrono::steady_clock::now() - begin, 500ms);
}

TEST(DrainTest, TheRateIsThatOfAllThreadsTogether) {
    auto options = ServerWorld::options();
    options.threads = 8;
    ServerWorld world(options);
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 64; ++i) clients.push_back(world.connected_client());
    const auto begin = std::chrono::steady_clock::now();

    world.server().begin_drain({2}, {});

    EXPECT_TRUE(eventually([&] { return world.closes(CloseCode::shutdown) >= 2; }));
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    EXPECT_LE(static_cast<double>(world.closes(CloseCode::shutdown)), 1 + 2 * elapsed.count() + 1)
        << "and one that was counted after the clock was read";
    world.server().change_drain({0});
}

TEST(DrainTest, ASlowOneCanBeHurriedUp) {
    ServerWorld world;
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 30; ++i) clients.push_back(world.connected_client());
    std::atomic<bool> drained = false;
    const auto begin = std::chrono::steady_clock::now();

    world.server().begin_drain({1}, [&] { drained = true; });
    world.server().change_drain({0});
    for (WebSocketClient& each : clients) expect_close(each, 3001, "shutdown");

    EXPECT_TRUE(eventually([&] { return drained.load(); }));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s) << "27 s at the former pace";
}

TEST(DrainTest, ClientsThatDoNotLeaveAreDroppedAtTheLimit) {
    ServerWorld world;
    std::vector<WebSocketClient> clients;
    for (int i = 0; i < 10; ++i) clients.push_back(world.connected_client());
    std::atomic<bool> drained = false;
    world.server().begin_drain({1, 300ms}, [&] { drained = true; });
    EXPECT_TRUE(eventually([&] { return drained.load(); }));
}

TEST(DrainTest, WhoIsLeftNearTheLimitIsToldToo) {
    for (const bool later : {false, true}) {
        ServerWorld world;
        std::vector<WebSocketClient> clients;
        for (int i = 0; i < 30; ++i) clients.push_back(world.connected_client());
        std::atomic<bool> drained = false;

        world.server().begin_drain({1, later ? std::nullopt : std::optional(4s)},
                                   [&] { drained = true; });
        if (later) world.server().change_drain({1, 4s});

        for (WebSocketClient& each : clients) expect_close(each, 3001, "shutdown");
        EXPECT_TRUE(eventually([&] { return drained.load(); }));
    }
}

TEST(DrainTest, AServerWithoutSessionsIsDrainedAtOnce) {
    ServerWorld world;
    std::atomic<bool> drained = false;
    world.server().begin_drain({1}, [&] { drained = true; });
    EXPECT_TRUE(eventually([&] { return drained.load(); }));
}

}  // namespace
}  // namespace ringcast::test
