#include "progress.hpp"

#include "report.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using Stage = Progress::Stage;

/// A handoff of redis-2 to view 8 in its second of three steps, led by gw-1.
ClusterState in_prepare() {
    ClusterState state;
    const auto ring = ring::Ring::genesis({{"redis-1", 100, ""}});
    const router::View view{router::ViewNumber{7}, *ring, {{"127.0.0.1", 7001}}};
    state.record = router::ViewRecord{view, std::nullopt, ""};
    state.record->proposal = router::ViewRecord::Proposal{view, router::Stage::prepare, 100};
    state.record->proposal->next.number = router::ViewNumber{8};
    state.record->request = "r-a.1-0000000003";
    state.record->step = 1;
    router::Request request{router::Request::Kind::add, "redis-2"};
    request.steps = {25, 50, 100};
    state.requests.push_back({"r-a.1-0000000003", request});
    state.coordinator = "gw-1";

    GatewayStatus one;
    one.id = "gw-1";
    one.handoff = {8, "prepare", 400, 300, 0, 0, 0};
    auto& running = one.coordination.emplace().handoff.emplace();
    running = {8, "prepare", "r-a.1-0000000003", 2, 3, {"g-b-0000000002"}, 1'000};
    state.gateway_ids = {{"g-a-0000000001", "gw-1"}, {"g-b-0000000002", "gw-10"}};
    GatewayStatus two;
    two.id = "gw-10";
    two.handoff = {8, "prepare", 100, 0, 0, 0, 0};
    state.told = {one, two};
    return state;
}

TEST(CtlProgressTest, BarsAreAsLongAsTheyShould) {
    EXPECT_EQ(bar(0, 4), "....");
    EXPECT_EQ(bar(0.5, 4), "##..");
    EXPECT_EQ(bar(0.99, 4), "###.");
    EXPECT_EQ(bar(1, 4), "####");
    EXPECT_EQ(bar(7, 4), "####");
    EXPECT_EQ(bar(-1, 4), "....");
}

TEST(CtlProgressTest, PreparingIsTheFirstHalfOfAStep) {
    const Progress progress = progress_of(in_prepare());
    EXPECT_EQ(progress.stage, Stage::prepare);
    EXPECT_DOUBLE_EQ(progress.share(), 0.3);
    ASSERT_TRUE(progress.seconds_left);
    EXPECT_DOUBLE_EQ(*progress.seconds_left, 5) << "100 to subscribe, 400 to leave, 100 a second";

    EXPECT_EQ(progress_lines(progress, 100),
              (std::vector<std::string>{
                  "add redis-2 in steps of 25, 50, 100 % to view 8, step 2 of 3: prepare",
                  "[#########.....................]  30 %  5.0 s left",
                  "  gw-1   [###############.....]  75 %  300 of 400",
                  "  gw-10  [....................]   0 %  0 of 100",
                  "  waiting for gw-10",
              }));
    EXPECT_EQ(progress_line(progress),
              "add redis-2 in steps of 25, 50, 100 % to view 8, step 2 of 3: prepare, 30 %");
    for (const auto& line : progress_lines(progress, 20)) EXPECT_LE(line.size(), 20U);
}

TEST(CtlProgressTest, LeavingIsTheSecondHalf) {
    ClusterState state = in_prepare();
    state.record->proposal.reset();
    state.told[0].coordination->handoff->stage = "leave";
    state.told[0].handoff = {8, "leave", 400, 400, 400, 400, 0};
    state.told[1].handoff = {8, "leave", 100, 100, 100, 50, 0};
    const Progress progress = progress_of(state);
    EXPECT_EQ(progress.stage, Stage::leave);
    EXPECT_DOUBLE_EQ(progress.share(), 0.95);
    EXPECT_DOUBLE_EQ(progress.seconds_left.value_or(-1), 50.0 / 20'000);
}

TEST(CtlProgressTest, WithoutAnswersTheZnodesStillTellTheStage) {
    ClusterState state = in_prepare();
    state.told.clear();
    state.record->proposal->stage = router::Stage::fence;
    const Progress progress = progress_of(state);
    EXPECT_EQ(progress.stage, Stage::fence);
    EXPECT_EQ(progress.step, 2U);
    EXPECT_EQ(progress.steps, 3U);
}

TEST(CtlProgressTest, AGatewayThatIsMuteLeavesTheTimeUnknown) {
    ClusterState state = in_prepare();
    state.told[1].handoff.reset();
    state.told[1].trouble = "does not answer";
    const Progress progress = progress_of(state);
    EXPECT_FALSE(progress.seconds_left);
    EXPECT_NE(progress_lines(progress, 80)[3].find("does not answer"), std::string::npos);
}

TEST(CtlProgressTest, WhatAWaitingRequestWaitsForIsSaid) {
    ClusterState state = in_prepare();
    state.record->proposal.reset();
    state.told[0].coordination->handoff.reset();
    state.told[0].coordination->waiting = "it waits for the night";
    Progress progress = progress_of(state);
    EXPECT_FALSE(progress.idle());
    EXPECT_EQ(progress_line(progress),
              "add redis-2 in steps of 25, 50, 100 %: it waits for the night");

    state.requests.clear();
    progress = progress_of(state);
    EXPECT_TRUE(progress.idle());
    EXPECT_EQ(progress_line(progress), "nothing to do");
    EXPECT_NE(progress_json(progress).find("\"stage\":\"idle\""), std::string::npos);

    state.record->removals = {{"redis-1", router::ViewNumber{9}}};
    EXPECT_EQ(progress_line(progress_of(state)), "redis-1 is taken for dead");
}

TEST(CtlProgressTest, BetweenTwoStepsItIsTheRequestUnderWayThatWaits) {
    ClusterState state = in_prepare();
    state.requests.insert(
        state.requests.begin(),
        {"r-0.1-0000000002", router::Request{router::Request::Kind::remove, "redis-9"}});
    state.record->proposal.reset();
    state.told[0].coordination->handoff.reset();
    state.told[0].coordination->waiting = "it waits";
    EXPECT_EQ(progress_line(progress_of(state)), "add redis-2 in steps of 25, 50, 100 %: it waits");
    state.record->step = 0;
    EXPECT_EQ(progress_line(progress_of(state)), "remove redis-9: it waits");
}

TEST(CtlGatewayStatusTest, EverythingAboutChangesIsRead) {
    const GatewayStatus status = parse_gateway_status(
        "gw-1",
        R"({"id":"gw-1","draining":true,"sessions":5,"handoff":{"view":8,"stage":"leave","moving":4,)"
        R"("prepared":3,"switched":2,"left":1,"buffered_bytes":9},"coordination":{"waiting":"w",)"
        R"("requests":[{"name":"r-1","due":true,"waits_for":""},7],)"
        R"("messages_per_second":7,"handoff":{"view":8,"stage":"leave","request":"r","step":2,)"
        R"("steps":3,"waiting_for":["gw-2"],"running_ms":12}}})");
    EXPECT_EQ(status.trouble, "");
    EXPECT_TRUE(status.draining);
    EXPECT_EQ(status.sessions, 5U);
    ASSERT_TRUE(status.handoff);
    EXPECT_EQ(status.handoff->left, 1U);
    ASSERT_TRUE(status.coordination);
    EXPECT_EQ(status.coordination->waiting, "w");
    ASSERT_NE(status.coordination->turn_of("r-1"), nullptr);
    EXPECT_TRUE(status.coordination->turn_of("r-1")->due);
    EXPECT_EQ(status.coordination->turns.size(), 1U);
    ASSERT_TRUE(status.coordination->handoff);
    EXPECT_EQ(status.coordination->handoff->waiting_for, std::vector<std::string>{"gw-2"});
}

TEST(CtlGatewayStatusTest, LessIsReadFromAnOlderGatewayAndNothingFromAnotherOne) {
    const GatewayStatus older =
        parse_gateway_status("gw-1", R"({"id":"gw-1","handoff":null,"sessions":"many"})");
    EXPECT_EQ(older.trouble, "");
    EXPECT_FALSE(older.handoff);
    EXPECT_EQ(older.sessions, 0U);
    EXPECT_NE(parse_gateway_status("gw-1", R"({"id":"gw-2"})").trouble, "");
    EXPECT_NE(parse_gateway_status("gw-1", "rubbish").trouble, "");
    EXPECT_NE(parse_gateway_status("gw-1", "[]").trouble, "");
}

}  // namespace
}  // namespace ringcast::ctl
