#include "ringcast/router/entries.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringcast::router {
namespace {

NodeEntry a_node() {
    return {.id = "redis-1",
            .address = {"10.0.0.1", 6379},
            .weight = 250,
            .zone = "rack-a",
            .version = "7.0.15",
            .instance = "f00d",
            .load = {.channels = 1, .gateways = 2, .messages_per_second = 3, .memory_bytes = 4}};
}

GatewayEntry a_gateway() {
    return {.id = "gw-1",
            .client_url = "ws://10.0.0.9:8000/connection/websocket",
            .admin_url = "http://10.0.0.9:9000",
            .version = "0.1.0",
            .draining = true,
            .unreachable = {"redis-1", "redis-2"},
            .load = {.clients = 1,
                     .users = 2,
                     .subscriptions = 3,
                     .channels = 4,
                     .messages_per_second = 5},
            .started_at = 1'700'000'000};
}

HistoryEntry a_history_entry() {
    return {.request = "r-0000000007",
            .what = "add",
            .node = "redis-4",
            .by = "eve \"the operator\" \xc3\xa9",
            .done = true,
            .reason = "line\nbreak",
            .at = 1'700'000'001,
            .took_ms = 12,
            .view = UINT64_MAX,
            .arcs_moved = 16'384,
            .channel = "news",
            .node_before = "redis-2",
            .weight = 200,
            .weight_before = 100,
            .pins = {"news", "sp\"ort \xc3\xa9"},
            .undo_of = "h-x.1-0000000003",
            .steps = 3,
            .phases = {.prepare_ms = 1, .fence_ms = 2, .leave_ms = 3},
            .gateways = 4,
            .started_at = 5};
}

TEST(EntriesTest, ANodeComesBackAsItWent) {
    EXPECT_EQ(parse_node_entry("redis-1", encode(a_node())), a_node());
}

TEST(EntriesTest, AGatewayComesBackAsItWent) {
    EXPECT_EQ(parse_gateway_entry(encode(a_gateway())), a_gateway());
}

TEST(EntriesTest, ARequestComesBackAsItWent) {
    using Kind = Request::Kind;
    for (const auto kind : {Kind::add, Kind::remove, Kind::weight, Kind::pin, Kind::unpin}) {
        const Request request{.kind = kind,
                              .node = "redis-9",
                              .by = "ops@host",
                              .at = 17,
                              .weight = 250,
                              .channel = "news \xc3\xa9",
                              .undo_of = "h-1",
                              .steps = {25, 50, 100},
                              .rate = 5'000};
        EXPECT_EQ(parse_request(encode(request)), request);
        EXPECT_EQ(parse_request_kind(name_of(kind)), kind);
    }
    const Request undo{.kind = Kind::add, .node = "redis-9", .pins = {"news", "sp\"ort \xc3\xa9"}};
    EXPECT_EQ(parse_request(encode(undo)), undo);
    for (const When& when : {When{}, When{.kind = When::Kind::window, .from = 1'439, .until = 0},
                             When{.kind = When::Kind::window, .from = 125, .until = 1'200},
                             When{.kind = When::Kind::quiet, .below = 5'000, .for_s = 60}}) {
        const Request request{.kind = Kind::unpin, .channel = "c", .when = when};
        EXPECT_EQ(parse_request(encode(request)), request);
    }
}

TEST(EntriesTest, ARequestSaysNoMoreThanItMust) {
    EXPECT_EQ(parse_request(R"({"kind":"remove","node":"n"})"),
              (Request{.kind = Request::Kind::remove, .node = "n"}));
    EXPECT_EQ(parse_request(R"({"kind":"add","node":"n","when":{"kind":"now"},"steps":[100]})"),
              (Request{.node = "n", .steps = {100}}));
    EXPECT_EQ(
        parse_request(
            R"({"kind":"unpin","channel":"c","when":{"kind":"window","from":"23:30","until":"05:00"}})"),
        (Request{.kind = Request::Kind::unpin,
                 .channel = "c",
                 .when = {.kind = When::Kind::window, .from = 1'410, .until = 300}}));
}

TEST(EntriesTest, TimesOfTheDayAreTwoDigitsEach) {
    EXPECT_EQ(parse_time_of_day("00:00"), 0);
    EXPECT_EQ(parse_time_of_day("23:59"), 1'439);
    EXPECT_EQ(time_of_day_text(605), "10:05");
    for (const char* text : {"", "2:00", "24:00", "12:60", "12-30", "12:3x", "12:300", "-1:00"}) {
        EXPECT_FALSE(parse_time_of_day(text)) << text;
    }
}

TEST(EntriesTest, AHistoryEntryComesBackAsItWent) {
    EXPECT_EQ(parse_history_entry(encode(a_history_entry())), a_history_entry());
}

TEST(EntriesTest, WhatIsNotRequiredHasItsDefault) {
    const auto node = parse_node_entry("n", R"({"address":"h:1"})");
    ASSERT_TRUE(node);
    EXPECT_EQ(node->weight, 100U);
    EXPECT_EQ(node->address, (Address{"h", 1}));
    EXPECT_TRUE(parse_gateway_entry(R"({"id":"g"})"));
    EXPECT_TRUE(parse_request(R"({"kind":"add","node":"n"})"));
    EXPECT_TRUE(parse_history_entry(R"({"what":"genesis","done":true})"));
}

TEST(EntriesTest, UnknownFieldsAreIgnored) {
    EXPECT_TRUE(
        parse_node_entry("n", R"({"address":"h:1","colour":{"deep":[1,2]},"load":{"x":1}})"));
    EXPECT_TRUE(parse_gateway_entry(R"({"id":"g","later":null})"));
}

TEST(EntriesTest, RubbishIsNoEntryOfAnyKind) {
    const std::string deep(100'000, '[');
    const std::string huge =
        R"({"id":"g","kind":"add","node":"n","what":"x","done":true,"address":"h:1","pad":")" +
        std::string(300'000, 'x') + "\"}";
    for (const std::string& text :
         {std::string{}, std::string("null"), std::string("7"), std::string("[]"), std::string("{"),
          std::string("{}"), std::string("{} {}"), std::string(1, '\0'), std::string("\xff\xfe"),
          std::string("{\"id\":\"\xff\",\"kind\":\"\xff\"}"), deep, huge}) {
        EXPECT_FALSE(parse_node_entry("n", text)) << text.substr(0, 40);
        EXPECT_FALSE(parse_gateway_entry(text)) << text.substr(0, 40);
        EXPECT_FALSE(parse_request(text)) << text.substr(0, 40);
        EXPECT_FALSE(parse_history_entry(text)) << text.substr(0, 40);
    }
}

TEST(EntriesTest, ANodeWithAnImpossibleValueIsRefused) {
    for (const char* text : {
             R"({"address":7})",
             R"({"address":""})",
             R"({"address":"h"})",
             R"({"address":"h:0"})",
             R"({"address":"h:65536"})",
             R"({"address":"h h:1"})",
             R"({"address":"h:1","weight":0})",
             R"({"address":"h:1","weight":-1})",
             R"({"address":"h:1","weight":1.5})",
             R"({"address":"h:1","weight":1000001})",
             R"({"address":"h:1","weight":"100"})",
             R"({"address":"h:1","zone":"two words"})",
             R"({"address":"h:1","load":7})",
             R"({"address":"h:1","load":{"channels":-1}})",
         }) {
        EXPECT_FALSE(parse_node_entry("n", text)) << text;
    }
}

TEST(EntriesTest, ANodeWhoseZnodeHasAnImpossibleNameIsRefused) {
    for (const std::string& id :
         {std::string{}, std::string("a/b"), std::string("a b"), std::string("."),
          std::string(".."), std::string("\x7f"), std::string("\xc3\xa9"), std::string(65, 'x')}) {
        EXPECT_FALSE(parse_node_entry(id, R"({"address":"h:1"})")) << id;
    }
}

TEST(EntriesTest, AGatewayWithAnImpossibleValueIsRefused) {
    for (const char* text : {
             R"({"id":""})",
             R"({"id":"a b"})",
             R"({"id":"g","unreachable":"n"})",
             R"({"id":"g","unreachable":[7]})",
             R"({"id":"g","unreachable":[""]})",
             R"({"id":"g","draining":1})",
             R"({"id":"g","started_at":-1})",
         }) {
        EXPECT_FALSE(parse_gateway_entry(text)) << text;
    }
}

TEST(EntriesTest, ARequestForSomethingUnknownIsRefused) {
    EXPECT_FALSE(parse_request(R"({"kind":"explode","node":"n"})"));
    EXPECT_FALSE(parse_request(R"({"kind":"add","node":"../config"})"));
    EXPECT_FALSE(parse_request(R"({"node":"n"})"));
}

TEST(EntriesTest, ARequestThatLacksWhatItsKindNeedsIsRefused) {
    const std::string long_name(256, 'x');
    for (const std::string& text : {
             std::string(R"({"kind":"add"})"),
             std::string(R"({"kind":"add","node":""})"),
             std::string(R"({"kind":"weight","node":"n"})"),
             std::string(R"({"kind":"weight","node":"n","weight":0})"),
             std::string(R"({"kind":"weight","node":"n","weight":1000001})"),
             std::string(R"({"kind":"pin","node":"n"})"),
             std::string(R"({"kind":"pin","channel":"c"})"),
             std::string(R"({"kind":"pin","node":"n","channel":""})"),
             R"({"kind":"pin","node":"n","channel":")" + long_name + "\"}",
             std::string(R"({"kind":"unpin","node":"n"})"),
         }) {
        EXPECT_FALSE(parse_request(text)) << text;
    }
}

TEST(EntriesTest, ARequestWithAnImpossibleTimeStepOrRateIsRefused) {
    for (const char* what : {
             R"("when":7)",
             R"("when":{})",
             R"("when":{"kind":"soon"})",
             R"("when":{"kind":"window","from":"02:00"})",
             R"("when":{"kind":"window","from":"02:00","until":"02:00"})",
             R"("when":{"kind":"window","from":"02:00","until":"24:00"})",
             R"("when":{"kind":"quiet","for_s":60})",
             R"("when":{"kind":"quiet","below":0,"for_s":60})",
             R"("when":{"kind":"quiet","below":5,"for_s":86401})",
             R"("steps":100)",
             R"("steps":[50])",
             R"("steps":[50,50,100])",
             R"("steps":[100,50])",
             R"("steps":[0,100])",
             R"("steps":[50,101])",
             R"("steps":["50",100])",
             R"("rate":-1)",
             R"("rate":1.5)",
         }) {
        EXPECT_FALSE(parse_request(R"({"kind":"remove","node":"n",)" + std::string(what) + "}"))
            << what;
    }
}

TEST(EntriesTest, AHistoryEntryWithAnImpossibleValueIsRefused) {
    for (const char* what : {R"("steps":[1])", R"("phases":7)", R"("phases":{"fence_ms":-1})",
                             R"("weight":-1)", R"("gateways":"two")"}) {
        EXPECT_FALSE(parse_history_entry(R"({"what":"add","done":true,)" + std::string(what) + "}"))
            << what;
    }
}

}  // namespace
}  // namespace ringcast::router
