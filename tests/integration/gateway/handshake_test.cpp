// What is said on the client port by raw sockets: handshakes that are refused, plain HTTP, garbage.
#include "http.hpp"
#include "hub.hpp"
#include "log_lines.hpp"
#include "loopback.hpp"
#include "server_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace ringcast::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto good_head =
    "GET /connection/websocket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

// Everything until the server closes.
std::string ask_all(std::uint16_t port, std::string_view request) {
    return ask(
        port, request, [](std::string_view) { return false; }, 10s);
}

std::string ask_once(std::uint16_t port, std::string_view request) {
    return ask(
        port, request,
        [](std::string_view answer) { return answer.find("\r\n\r\n") != std::string_view::npos; },
        10s);
}

struct Row {
    const char* what;
    std::string request;
    const char* status;
};

TEST(HandshakeOverTcpTest, RefusalsHaveTheirStatus) {
    gateway::Options options = ServerWorld::options();
    options.times.write_timeout = 10s;  // for which the rest of a refused request is read
    ServerWorld world(options);
    const std::string head = good_head;
    const std::vector<Row> rows = {
        {"foreign origin", head + "Origin: https://evil.example\r\n\r\n", "HTTP/1.1 403"},
        {"plain GET", "GET /connection/websocket HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 426"},
        {"old version",
         head.substr(0, head.find("Sec-WebSocket-Version")) + "Sec-WebSocket-Version: 8\r\n\r\n",
         "HTTP/1.1 426"},
        {"no key",
         "GET /connection/websocket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
         "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
         "HTTP/1.1 400"},
        {"two keys", head + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", "HTTP/1.1 400"},
        {"POST", "POST /connection/websocket HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
         "HTTP/1.1 400"},
        {"huge head", head + "X: " + std::string(9'000, 'x') + "\r\n\r\n", "HTTP/1.1 431"},
        {"endless head", head + "X: " + std::string(200'000, 'x'), "HTTP/1.1 431"},
        {"not HTTP", "hello\r\n\r\n", "HTTP/1.1 400"},
        {"binary", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n",
         "HTTP/1.1 400"},
        {"data before the answer", head + "\r\n\x81\x85", "HTTP/1.1 400"},
        {"other path", "GET /else HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
         "HTTP/1.1 404"},
    };
    for (const Row& row : rows) {
        EXPECT_THAT(ask_all(world.port(), row.request), StartsWith(row.status)) << row.what;
    }
    EXPECT_EQ(world.refused("origin_not_allowed"), 1U);
    EXPECT_TRUE(eventually([&] { return world.server().status().connections == 0; }));
}

TEST(HandshakeOverTcpTest, AGoodOneIsAccepted) {
    ServerWorld world;
    EXPECT_THAT(ask_once(world.port(), std::string(good_head) + "\r\n"),
                StartsWith("HTTP/1.1 101"));
}

TEST(HandshakeOverTcpTest, OverTheConnectionLimitItIs503) {
    gateway::Options options = ServerWorld::options();
    options.limits.connections_max = 1;
    ServerWorld world(options);
    const WebSocketClient first = world.connected_client();
    EXPECT_THAT(ask_all(world.port(), std::string(good_head) + "\r\n"), StartsWith("HTTP/1.1 503"));
    EXPECT_EQ(world.refused("too_many_connections"), 1U);
}

TEST(HandshakeOverTcpTest, OverTheRateItIs503) {
    gateway::Options options = ServerWorld::options();
    options.limits.accepts_per_second = 1;
    ServerWorld world(options);
    const WebSocketClient first = world.connected_client();
    // A machine that stands still for a second lets another one in, but not one after the other.
    EXPECT_TRUE(eventually([&] {
        return ask_once(world.port(), std::string(good_head) + "\r\n").starts_with("HTTP/1.1 503");
    }));
    EXPECT_GE(world.refused("too_many_handshakes"), 1U);
}

TEST(HandshakeOverTcpTest, WhoSaysNothingIsClosed) {
    gateway::Options options = ServerWorld::options();
    options.times.request_timeout = 100ms;
    ServerWorld world(options);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(ask_all(world.port(), "GET /connection"), "");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 9s) << "it is not the client who gave up";
}

TEST(FrameTest, GarbageAfterTheHandshakeIsClosedAndTheServerServesOn) {
    gateway::Options options = ServerWorld::options();
    options.times.connect_timeout = 1s;  // what could be the beginning of a message is waited for
    ServerWorld world(options);
    const std::vector<std::string> garbage = {
        std::string(64, '\0'),
        std::string(64, '\xff'),
        std::string("\x81\x05hello", 7),                              // not masked
        std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10),  // a length of 2^64 - 1
        std::string("\x83\x80\0\0\0\0", 6),                           // a reserved opcode
        std::string("\xc1\x80\0\0\0\0", 6),                           // a reserved bit
        std::string("\x80\x80\0\0\0\0", 6),                           // continues nothing
        std::string("\x89\xfe\x01\x00\0\0\0\0", 8),                   // a ping that is too long
        std::string("\x81\x82\0\0\0\0\xff\xfe", 8),                   // not UTF-8
    };
    for (const std::string& bytes : garbage) {
        WebSocketClient client = world.client();
        client.send_raw(bytes);
        EXPECT_NE(client.closed().code, 1000U);
    }
    EXPECT_TRUE(eventually([&] {
        try {
            return world.connected_client().subscribe("a").find("subscribe") != std::string::npos;
        } catch (const std::runtime_error&) {
            return false;  // this machine took longer than `connect_timeout`
        }
    }));
}

gateway::HttpHandler echo() {
    return [](gateway::Hub& hub, const gateway::HttpRequest& request, gateway::Respond respond) {
        if (request.path == "/never") return;
        if (request.path == "/publish") {
            hub.publish("a", R"({"data":)" + request.body + "}",
                        [respond](boost::system::error_code failure) {
                            respond({failure ? 500U : 200U, "{}", "application/json"});
                        });
            return;
        }
        respond({200,
                 request.method + ' ' + request.path + ' ' + request.query + ' ' +
                     std::string(request.field("x-api-key")) + ' ' + request.body,
                 "text/plain"});
    };
}

TEST(HttpTest, RequestsReachTheHandlerAndConnectionsAreKept) {
    ServerWorld world(ServerWorld::options(), echo());
    const std::string request =
        "POST /api/publish?a=b HTTP/1.1\r\nHost: h\r\nX-API-Key: k\r\nContent-Length: "
        "4\r\n\r\nbody";
    const std::string last = "GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    const std::string answers = ask_all(world.port(), request + request + last);

    const std::string one = "POST /api/publish a=b k body";
    const std::size_t first = answers.find(one);
    ASSERT_NE(first, std::string::npos) << answers;
    EXPECT_NE(answers.find(one, first + 1), std::string::npos);
    EXPECT_THAT(answers, HasSubstr("GET /health"));
}

TEST(HttpTest, TheHandlerPublishesThroughItsThreadsHub) {
    ServerWorld world(ServerWorld::options(), echo());
    WebSocketClient client = world.connected_client();
    client.subscribe("a");
    EXPECT_THAT(ask_all(world.port(),
                        "POST /publish HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                        "Content-Length: 2\r\n\r\n42"),
                StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(client.line(), R"({"push":{"channel":"a","pub":{"data":42}}})");
}

TEST(HttpTest, ABodyBeyondTheLimitIsRefused) {
    gateway::Options options = ServerWorld::options();
    options.limits.body_bytes_max = 100;
    ServerWorld world(options, echo());
    EXPECT_THAT(
        ask_all(world.port(), "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n" +
                                  std::string(101, 'x')),
        StartsWith("HTTP/1.1 413"));
    EXPECT_THAT(ask_all(world.port(),
                        "POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "80\r\n" +
                            std::string(128, 'x') + "\r\n0\r\n\r\n"),
                StartsWith("HTTP/1.1 413"));
}

TEST(HttpTest, AHandlerThatNeverAnswersDoesNotHoldTheConnectionForEver) {
    gateway::Options options = ServerWorld::options();
    options.times.request_timeout = 2s;  // also for the request to come
    ServerWorld world(options, echo());
    EXPECT_THAT(ask_once(world.port(), "GET /never HTTP/1.1\r\nHost: h\r\n\r\n"),
                StartsWith("HTTP/1.1 504"));
}

TEST(HttpTest, AHandlerThatThrowsCostsThatConnectionAlone) {
    const LogLines log;
    gateway::Options options = ServerWorld::options();
    options.threads = 1;  // the next request is served by the very same thread
    ServerWorld world(
        options,
        [](gateway::Hub& hub, const gateway::HttpRequest& request, gateway::Respond respond) {
            if (request.path == "/bad") throw std::runtime_error("a bad day");
            echo()(hub, request, std::move(respond));
        },
        log.logger());

    EXPECT_EQ(ask_once(world.port(), "GET /bad HTTP/1.1\r\nHost: h\r\n\r\n"), "");

    EXPECT_EQ(log.count("connection dropped from=127.0.0.1 reason=\"a bad day\""), 1U);
    EXPECT_THAT(ask_once(world.port(), "GET /good HTTP/1.1\r\nHost: h\r\n\r\n"),
                StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(eventually([&] { return world.server().status().connections == 0; }));
}

TEST(HttpTest, RequestsAreServedWhileDraining) {
    ServerWorld world(ServerWorld::options(), echo());
    world.server().begin_drain({}, {});
    EXPECT_THAT(ask_once(world.port(), "GET /health HTTP/1.1\r\nHost: h\r\n\r\n"),
                StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace ringcast::test
