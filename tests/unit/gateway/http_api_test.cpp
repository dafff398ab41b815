#include "http_api.hpp"

#include "fake_router.hpp"
#include "hub.hpp"
#include "manual_scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::gateway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

/// The API over a router whose one node always answers, on a hand-turned clock.
class HttpApiTest : public testing::Test {
protected:
    struct Reply {
        unsigned status = 0;
        std::string body;
    };

    HttpApiTest() {
        options.keys = {"key", "other-key"};
        options.idempotency_entries_max = 3;
        options.broadcast_channels_max = 4;
        surroundings.refuse_channel = [](std::string_view channel) -> std::optional<ErrorCode> {
            if (channel.starts_with("nosuch:")) return ErrorCode::unknown_channel;
            return std::nullopt;
        };
        surroundings.gateways = [this] { return gateways; };
        surroundings.serving = [this] { return serving; };
        surroundings.now = [this] { return now; };
        surroundings.unix_seconds = [] { return 1'000; };
        api = make_http_api(options, surroundings);
    }

    /// What comes once everything has been answered; status 0 when nothing has.
    Reply send(HttpRequest request) {
        Reply reply;
        api(hub, request, [&reply](HttpResponse response) {
            EXPECT_EQ(reply.status, 0U) << "answered twice";
            reply = {response.status, response.body};
        });
        scheduler.run_ready();
        return reply;
    }

    Reply post(const std::string& method, std::string body,
               std::vector<std::pair<std::string, std::string>> fields = {{"x-api-key", "key"}}) {
        HttpRequest request;
        request.method = "POST";
        request.path = "/api/" + method;
        request.fields = std::move(fields);
        request.body = std::move(body);
        return send(request);
    }

    test::ManualScheduler scheduler;
    test::FakeRouter router{scheduler, [](std::string_view channel, std::string_view publication) {
                                return encode_push(channel, publication);
                            }};
    Hub hub{scheduler, router, scheduler, 1U << 20U};
    ApiOptions options;
    ApiSurroundings surroundings;
    HttpHandler api;
    std::vector<router::GatewayEntry> gateways;
    bool serving = true;
    std::chrono::steady_clock::time_point now{1h};
};

TEST_F(HttpApiTest, PublishesTheDataByteForByteWithTags) {
    const auto reply =
        post("publish", R"({"channel":"news","data":{"b": 1.0, "a":"\u00e9"},"tags":{"l":"en"}})");

    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.body, R"({"result":{}})");
    EXPECT_THAT(
        router.published(),
        ElementsAre(Pair("news", R"({"data":{"b": 1.0, "a":"\u00e9"},"tags":{"l":"en"}})")));
}

TEST_F(HttpApiTest, DataMayBeAnyJsonValueAlsoNullAndAlsoInBase64) {
    EXPECT_EQ(post("publish", R"({"channel":"a","data":null})").body, R"({"result":{}})");
    EXPECT_EQ(post("publish", R"({"channel":"a","data":[1]})").body, R"({"result":{}})");
    EXPECT_EQ(post("publish", R"({"channel":"a","b64data":"eyJ4IjoxfQ=="})").body,
              R"({"result":{}})");

    EXPECT_THAT(router.published(),
                ElementsAre(Pair("a", R"({"data":null})"), Pair("a", R"({"data":[1]})"),
                            Pair("a", R"({"data":{"x":1}})")));
}

TEST_F(HttpApiTest, IncompleteOrImpossiblePublishesAreBadRequests) {
    for (const char* body :
         {R"({})", R"({"channel":"a"})", R"({"data":1})", R"({"channel":"","data":1})",
          R"({"channel":7,"data":1})", R"({"channel":"a","data":1,"tags":[1]})",
          R"({"channel":"a","data":1,"tags":{"k":1}})", R"({"channel":"a","b64data":"$$$"})",
          R"({"channel":"a","b64data":"bm90IGpzb24="})",
          R"({"channel":"a","data":1,"idempotency_key":5})", ""}) {
        const auto reply = post("publish", body);
        EXPECT_EQ(reply.status, 200U) << body;
        EXPECT_EQ(reply.body, R"({"error":{"code":107,"message":"bad request"}})") << body;
    }
    EXPECT_THAT(router.published(), IsEmpty());
}

TEST_F(HttpApiTest, AChannelOfAnUnknownNamespaceIsRefused) {
    EXPECT_EQ(post("publish", R"({"channel":"nosuch:x","data":1})").body,
              R"({"error":{"code":102,"message":"unknown channel"}})");
}

TEST_F(HttpApiTest, AnUnparsableBodyIsTheOnlyReasonFor400) {
    for (const char* body : {"{", "[]", "7", "{\"channel\":\"a\",\"data\":1} x", "\xff", "nul"}) {
        EXPECT_EQ(post("publish", body).status, 400U) << body;
    }
}

TEST_F(HttpApiTest, TheKeyMayComeInAHeaderOrTheQuery) {
    const std::string body = R"({"channel":"a","data":1})";
    EXPECT_EQ(post("publish", body, {{"x-api-key", "other-key"}}).status, 200U);
    EXPECT_EQ(post("publish", body, {{"authorization", "apikey key"}}).status, 200U);
    EXPECT_EQ(post("publish", body, {{"authorization", "ApiKey key"}}).status, 200U);

    HttpRequest request;
    request.method = "POST";
    request.path = "/api/publish";
    request.body = body;
    request.query = "x=1&api_key=%6bey";
    EXPECT_EQ(send(request).status, 200U);
}

TEST_F(HttpApiTest, WithoutAGoodKeyNothingIsDone) {
    const std::string body = R"({"channel":"a","data":1})";
    for (const auto& fields : std::vector<std::vector<std::pair<std::string, std::string>>>{
             {},
             {{"x-api-key", ""}},
             {{"x-api-key", "ke"}},
             {{"x-api-key", "keyx"}},
             {{"authorization", "Bearer key"}},
             {{"authorization", "apikey "}}}) {
        EXPECT_EQ(post("publish", body, fields).status, 401U);
    }
    EXPECT_THAT(router.published(), IsEmpty());

    options.keys.clear();
    api = make_http_api(options, surroundings);
    EXPECT_EQ(post("publish", body).status, 401U) << "no key configured refuses everything";
    EXPECT_EQ(post("publish", body, {}).status, 401U);
}

TEST_F(HttpApiTest, OtherVerbsPathsAndMethodsAreTurnedAway) {
    HttpRequest request;
    request.path = "/api/publish";
    for (const char* verb : {"GET", "PUT", "DELETE", "OPTIONS"}) {
        request.method = verb;
        EXPECT_EQ(send(request).status, 405U) << verb;
    }
    EXPECT_EQ(post("presence", "{}").status, 404U);
    EXPECT_EQ(post("", "{}").status, 404U);
    request.method = "GET";
    request.path = "/elsewhere";
    EXPECT_EQ(send(request).status, 404U);
}

TEST_F(HttpApiTest, BroadcastAnswersForEachChannelInTheirOrder) {
    router.hold_answers();
    Reply reply;
    HttpRequest request;
    request.method = "POST";
    request.path = "/api/broadcast";
    request.fields = {{"x-api-key", "key"}};
    request.body = R"({"channels":["a","nosuch:x","b"],"data":1})";
    api(hub, request, [&reply](HttpResponse response) {
        reply = {response.status, response.body};
    });
    scheduler.run_ready();
    EXPECT_EQ(reply.status, 0U) << "answered before the nodes did";

    router.release_answers();
    scheduler.run_ready();
    EXPECT_EQ(reply.body, R"({"result":{"responses":[{"result":{}},)"
                          R"({"error":{"code":102,"message":"unknown channel"}},{"result":{}}]}})");
    EXPECT_THAT(router.published(),
                ElementsAre(Pair("a", R"({"data":1})"), Pair("b", R"({"data":1})")));
}

TEST_F(HttpApiTest, BroadcastsAreBounded) {
    EXPECT_EQ(post("broadcast", R"({"channels":[],"data":1})").body,
              R"({"result":{"responses":[]}})");
    for (const char* body :
         {R"({"channels":["a","b","c","d","e"],"data":1})", R"({"channels":"a","data":1})",
          R"({"channels":[1],"data":1})", R"({"data":1})", R"({"channels":["a"]})"}) {
        EXPECT_THAT(post("broadcast", body).body, HasSubstr("107")) << body;
    }
    EXPECT_THAT(router.published(), IsEmpty());
}

TEST_F(HttpApiTest, ARouterThatFailsIsATemporaryInternalError) {
    router.fail_publishes(router::Errc::unreachable);
    EXPECT_THAT(post("publish", R"({"channel":"a","data":1})").body, HasSubstr("\"code\":100"));

    router.fail_publishes(router::Errc::too_large);
    EXPECT_THAT(post("publish", R"({"channel":"a","data":1})").body, HasSubstr("\"code\":107"));
}

TEST_F(HttpApiTest, ARepeatUnderTheSameKeyPublishesNothing) {
    const std::string body = R"({"channel":"a","data":1,"idempotency_key":"k"})";
    EXPECT_EQ(post("publish", body).body, R"({"result":{}})");
    EXPECT_EQ(post("publish", body).body, R"({"result":{}})");
    EXPECT_THAT(router.published(), SizeIs(1));

    EXPECT_EQ(post("publish", R"({"channel":"b","data":1,"idempotency_key":"k"})").body,
              R"({"result":{}})");
    EXPECT_THAT(router.published(), SizeIs(2)) << "another channel is another publish";

    now += 5min;
    (void)post("publish", body);
    EXPECT_THAT(router.published(), SizeIs(3)) << "the window is over";
}

TEST_F(HttpApiTest, AFailedPublishMayBeRepeatedUnderItsKey) {
    const std::string body = R"({"channel":"a","data":1,"idempotency_key":"k"})";
    router.fail_publishes(router::Errc::unreachable);
    EXPECT_THAT(post("publish", body).body, HasSubstr("100"));

    router.recover();
    EXPECT_EQ(post("publish", body).body, R"({"result":{}})");
    const auto published = router.published().size();
    EXPECT_EQ(post("publish", body).body, R"({"result":{}})");
    EXPECT_EQ(router.published().size(), published);
}

TEST_F(HttpApiTest, ARepeatWhileTheFirstIsOpenIsATemporaryError) {
    const std::string body = R"({"channel":"a","data":1,"idempotency_key":"k"})";
    router.hold_answers();
    HttpRequest request;
    request.method = "POST";
    request.path = "/api/publish";
    request.fields = {{"x-api-key", "key"}};
    request.body = body;
    api(hub, request, [](const HttpResponse&) {});
    scheduler.run_ready();

    EXPECT_THAT(post("publish", body).body, HasSubstr("\"code\":100"));
    router.release_answers();
    scheduler.run_ready();
    EXPECT_THAT(router.published(), SizeIs(1));
}

TEST_F(HttpApiTest, RemembersABoundedNumberOfKeys) {
    for (const char* key : {"1", "2", "3", "4"}) {
        (void)post("publish",
                   std::string(R"({"channel":"a","data":1,"idempotency_key":")") + key + "\"}");
    }
    (void)post("publish", R"({"channel":"a","data":1,"idempotency_key":"1"})");
    EXPECT_THAT(router.published(), SizeIs(5)) << "the oldest was forgotten";
    (void)post("publish", R"({"channel":"a","data":1,"idempotency_key":"4"})");
    EXPECT_THAT(router.published(), SizeIs(5));
}

TEST_F(HttpApiTest, ABatchAnswersEachCommandInItsPlace) {
    const auto reply = post("batch", R"({"commands":[{"publish":{"channel":"a","data":{}}},)"
                                     R"({"publish":{"channel":"nosuch:x","data":{}}},{"rpc":{}},)"
                                     R"({"info":{}}]})");

    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.body,
              R"({"replies":[{"publish":{}},{"error":{"code":102,"message":"unknown channel"}},)"
              R"({"error":{"code":104,"message":"method not found"}},{"info":{"nodes":[]}}]})");
    EXPECT_EQ(post("batch", R"({"commands":[]})").body, R"({"replies":[]})");
    EXPECT_EQ(post("batch", R"({"commands":[{}]})").status, 400U);
    EXPECT_EQ(post("batch", R"({"commands":[1]})").status, 400U);
    EXPECT_EQ(post("batch", R"({})").status, 400U);
}

TEST_F(HttpApiTest, TransportErrorModeTurnsErrorsIntoStatuses) {
    const std::vector<std::pair<std::string, std::string>> fields{
        {"x-api-key", "key"}, {"x-centrifugo-error-mode", "transport"}};

    const auto unknown = post("publish", R"({"channel":"nosuch:x","data":1})", fields);
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_EQ(unknown.body, R"({"code":102,"message":"unknown channel"})");
    EXPECT_EQ(post("publish", "{}", fields).status, 400U);
    EXPECT_EQ(post("publish", R"({"channel":"a","data":1})", fields).status, 200U);
    router.fail_publishes(router::Errc::unreachable);
    EXPECT_EQ(post("publish", R"({"channel":"a","data":1})", fields).status, 500U);
}

TEST_F(HttpApiTest, InfoListsEveryGatewayWithAllNumbers) {
    router::GatewayEntry gateway;
    gateway.id = "gw-1";
    gateway.version = "0.1.0";
    gateway.load.clients = 3;
    gateway.started_at = 900;
    gateways = {gateway, {}};

    EXPECT_EQ(post("info", "{}").body,
              R"({"result":{"nodes":[{"uid":"gw-1","name":"gw-1","version":"0.1.0",)"
              R"("num_clients":3,"num_users":0,"num_subs":0,"num_channels":0,"uptime":100},)"
              R"({"uid":"","name":"","version":"","num_clients":0,"num_users":0,"num_subs":0,)"
              R"("num_channels":0,"uptime":1000}]}})");
}

TEST_F(HttpApiTest, HealthNeedsNoKeyAndFailsWhileDraining) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/health";
    EXPECT_EQ(send(request).status, 200U);
    EXPECT_EQ(send(request).body, "{}");

    serving = false;
    EXPECT_EQ(send(request).status, 503U);
    request.method = "POST";
    EXPECT_EQ(send(request).status, 405U);
}

}  // namespace
}  // namespace ringcast::gateway
