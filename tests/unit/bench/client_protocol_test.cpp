#include "client_protocol.hpp"

#include "client_faults.hpp"
#include "ringcast/gateway/protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace ringcast::bench {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view run = "run-1";
const Header header{7, 42, 3, 123'456'789'012'345};

/// What a gateway makes of a publish command, for every subscriber.
std::string delivered(const std::string& command, std::string_view channel) {
    const auto data = command.find(R"("data":)") + 7;
    return gateway::encode_push(
        channel, gateway::encode_publication(command.substr(data, command.size() - data - 2),
                                             R"({"user":"","client":"x"})"));
}

TEST(ClientProtocolTest, WhatIsPublishedIsKnownAgainWhenItIsDelivered) {
    for (const std::size_t payload : {0U, 100U, 5'000U}) {
        std::string command;
        append_publish(command, 9, "bench-7", run, header, payload);

        const auto line = parse_line(delivered(command, "bench-7"), run);

        ASSERT_TRUE(line);
        EXPECT_EQ(line->kind, ServerLine::Kind::publication);
        EXPECT_EQ(line->channel, "bench-7");
        EXPECT_EQ(line->header, header);
    }
}

TEST(ClientProtocolTest, ThePayloadHasTheSizeThatWasAskedFor) {
    std::string command;
    append_publish(command, 9, "bench-7", run, header, 300);

    const auto data = command.find(R"("data":)") + 7;
    EXPECT_EQ(command.size() - data - 2, 300U) << command;
    EXPECT_TRUE(gateway::is_json(command));
}

TEST(ClientProtocolTest, TheLeastSizeIsEnoughForWhateverIsCarried) {
    const Header greatest{std::numeric_limits<std::uint32_t>::max(),
                          std::numeric_limits<std::uint32_t>::max(), Heard::nobody,
                          std::numeric_limits<std::int64_t>::max()};
    for (const Header& one : {header, greatest}) {
        std::string command;
        append_publish(command, 9, "bench-7", "0123456789abcdef", one, data_bytes_min);

        const auto data = command.find(R"("data":)") + 7;
        EXPECT_EQ(command.size() - data - 2, data_bytes_min) << command;
    }
}

TEST(ClientProtocolTest, MessagesOfOthersCarryNoHeader) {
    std::string command;
    append_publish(command, 9, "bench-7", "another run", header, 100);

    for (const std::string& push :
         {delivered(command, "bench-7"),
          std::string(R"({"push":{"channel":"news","pub":{"data":{"text":"hi"}}}})"),
          std::string(R"({"push":{"channel":"news","pub":{"data":["run-1",1,2,3]}}})"),
          std::string(R"({"push":{"channel":"news","pub":{"data":["run-1",-1,2,3,4,""]}}})")}) {
        const auto line = parse_line(push, run);
        ASSERT_TRUE(line) << push;
        EXPECT_EQ(line->kind, ServerLine::Kind::publication) << push;
        EXPECT_FALSE(line->header) << push;
    }
}

TEST(ClientProtocolTest, CommandsAreLinesOfOneMessage) {
    std::string commands;
    append_connect(commands, 1, "");
    append_subscribe(commands, 2, "bench-1");
    append_subscribe(commands, 3, "bench-\"2\"");

    EXPECT_EQ(commands, R"({"id":1,"connect":{"name":"ringcast-bench"}})"
                        "\n"
                        R"({"id":2,"subscribe":{"channel":"bench-1"}})"
                        "\n"
                        R"({"id":3,"subscribe":{"channel":"bench-\"2\""}})");
}

TEST(ClientProtocolTest, ATokenIsSentWhenThereIsOne) {
    std::string command;
    append_connect(command, 1, "a.b.c");

    EXPECT_THAT(command, HasSubstr(R"("token":"a.b.c")"));
}

TEST(ClientProtocolTest, RepliesTellSuccessErrorAndExpiry) {
    const auto done = parse_line(R"({"id":5,"subscribe":{}})", run);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->kind, ServerLine::Kind::reply);
    EXPECT_EQ(done->id, 5U);
    EXPECT_EQ(done->code, 0U);

    const auto error =
        parse_line(R"({"id":6,"error":{"code":106,"message":"limit exceeded"}})", run);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, 106U);
    EXPECT_EQ(error->message, "limit exceeded");

    const auto odd = parse_line(R"({"id":6,"error":{}})", run);
    ASSERT_TRUE(odd);
    EXPECT_NE(odd->code, 0U) << "an error is never taken for success";

    const auto forever = parse_line(R"({"id":1,"connect":{"client":"x","ping":25}})", run);
    EXPECT_FALSE(forever->expires_s);
    const auto expiring =
        parse_line(R"({"id":1,"connect":{"client":"x","expires":true,"ttl":60}})", run);
    EXPECT_EQ(expiring->expires_s, 60U);
}

TEST(ClientProtocolTest, UnsubscribesPingsAndRubbishAreToldApart) {
    const auto gone = parse_line(
        R"({"push":{"channel":"bench-3","unsubscribe":{"code":2500,"reason":"insufficient state"}}})",
        run);
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->kind, ServerLine::Kind::unsubscribed);
    EXPECT_EQ(gone->channel, "bench-3");
    EXPECT_EQ(gone->code, 2'500U);

    EXPECT_EQ(parse_line("{}", run)->kind, ServerLine::Kind::ping);
    EXPECT_EQ(parse_line(R"({"push":{"channel":"a","join":{}}})", run)->kind,
              ServerLine::Kind::other);
    for (const char* rubbish : {"", "[]", "{", "null", "{}x"}) {
        EXPECT_FALSE(parse_line(rubbish, run)) << rubbish;
    }
}

TEST(ClientProtocolTest, UrlsNameHostPortAndPath) {
    const ClientPlace usual{"gw", "8000", "/connection/websocket"};
    EXPECT_EQ(parse_client_url("gw:8000"), usual);
    EXPECT_EQ(parse_client_url("ws://gw:8000/connection/websocket"), usual);
    EXPECT_EQ(parse_client_url("ws://gw/chat"), (ClientPlace{"gw", "80", "/chat"}));
    EXPECT_EQ(parse_client_url("ws://[::1]:81"), (ClientPlace{"::1", "81", "/"}));
    for (const char* wrong : {"", "gw", "wss://gw:443/x", "http://gw:80/", "ws://gw:0/", "gw:x"}) {
        EXPECT_FALSE(parse_client_url(wrong)) << wrong;
    }
}

TEST(ClientFaultsTest, ARefusalNamesTheSettingThatLiftsIt) {
    EXPECT_THAT(fault_of(Asked::subscribe, 106, "limit exceeded", "bench-"),
                HasSubstr("limits.channels_per_client_max"));
    EXPECT_THAT(fault_of(Asked::publish, 111, "too many requests", "bench-"),
                HasSubstr("limits.publishes_per_second"));
    EXPECT_THAT(fault_of(Asked::subscribe, 102, "unknown channel", "bench:"),
                HasSubstr("no namespace 'bench'"));
    EXPECT_THAT(fault_of(Asked::publish, 103, "permission denied", "bench:x"),
                HasSubstr("publish_for_clients of its namespace 'bench'"));
    EXPECT_THAT(fault_of(Asked::subscribe, 103, "permission denied", "bench-"),
                HasSubstr("subscribe_for_clients of its section `channels`"));
    EXPECT_THAT(fault_of(Asked::connect, 777, "whatever", "bench-"), Not(IsEmpty()));
}

TEST(ClientFaultsTest, WhatPassesByItselfIsNoFault) {
    EXPECT_THAT(fault_of(Asked::publish, 100, "internal server error", "bench-"), IsEmpty());
    EXPECT_THAT(fault_of(Asked::subscribe, 100, "internal server error", "bench-"), IsEmpty());
}

TEST(ClientFaultsTest, AClosedConnectionComesWithAdvice) {
    EXPECT_THAT(advice_for_close(R"(closed the connection: 3501 "bad request")"),
                HasSubstr("RINGCAST_BENCH_TOKEN"));
    EXPECT_THAT(advice_for_close(R"(closed the connection: 3013 "too many requests")"),
                HasSubstr("limits.commands_per_second"));
    EXPECT_THAT(advice_for_close("refuses WebSocket connections with HTTP 503"),
                HasSubstr("limits.connections_max"));
    EXPECT_THAT(advice_for_close("cannot be reached: Connection refused"), HasSubstr("--urls"));
    EXPECT_THAT(advice_for_close("broke the connection: reset"), IsEmpty());
}

}  // namespace
}  // namespace ringcast::bench
