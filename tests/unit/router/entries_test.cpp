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
            .arcs_moved = 16'384};
}

TEST(EntriesTest, ANodeComesBackAsItWent) {
    EXPECT_EQ(parse_node_entry("redis-1", encode(a_node())), a_node());
}

TEST(EntriesTest, AGatewayComesBackAsItWent) {
    EXPECT_EQ(parse_gateway_entry(encode(a_gateway())), a_gateway());
}

TEST(EntriesTest, ARequestComesBackAsItWent) {
    for (const auto kind : {Request::Kind::add, Request::Kind::remove}) {
        const Request request{.kind = kind, .node = "redis-9", .by = "ops@host", .at = 17};
        EXPECT_EQ(parse_request(encode(request)), request);
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

}  // namespace
}  // namespace ringcast::router
