// Dispatch, connect, refresh, ping and limits: docs/protocol.md sections 2, 3, 5, 6, 7.1, 7.5.
#include "client_machine.hpp"

#include "machine_world.hpp"
#include "token_maker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ringcast::gateway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto connected =
    R"({"id":1,"connect":{"client":"client-1","version":"0.1.0","ping":25,"pong":true}})";

struct Row {
    const char* what;
    const char* message;
    const char* answer;
};

TEST(ClientMachineTest, BeforeConnectEverythingElseIsABadRequest) {
    const std::vector<Row> rows = {
        {"subscribe", R"({"id":1,"subscribe":{"channel":"a"}})", "close 3501"},
        {"publish", R"({"id":1,"publish":{"channel":"a","data":1}})", "close 3501"},
        {"send", R"({"send":{"data":1}})", "close 3501"},
        {"pong", "{}", "close 3501"},
        {"refresh", R"({"id":1,"refresh":{"token":"x"}})", "close 3501"},
        {"connect without id", R"({"connect":{}})", "close 3501"},
        {"connect that is no object", R"({"id":1,"connect":5})", "close 3501"},
        {"a token of the wrong type", R"({"id":1,"connect":{"token":5}})", "close 3501"},
        {"a long name", R"({"id":1,"connect":{"name":"12345678901234567"}})", "close 3501"},
        {"nothing", "", "close 3501"},
        {"blank", " \n ", "close 3501"},
        {"no JSON", "hello", "close 3501"},
        {"no object", "[]", "close 3501"},
        {"half an object", R"({"id":1,)", "close 3501"},
        {"not UTF-8", "{\"id\":1,\"connect\":{\"name\":\"\xFF\"}}", "close 3501"},
        {"a negative id", R"({"id":-1,"connect":{}})", "close 3501"},
        {"an id that is no number", R"({"id":"1","connect":{}})", "close 3501"},
        {"an id beyond 32 bits", R"({"id":4294967296,"connect":{}})", "close 3501"},
    };
    for (const Row& row : rows) {
        MachineWorld world;
        EXPECT_THAT(world.receive(row.message), ElementsAre(row.answer)) << row.what;
        EXPECT_TRUE(world.machine->is_closed()) << row.what;
    }
}

TEST(ClientMachineTest, AfterConnectTheDispatchTableHolds) {
    const std::vector<Row> rows = {
        {"second connect", R"({"id":2,"connect":{}})", "close 3501"},
        {"pong without ping", "{}", "close 3501"},
        {"id 0", R"({"subscribe":{"channel":"a"}})", "close 3501"},
        {"unknown method", R"({"id":2,"dance":{}})", "close 3501"},
        {"ping as a method", R"({"id":2,"ping":{}})", "close 3501"},
        {"no method", R"({"id":2})", "close 3501"},
        {"a method that is null", R"({"id":2,"publish":null})", "close 3501"},
        {"subscribe without channel", R"({"id":2,"subscribe":{}})", "close 3501"},
        {"unsubscribe without channel", R"({"id":2,"unsubscribe":{}})", "close 3501"},
        {"publish without channel", R"({"id":2,"publish":{"data":1}})", "close 3501"},
        {"presence without channel", R"({"id":2,"presence":{}})", "close 3501"},
        {"sub_refresh without channel", R"({"id":2,"sub_refresh":{"token":"x"}})", "close 3501"},
        {"refresh without token", R"({"id":2,"refresh":{}})", "close 3501"},
        {"send", R"({"send":{"data":1}})", "close 3508"},
        {"presence", R"({"id":2,"presence":{"channel":"a"}})",
         R"({"id":2,"error":{"code":108,"message":"not available"}})"},
        {"presence_stats", R"({"id":2,"presence_stats":{"channel":"a"}})",
         R"({"id":2,"error":{"code":108,"message":"not available"}})"},
        {"history", R"({"id":2,"history":{"channel":"a"}})",
         R"({"id":2,"error":{"code":108,"message":"not available"}})"},
        {"rpc", R"({"id":2,"rpc":{"method":"x"}})",
         R"({"id":2,"error":{"code":108,"message":"not available"}})"},
        {"of two methods the first of section 7",
         R"({"id":2,"rpc":{},"unsubscribe":{"channel":"a"}})", R"({"id":2,"unsubscribe":{}})"},
        {"whatever their order", R"({"id":2,"unsubscribe":{"channel":"a"},"rpc":{}})",
         R"({"id":2,"unsubscribe":{}})"},
        {"unknown fields", R"({"id":2,"x":[1],"unsubscribe":{"channel":"a","y":{}}})",
         R"({"id":2,"unsubscribe":{}})"},
    };
    for (const Row& row : rows) {
        MachineWorld world;
        world.connect();
        EXPECT_THAT(world.receive(row.message), ElementsAre(row.answer)) << row.what;
    }
}

TEST(ClientMachineTest, CommandsOfOneMessageAreObeyedInOrder) {
    MachineWorld world;

    EXPECT_THAT(world.receive("{\"id\":1,\"connect\":{\"name\":\"js\"}}\n"
                              "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"flag\":1}}\n"
                              "{\"id\":3,\"unsubscribe\":{\"channel\":\"b\"}}\n"),
                ElementsAre(connected, "join a", R"({"id":3,"unsubscribe":{}})"));
}

TEST(ClientMachineTest, WhatStandsBeforeAFaultIsObeyed) {
    MachineWorld world;

    EXPECT_THAT(world.receive("{\"id\":1,\"connect\":{}}\n{\"id\":2,"),
                ElementsAre(connected, "close 3501"));
    EXPECT_THAT(world.receive(R"({"id":3,"unsubscribe":{"channel":"b"}})"), IsEmpty());
}

TEST(ClientMachineTest, CommandsOnOneLineAreRefused) {
    MachineWorld world;
    world.connect();
    EXPECT_THAT(world.receive(R"({"id":2,"rpc":{}} {"id":3,"rpc":{}})"),
                ElementsAre(HasSubstr("108"), "close 3501"));
}

TEST(ClientMachineTest, ATokenConnectsItsUserUntilItExpires) {
    MachineWorld world(MachineWorld::token_options());

    const auto said = world.receive(R"({"id":7,"connect":{"token":")" +
                                    make_token(R"({"sub":"42","exp":1800003600})") + R"("}})");

    EXPECT_THAT(said, ElementsAre(R"({"id":7,"connect":{"client":"client-1","version":"0.1.0",)"
                                  R"("expires":true,"ttl":3600,"ping":25,"pong":true}})"));
    EXPECT_EQ(world.machine->admitted_user(), "42");
}

struct ConnectRow {
    const char* what;
    std::string token;
    void (*change)(MachineWorld&);
    const char* answer;
};

TEST(ClientMachineTest, EachOutcomeOfConnectIsAsTheTableSays) {
    const auto as_it_is = [](MachineWorld&) {};
    const auto error = [](int code, const char* message) {
        return R"({"id":1,"error":{"code":)" + std::to_string(code) + R"(,"message":")" + message +
               R"("}})";
    };
    const std::string expired_token = error(109, "token expired");
    const std::string expired = error(110, "expired");
    const std::vector<ConnectRow> rows = {
        {"no token", "", as_it_is, "close 3501"},
        {"no token, anonymous allowed", "",
         [](MachineWorld& w) { w.options.admission.anonymous_without_token = true; }, connected},
        {"bad token", make_token("{}", "wrong"), as_it_is, "close 3500"},
        {"bad token when insecure", make_token("{}", "wrong"),
         [](MachineWorld& w) { w.options.admission.insecure = true; }, "close 3500"},
        {"expired token", make_token(R"({"sub":"1","exp":1700000000})"), as_it_is,
         expired_token.c_str()},
        {"expire_at is past", make_token(R"({"sub":"1","expire_at":1700000000})"), as_it_is,
         expired.c_str()},
        {"expiry is off when insecure", make_token(R"({"sub":"1","exp":1800000100})"),
         [](MachineWorld& w) { w.options.admission.insecure = true; }, connected},
        {"anonymous token", make_token("{}"), as_it_is, connected},
        {"anonymous token refused", make_token("{}"),
         [](MachineWorld& w) { w.options.admission.anonymous_with_token = false; }, "close 3507"},
        {"too many of this user", make_token(R"({"sub":"1"})"),
         [](MachineWorld& w) { w.admits = false; }, "close 3504"},
        {"a subscription token", make_token(R"({"sub":"1","channel":"a"})"), as_it_is,
         "close 3500"},
    };
    for (const ConnectRow& row : rows) {
        MachineWorld world(MachineWorld::token_options());
        row.change(world);
        world.remake();
        EXPECT_THAT(world.receive(R"({"id":1,"connect":{"token":")" + row.token + R"("}})"),
                    ElementsAre(row.answer))
            << row.what;
    }
}

TEST(ClientMachineTest, AfterAConnectErrorNothingIsLookedAtAndTheClientIsDropped) {
    MachineWorld world(MachineWorld::token_options());
    world.connect(make_token(R"({"exp":1700000000})"));

    EXPECT_THAT(world.receive(R"({"id":2,"subscribe":{"channel":"a"}})"), IsEmpty());
    EXPECT_THAT(world.receive("garbage"), IsEmpty());
    EXPECT_THAT(world.pass(4'999ms), IsEmpty());
    EXPECT_THAT(world.pass(1ms), ElementsAre("close 3502"));
}

TEST(ClientMachineTest, WhoDoesNotConnectInTimeIsStale) {
    MachineWorld world;
    EXPECT_THAT(world.pass(9'999ms), IsEmpty());
    EXPECT_THAT(world.pass(1ms), ElementsAre("close 3502"));
}

TEST(ClientMachineTest, PingsGoOutAndPongsKeepTheConnection) {
    MachineWorld world;
    world.connect();

    EXPECT_THAT(world.pass(19'999ms), IsEmpty());
    EXPECT_THAT(world.pass(1ms), ElementsAre("{}"));
    EXPECT_THAT(world.receive("{}"), IsEmpty());
    EXPECT_THAT(world.pass(25s), ElementsAre("{}"));
    EXPECT_THAT(world.receive("{}\n"), IsEmpty());
    EXPECT_THAT(world.receive("{}"), ElementsAre("close 3501")) << "one pong per ping";
}

TEST(ClientMachineTest, WithoutAPongTheConnectionIsClosed) {
    MachineWorld world;
    world.connect();
    world.pass(20s);

    EXPECT_THAT(world.pass(7s), IsEmpty());
    EXPECT_THAT(world.receive(R"({"id":2,"rpc":{}})"), ElementsAre(HasSubstr("108")))
        << "other commands are no pong";
    EXPECT_THAT(world.pass(1s), ElementsAre("close 3012"));
}

TEST(ClientMachineTest, AConnectionThatIsNotRefreshedIsClosedAfterTheGrace) {
    MachineWorld world(MachineWorld::token_options());
    world.options.times.ping_interval = 1h;
    world.remake();
    world.machine = std::make_unique<ClientMachine>(*world.server, "client-1", 1h, world.now);
    world.connect(make_token(R"({"sub":"1","exp":1800000060})"));

    EXPECT_THAT(world.pass(84'999ms), IsEmpty());
    EXPECT_THAT(world.pass(1ms), ElementsAre("close 3005"));
}

TEST(ClientMachineTest, RefreshIsAnsweredAsTheTableSays) {
    const auto refresh = [](const std::string& token) {
        return R"({"id":2,"refresh":{"token":")" + token + R"("}})";
    };
    const std::vector<std::pair<std::string, std::string>> rows = {
        {make_token(R"({"sub":"1","exp":1800007200})"),
         R"({"id":2,"refresh":{"expires":true,"ttl":7200}})"},
        {make_token(R"({"sub":"1"})"), R"({"id":2,"refresh":{}})"},
        {make_token(R"({"sub":"1","exp":1700000000})"), "close 3005"},
        {make_token(R"({"sub":"1","expire_at":1700000000})"), "close 3005"},
        {make_token(R"({"sub":"2","exp":1800007200})"), "close 3500"},
        {make_token(R"({"sub":"1"})", "wrong"), "close 3500"},
        {"", "close 3501"},
    };
    for (const auto& [token, answer] : rows) {
        MachineWorld world(MachineWorld::token_options());
        world.connect(make_token(R"({"sub":"1","exp":1800000060})"));
        EXPECT_THAT(world.receive(refresh(token)), ElementsAre(answer));
    }
}

TEST(ClientMachineTest, ARefreshedConnectionStays) {
    MachineWorld world(MachineWorld::token_options());
    world.connect(make_token(R"({"sub":"1","exp":1800000010})"));
    world.pass(15s);
    world.receive(R"({"id":2,"refresh":{"token":")" +
                  make_token(R"({"sub":"1","exp":1800007200})") + R"("}})");

    world.pass(6s);  // a ping
    world.receive("{}");
    world.pass(18s);  // beyond the first expiry and its grace
    EXPECT_FALSE(world.machine->is_closed());
}

TEST(ClientMachineTest, AFloodOfCommandsIsClosed) {
    MachineWorld world;
    world.options.limits.commands_per_second = 10;
    world.remake();
    world.connect();
    const std::string command = R"({"id":2,"unsubscribe":{"channel":"a"}})";
    for (int i = 0; i < 9; ++i) EXPECT_EQ(world.receive(command).size(), 1U);

    world.pass(100ms);
    EXPECT_THAT(world.receive(command), ElementsAre(HasSubstr("unsubscribe")));
    EXPECT_THAT(world.receive(command), ElementsAre("close 3013"));
}

TEST(ClientMachineTest, DeepJsonIsABadRequest) {
    MachineWorld world;
    world.connect();
    const std::string deep = std::string(100, '[') + std::string(100, ']');
    EXPECT_THAT(world.receive(R"({"id":2,"publish":{"channel":"a","data":)" + deep + "}}"),
                ElementsAre("close 3501"));
}

}  // namespace
}  // namespace ringcast::gateway
