#include "a_record.hpp"
#include "footing.hpp"
#include "report.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using router::Request;
using Kind = Request::Kind;

/// redis-1 weighs 100, redis-2 weighs 300; redis-4 is on standby.
ClusterState two_members() {
    ClusterState state;
    state.record = a_record({{"redis-1", 100, ""}, {"redis-2", 300, ""}});
    state.nodes.emplace("redis-4", a_registered_node("redis-4"));
    return state;
}

std::string refusal(const ClusterState& state, const Request& request) {
    const auto report =
        report_other_weight(state, footing_of(state, request).record, request, Output::table);
    if (!report) return "";
    EXPECT_EQ(report->exit, ExitCode::wrong_use);
    return report->error;
}

TEST(CtlOtherWeightTest, AMemberIsNotAddedWithAnotherWeight) {
    const ClusterState state = two_members();
    EXPECT_EQ(refusal(state, {.kind = Kind::add, .node = "redis-1", .weight = 200}),
              "ringcastctl: redis-1 is a member of weight 100: use `ringcastctl weight`\n");

    EXPECT_EQ(refusal(state, {.kind = Kind::add, .node = "redis-1", .weight = 100}), "");
    EXPECT_EQ(refusal(state, {.kind = Kind::add, .node = "redis-1"}), "");
    EXPECT_EQ(refusal(state, {.kind = Kind::add, .node = "redis-4", .weight = 200}), "");
    EXPECT_EQ(refusal(state, {.kind = Kind::weight, .node = "redis-1", .weight = 200}), "");
    EXPECT_EQ(
        refusal(state, {.kind = Kind::add, .node = "redis-1", .weight = 200, .undo_of = "h-1"}), "")
        << "nobody said this weight";
}

TEST(CtlOtherWeightTest, WhatStandsInTheQueueBeforeItCounts) {
    ClusterState state = two_members();
    state.requests = {{"r-1", Request{.kind = Kind::remove, .node = "redis-1"}}};
    EXPECT_EQ(refusal(state, {.kind = Kind::add, .node = "redis-1", .weight = 200}), "")
        << "it will be gone by then";

    state.requests = {{"r-1", Request{.kind = Kind::weight, .node = "redis-1", .weight = 200}}};
    EXPECT_EQ(refusal(state, {.kind = Kind::add, .node = "redis-1", .weight = 200}), "");
    EXPECT_EQ(refusal(state, {.kind = Kind::add, .node = "redis-1", .weight = 100}),
              "ringcastctl: redis-1 is a member of weight 200: use `ringcastctl weight`\n");

    state.requests = {{"r-1", Request{.kind = Kind::add, .node = "redis-4"}}};
    EXPECT_EQ(
        refusal(state, {.kind = Kind::add, .node = "redis-4", .weight = 200}),
        "ringcastctl: redis-4 will by then be a member of weight 100: use `ringcastctl weight`\n");
}

}  // namespace
}  // namespace ringcast::ctl
