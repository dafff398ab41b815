#include "server_world.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace ringcast::test {
namespace {

using gateway::CloseCode;
using namespace std::chrono_literals;

TEST(ServerTest, AClientConnectsSubscribesPublishesAndGetsItsOwnPublication) {
    ServerWorld world;
    WebSocketClient client = world.client();

    client.send(
        "{\"id\":1,\"connect\":{\"name\":\"js\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
    const std::string connected = client.line();
    const std::string subscribed = client.line();
    client.send(R"({"id":3,"publish":{"channel":"a","data":{"text":"hi"}}})");
    const std::string push = client.line_with("push");

    EXPECT_NE(connected.find(R"({"id":1,"connect":{"client":")"), std::string::npos);
    EXPECT_NE(connected.find(R"("ping":25,"pong":true)"), std::string::npos);
    EXPECT_EQ(subscribed, R"({"id":2,"subscribe":{}})");
    EXPECT_TRUE(push.starts_with(
        R"({"push":{"channel":"a","pub":{"data":{"text":"hi"},"info":{"user":"","client":")"))
        << push;
}

}  // namespace
}  // namespace ringcast::test
