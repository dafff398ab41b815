// The operators' port over real sockets: what it answers, and what it bears.
#include "admin_world.hpp"
#include "eventually.hpp"
#include "ringcast/ring/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace ringcast::test {
namespace {

using namespace std::chrono_literals;
namespace http = boost::beast::http;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::uint64_t> points_in(const std::string& body) {
    EXPECT_EQ(body.size() % 8, 0U);
    std::vector<std::uint64_t> points;
    for (std::size_t i = 0; i + 8 <= body.size(); i += 8) {
        std::uint64_t point = 0;
        for (std::size_t j = 0; j < 8; ++j) {
            point = point << 8U | static_cast<unsigned char>(body[i + j]);
        }
        points.push_back(point);
    }
    return points;
}

/// Points of channels room-0, room-1, ... in ascending order.
std::vector<std::uint64_t> points_of_channels(std::size_t count) {
    std::vector<std::uint64_t> points;
    for (std::size_t i = 0; i < count; ++i) {
        points.push_back(ring::point("room-" + std::to_string(i), 0));
    }
    std::ranges::sort(points);
    return points;
}

TEST(AdminPortTest, EachPageIsThere) {
    const AdminWorld world;
    for (const auto& [target, begins] : std::map<std::string, std::string>{
             {"/", "ringcast-gateway, for operators:"},
             {"/health", "{}"},
             {"/ready", R"({"ready":true)"},
             {"/ready/haproxy", R"({"ready":true)"},
             {"/ready?why", R"({"ready":true)"},
             {"/status", R"({"id":"gw-1")"},
             {"/metrics", "# HELP ringcast_"},
         }) {
        const auto answer = world.page("GET", target);
        EXPECT_EQ(answer.result_int(), 200U) << target;
        EXPECT_THAT(answer.body(), StartsWith(begins)) << target;
        EXPECT_EQ(answer[http::field::cache_control], "no-store");

        const auto head = world.page("HEAD", target);
        EXPECT_EQ(head.result_int(), 200U) << target;
        EXPECT_THAT(head.body(), IsEmpty());
        if (target != "/metrics" && target != "/status") {
            EXPECT_EQ(head[http::field::content_length], answer[http::field::content_length]);
        }
    }
    EXPECT_EQ(world.page("GET", "/nothing").result_int(), 404U);
}

TEST(AdminPortTest, AWrongMethodIsRefused) {
    const AdminWorld world;
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
        EXPECT_EQ(world.page(method, "/ready").result_int(), 405U) << method;
        EXPECT_EQ(world.page(method, "/channels").result_int(), 405U) << method;
    }
    EXPECT_EQ(world.page("GET", "/drain").result_int(), 405U);
    EXPECT_EQ(world.drained_at(), -2) << "looking at it does nothing";
}

TEST(AdminPortTest, RequestsShareAConnectionInTheirOrder) {
    const AdminWorld world;
    const std::string answer = world.ask(
        "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /channels HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    const std::size_t first = answer.find("HTTP/1.1 200");
    const std::size_t second = answer.find("HTTP/1.1 404", first);
    const std::size_t third = answer.find("application/octet-stream", second);
    EXPECT_EQ(first, 0U);
    EXPECT_NE(second, std::string::npos);
    EXPECT_NE(third, std::string::npos);
    EXPECT_NE(answer.find(R"({"ready":true)", third), std::string::npos);
}

TEST(AdminPortTest, RubbishIsRefusedAndTheConnectionClosed) {
    const AdminWorld world;
    for (const std::string request :
         {"\r\n\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
          "GET / HTTP/9.9\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
          "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
          "\x16\x03\x01\x02\x01\x01 TLS?\r\n\r\n"}) {
        EXPECT_THAT(world.ask(request), StartsWith("HTTP/1.1 400")) << request;
    }
    EXPECT_THAT(world.ask(std::string(200, '\0')), StartsWith("HTTP/1.1 400"));
    EXPECT_EQ(world.page("GET", "/health").result_int(), 200U) << "and the next one is served";
}

TEST(AdminPortTest, AnOversizeHeadIsRefused) {
    const AdminWorld world;
    const std::string long_name(100'000, 'a');
    for (const std::string& request :
         {"GET /" + long_name + " HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nX: " + long_name + "\r\n\r\n", "GET " + long_name, long_name}) {
        const std::string answer = world.ask(request);
        EXPECT_THAT(answer, testing::AnyOf(StartsWith("HTTP/1.1 431"), StartsWith("HTTP/1.1 400"),
                                           IsEmpty()))
            << request.substr(0, 10);
    }
    EXPECT_THAT(world.ask("GET / HTTP/1.1\r\nX: " + std::string(8'192, 'a') + "\r\n\r\n"),
                StartsWith("HTTP/1.1 431"));
    EXPECT_EQ(world.page("GET", "/health").result_int(), 200U);
}

TEST(AdminPortTest, WhoeverTakesTooLongToAskIsCutOff) {
    const AdminWorld world({.connections = 64, .header_bytes = 8'192, .idle = 1s});
    Peer silent(world.port());
    Peer slow(world.port());

    // A byte now and then does not count as asking.
    const std::string request =
        "GET /health HTTP/1.1\r\nHost: a." + std::string(7'000, 'o') + ".long.name\r\n\r\n";
    std::size_t said = 0;
    EXPECT_TRUE(eventually([&] {
        silent.hear();
        slow.hear();
        if (!slow.closed && said < request.size() - 4) slow.say(request.substr(said++, 1));
        return silent.closed && slow.closed;
    }));
    EXPECT_THAT(silent.heard, IsEmpty());
    EXPECT_THAT(slow.heard, IsEmpty());
    EXPECT_EQ(world.page("GET", "/health").result_int(), 200U);
}

/// Those that it takes stay, so each one more is one too many.
TEST(AdminPortTest, ExactlyAsManyConnectionsAsItTakesAreServedAndTheOthersAreRefused) {
    const AdminWorld world({.connections = 3, .header_bytes = 8'192, .idle = 10s});
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 6; ++i) peers.push_back(std::make_unique<Peer>(world.port()));
    for (const auto& peer : peers) peer->say("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");

    for (const auto& peer : peers) {
        EXPECT_TRUE(eventually([&] {
            peer->hear();
            return peer->heard.ends_with("}");
        }));
    }
    const auto answered = [&peers](std::string_view begin) {
        return std::ranges::count_if(
            peers, [begin](const auto& peer) { return peer->heard.starts_with(begin); });
    };
    EXPECT_EQ(answered("HTTP/1.1 200"), 3);
    EXPECT_EQ(answered("HTTP/1.1 503"), 3);
    for (const auto& peer : peers) {
        if (!peer->heard.starts_with("HTTP/1.1 503")) continue;
        EXPECT_TRUE(eventually([&] {
            peer->hear();
            return peer->closed;
        }));
        EXPECT_THAT(peer->heard, testing::HasSubstr("Connection: close"));
    }

    peers.clear();
    EXPECT_TRUE(eventually(
        [&] { return world.ask("GET /health HTTP/1.0\r\n\r\n", 1s).starts_with("HTTP/1.0 200"); }));
}

TEST(AdminPortTest, WhoIsRefusedIsServedAsSoonAsAnotherHasGone) {
    const AdminWorld world({.connections = 1, .header_bytes = 8'192, .idle = 10s});
    auto first = std::make_unique<Peer>(world.port());
    first->say("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] {
        first->hear();
        return first->heard.ends_with("{}");
    }));
    EXPECT_THAT(world.ask("GET /health HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 503"));

    // One that was refused and does not go takes nobody's place.
    Peer stays(world.port());
    EXPECT_TRUE(eventually([&] {
        stays.hear();
        return stays.closed;
    }));
    first.reset();
    EXPECT_TRUE(eventually(
        [&] { return world.ask("GET /health HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200"); }));
}

TEST(AdminPortTest, WhoIsTooManyEvenForThatIsClosedWithoutAWord) {
    const AdminWorld world({.connections = 1, .header_bytes = 8'192, .idle = 10s});
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 3; ++i) peers.push_back(std::make_unique<Peer>(world.port()));
    EXPECT_TRUE(eventually([&] {
        peers[2]->hear();
        return peers[2]->closed;
    }));
    EXPECT_THAT(peers[2]->heard, IsEmpty());
}

TEST(AdminPortTest, TheChannelsOfAHundredThousandComeInOrder) {
    const auto points = points_of_channels(100'000);
    const AdminWorld world({}, points);

    const auto all = world.page("GET", "/channels");
    EXPECT_EQ(all.result_int(), 200U);
    EXPECT_EQ(all[http::field::content_type], "application/octet-stream");
    EXPECT_EQ(points_in(all.body()), points);

    EXPECT_THAT(world.page("HEAD", "/channels").body(), IsEmpty());
    const std::string old = world.ask("GET /channels HTTP/1.0\r\n\r\n");
    EXPECT_EQ(points_in(old.substr(old.find("\r\n\r\n") + 4)), points);
}

TEST(AdminPortTest, TheChannelsOfSomeArcsAreExactlyThose) {
    const auto points = points_of_channels(20'000);
    const AdminWorld world({}, points);

    std::vector<std::uint64_t> wanted;
    std::ranges::copy_if(points, std::back_inserter(wanted), [](std::uint64_t point) {
        const ring::Arc arc = ring::arc_at(point);
        return (arc >= 100 && arc < 1'100) || arc == 65'535;
    });
    const auto answer = world.page("GET", "/channels?x=1&arcs=100-1000,65535-1");
    EXPECT_EQ(points_in(answer.body()), wanted);
    EXPECT_EQ(answer["Ringcast-Subscribe-Batch"], "100");
    EXPECT_EQ(world.page("GET", "/channels?arcs=0-65536").body().size(), 8 * points.size());
    for (const char* wrong : {"", "1", "1-0", "5-2,6-1", "65535-2", "1-1,", "-1", "a-b"}) {
        EXPECT_EQ(world.page("GET", std::string("/channels?arcs=") + wrong).result_int(), 400U)
            << wrong;
    }
}

TEST(AdminPortTest, AReaderThatStopsReadingIsCutOff) {
    const AdminWorld world({.connections = 1, .header_bytes = 8'192, .idle = 1s},
                           points_of_channels(500'000));
    Peer lazy(world.port(), 4'096);
    lazy.say("GET /channels HTTP/1.1\r\nHost: a\r\n\r\n");

    // It has the only connection that there may be: the next one is served when it lost it.
    EXPECT_TRUE(eventually(
        [&] { return world.ask("GET /health HTTP/1.0\r\n\r\n", 1s).starts_with("HTTP/1.0 200"); }));
    EXPECT_TRUE(eventually([&] {
        lazy.hear();
        return lazy.closed;
    }));
    EXPECT_LT(lazy.heard.size(), 8U * 500'000U);
}

TEST(AdminPortTest, ALongPageHoldsUpNobody) {
    const AdminWorld world({}, points_of_channels(500'000));
    Peer slow(world.port(), 4'096);
    slow.say("GET /channels HTTP/1.1\r\nHost: a\r\n\r\n");
    {
        Peer gone(world.port(), 4'096);
        gone.say("GET /channels HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    EXPECT_TRUE(eventually([&] {
        slow.hear();
        return slow.heard.starts_with("HTTP/1.1 200");
    }));

    EXPECT_EQ(world.page("GET", "/health").result_int(), 200U);
    EXPECT_TRUE(eventually(
        [&] {
            slow.hear();
            return slow.heard.ends_with("\r\n0\r\n\r\n");
        },
        60s));
    EXPECT_FALSE(slow.closed);
}

TEST(AdminPortTest, WhatGoesWrongCostsThatConnectionAlone) {
    const LogLines log;
    AdminWorld world({.connections = 1, .header_bytes = 8'192, .idle = 10s}, {}, log);
    Peer patient(world.port());

    world.snapshot_fails = true;
    patient.say("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] {
        patient.hear();
        return patient.closed;
    }));
    EXPECT_THAT(patient.heard, IsEmpty());
    EXPECT_EQ(log.count("admin connection dropped from=127.0.0.1 reason=\"a worse day\""), 1U);

    // There is room for one: it is served because the one before is gone.
    world.snapshot_fails = false;
    EXPECT_EQ(world.page("GET", "/health").result_int(), 200U);
}

TEST(AdminPortTest, APageThatGoesWrongHalfwayDoesNotLookWhole) {
    const LogLines log;
    AdminWorld world({}, points_of_channels(1'000), log);

    world.channels_fail = true;
    const std::string answer = world.ask("GET /channels HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, testing::Not(testing::HasSubstr("\r\n0\r\n\r\n")));
    EXPECT_EQ(log.count("admin connection dropped from=127.0.0.1 reason=\"a bad day\""), 1U);
    world.channels_fail = false;
    EXPECT_EQ(world.page("GET", "/channels").body().size(), 8'000U);
}

TEST(AdminPortTest, DrainingIsAskedForByPost) {
    AdminWorld world;
    const auto answer = world.page("POST", "/drain?rate=50");
    EXPECT_EQ(answer.result_int(), 202U);
    EXPECT_EQ(answer.body(), R"({"draining":true,"sessions":12})");
    EXPECT_EQ(world.drained_at(), 50);
    EXPECT_EQ(world.page("POST", "/drain").result_int(), 202U);
    EXPECT_EQ(world.drained_at(), -1) << "at the rate that is configured";

    for (const char* wrong : {"", "-1", "fast", "1e3", "99999999999"}) {
        EXPECT_EQ(world.page("POST", std::string("/drain?rate=") + wrong).result_int(), 400U);
    }
    world.refuses_to_drain = true;
    const auto refused = world.page("POST", "/drain");
    EXPECT_EQ(refused.result_int(), 409U);
    EXPECT_EQ(refused.body(), R"({"error":"it is \"joining\""})");
}

TEST(AdminPortTest, StoppingClosesWhatIsOpen) {
    auto world = std::make_unique<AdminWorld>();
    Peer peer(world->port());
    peer.say("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] {
        peer.hear();
        return peer.heard.find("{}") != std::string::npos;
    }));

    const std::uint16_t port = world->port();
    world.reset();

    EXPECT_TRUE(eventually([&] {
        peer.hear();
        return peer.closed;
    }));
    EXPECT_THAT(
        test::ask(
            port, "GET /health HTTP/1.0\r\n\r\n", [](std::string_view) { return false; }, 1s),
        IsEmpty());
}

}  // namespace
}  // namespace ringcast::test
