#include "handshake.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace ringcast::gateway {
namespace {

HandshakeRequest good_request() {
    HandshakeRequest request;
    request.method = "GET";
    request.version = 11;
    request.target = "/connection/websocket";
    request.host = "example.org";
    request.connection = "keep-alive, Upgrade";
    request.upgrade = "WebSocket";
    request.key = "dGhlIHNhbXBsZSBub25jZQ==";
    request.websocket_version = "13";
    return request;
}

struct Case {
    const char* what;
    std::function<void(HandshakeRequest&)> spoil;
    HandshakeRefusal refusal;
    unsigned status;
};

TEST(HandshakeTest, EachFaultIsRefusedWithItsStatus) {
    using Refusal = HandshakeRefusal;
    const std::vector<Case> cases = {
        {"another method", [](auto& r) { r.method = "POST"; }, Refusal::malformed, 400},
        {"HTTP/1.0", [](auto& r) { r.version = 10; }, Refusal::malformed, 400},
        {"two keys", [](auto& r) { r.repeats_field = true; }, Refusal::malformed, 400},
        {"no host", [](auto& r) { r.host = ""; }, Refusal::malformed, 400},
        {"no key", [](auto& r) { r.key = ""; }, Refusal::malformed, 400},
        {"a short key", [](auto& r) { r.key = "AAAA=="; }, Refusal::malformed, 400},
        {"a key of other characters", [](auto& r) { r.key = "dGhl!HNhbXBsZSBub25jZQ=="; },
         Refusal::malformed, 400},
        {"no Connection", [](auto& r) { r.connection = ""; }, Refusal::not_an_upgrade, 426},
        {"no Upgrade", [](auto& r) { r.upgrade = ""; }, Refusal::not_an_upgrade, 426},
        {"another protocol", [](auto& r) { r.upgrade = "h2c"; }, Refusal::not_an_upgrade, 426},
        {"no version", [](auto& r) { r.websocket_version = ""; }, Refusal::version, 426},
        {"an old version", [](auto& r) { r.websocket_version = "8"; }, Refusal::version, 426},
        {"protobuf", [](auto& r) { r.target = "/connection/websocket?format=protobuf"; },
         Refusal::protobuf, 400},
        {"protobuf again",
         [](auto& r) { r.target = "/connection/websocket?x=1&cf_protocol=protobuf"; },
         Refusal::protobuf, 400},
        {"a foreign page", [](auto& r) { r.origin = "https://evil.example"; }, Refusal::origin,
         403},
        {"an empty origin", [](auto& r) { r.origin = ""; }, Refusal::origin, 403},
    };
    for (const Case& each : cases) {
        HandshakeRequest request = good_request();
        each.spoil(request);

        const auto decision = decide(request, {"https://*.example.org"});

        ASSERT_TRUE(std::holds_alternative<HandshakeRefusal>(decision)) << each.what;
        EXPECT_EQ(std::get<HandshakeRefusal>(decision), each.refusal) << each.what;
        EXPECT_EQ(status(each.refusal), each.status) << each.what;
    }
}

TEST(HandshakeTest, AGoodRequestIsAcceptedWithoutASubprotocol) {
    const auto decision = decide(good_request(), {});

    ASSERT_TRUE(std::holds_alternative<HandshakeAcceptance>(decision));
    EXPECT_EQ(std::get<HandshakeAcceptance>(decision).protocol, "");
}

TEST(HandshakeTest, TheJsonSubprotocolIsSelectedWhenOffered) {
    HandshakeRequest request = good_request();
    request.protocols = "centrifuge-protobuf, centrifuge-json";
    EXPECT_EQ(std::get<HandshakeAcceptance>(decide(request, {})).protocol, "centrifuge-json");

    request.protocols = "centrifuge-protobuf";
    EXPECT_EQ(std::get<HandshakeAcceptance>(decide(request, {})).protocol, "");
}

TEST(HandshakeTest, WithoutPatternsEveryRequestWithAnOriginIsRefused) {
    HandshakeRequest request = good_request();
    request.origin = "https://example.org";
    EXPECT_TRUE(std::holds_alternative<HandshakeRefusal>(decide(request, {})));
    EXPECT_TRUE(std::holds_alternative<HandshakeAcceptance>(decide(request, {"*"})));
}

TEST(HandshakeTest, OriginsMatchPatternsWholly) {
    EXPECT_TRUE(matches_origin("*", "null"));
    EXPECT_TRUE(matches_origin("https://example.org", "https://EXAMPLE.org"));
    EXPECT_TRUE(matches_origin("https://*.example.org", "https://a.b.example.org"));
    EXPECT_TRUE(matches_origin("https://*:*", "https://a:8000"));
    EXPECT_TRUE(matches_origin("*a*ab", "xaaab"));
    EXPECT_FALSE(matches_origin("https://example.org", "https://example.org.evil"));
    EXPECT_FALSE(matches_origin("https://*.example.org", "https://example.org"));
    EXPECT_FALSE(matches_origin("https://example.org", "http://example.org"));
    EXPECT_FALSE(matches_origin("*b", "xa"));
}

TEST(HandshakeTest, TheQueryIsNoPartOfThePath) {
    EXPECT_EQ(path_of("/a/b?c=d?e"), "/a/b");
    EXPECT_EQ(query_of("/a/b?c=d?e"), "c=d?e");
    EXPECT_EQ(query_of("/a/b"), "");
}

TEST(HandshakeTest, ThoseWhoMayComeBackLaterGet503) {
    for (const auto refusal : {HandshakeRefusal::draining, HandshakeRefusal::connection_limit,
                               HandshakeRefusal::address_limit, HandshakeRefusal::rate_limit}) {
        EXPECT_EQ(status(refusal), 503U);
        EXPECT_FALSE(text(refusal).empty());
    }
    EXPECT_EQ(status(HandshakeRefusal::head_too_large), 431U);
}

}  // namespace
}  // namespace ringcast::gateway
