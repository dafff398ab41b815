#include "waiting_alike.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using router::Request;
using Kind = Request::Kind;

Request pin(const std::string& channel, const std::string& node) {
    return {.kind = Kind::pin, .node = node, .channel = channel};
}

Request unpin(const std::string& channel) {
    return {.kind = Kind::unpin, .channel = channel};
}

/// The name of the one that need not be asked for again: "r-1" is the first in the queue.
std::string alike(const std::vector<Request>& queue, const Request& wish) {
    ClusterState state;
    for (const Request& request : queue) {
        state.requests.push_back({"r-" + std::to_string(state.requests.size() + 1), request});
        state.requests.back().request->by = "eve@admin";
        state.requests.back().request->at = 7;
    }
    const QueuedRequest* found = waiting_alike(state, wish);
    return found == nullptr ? "" : found->name;
}

TEST(CtlWaitingAlikeTest, TheSameWishNeedNotBeAskedForAgain) {
    EXPECT_EQ(alike({}, pin("news", "redis-2")), "");
    EXPECT_EQ(alike({pin("news", "redis-2")}, pin("news", "redis-2")), "r-1");
    EXPECT_EQ(alike({pin("news", "redis-2")}, pin("sport", "redis-2")), "");
    EXPECT_EQ(alike({pin("news", "redis-2"), pin("sport", "redis-3"),
                     {.kind = Kind::remove, .node = "redis-4"}},
                    pin("news", "redis-2")),
              "r-1")
        << "the others are about something else";
}

TEST(CtlWaitingAlikeTest, WhoeverChangedTheirMindIsHeard) {
    EXPECT_EQ(alike({pin("news", "redis-2"), unpin("news")}, pin("news", "redis-2")), "");
    EXPECT_EQ(alike({pin("news", "redis-2"), pin("news", "redis-3")}, pin("news", "redis-2")), "");
    EXPECT_EQ(alike({unpin("news"), pin("news", "redis-2")}, unpin("news")), "");
    EXPECT_EQ(alike({pin("news", "redis-2"), {.kind = Kind::remove, .node = "redis-2"}},
                    pin("news", "redis-2")),
              "")
        << "a removal ends the pin";
}

TEST(CtlWaitingAlikeTest, WhatCannotBeReadIsPassedOver) {
    ClusterState state;
    state.requests = {{"r-1", unpin("news")}, {"r-2", std::nullopt}};
    ASSERT_NE(waiting_alike(state, unpin("news")), nullptr);
    EXPECT_EQ(waiting_alike(state, unpin("news"))->name, "r-1");
}

}  // namespace
}  // namespace ringcast::ctl
