#include "progress.hpp"

#include "report.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using Stage = Progress::Stage;

/// The ring with redis-2 as a member of this weight.
router::View view_with(std::uint32_t weight, std::uint64_t number) {
    const auto alone = ring::Ring::genesis({{"redis-1", 100, ""}});
    const auto ring = ring::Ring::next(*alone, {{"redis-1", 100, ""}, {"redis-2", weight, ""}});
    return {router::ViewNumber{number}, *ring, {{"127.0.0.1", 7001}, {"127.0.0.1", 7002}}};
}

/// A handoff of redis-2 to view 8 in its second of three steps, led by gw-1.
ClusterState in_prepare() {
    ClusterState state;
    state.record = router::ViewRecord{view_with(25, 7), std::nullopt, ""};
    state.record->proposal =
        router::ViewRecord::Proposal{view_with(50, 8), router::Stage::prepare, 100};
    state.record->request = "r-a.1-0000000003";
    state.record->step = 1;
    router::HistoryEntry open;
    open.request = state.record->request;
    open.what = "add";
    open.node = "redis-2";
    open.weight = 100;
    open.steps = 1;
    state.record->note = encode(open);
    router::Request request{router::Request::Kind::add, "redis-2"};
    request.steps = {25, 50, 100};
    request.rate = 100;
    state.requests.push_back({"r-a.1-0000000003", request});
    state.coordinator = "gw-1";
    state.gateways.emplace_back().load.channels = 1'200;
    state.gateways.emplace_back().load.channels = 300;

    GatewayStatus one;
    one.id = "gw-1";
    one.handoff = {8, "prepare", 400, 300, 0, 0};
    auto& running = one.coordination.emplace().handoff.emplace();
    running = {8, "prepare", "r-a.1-0000000003", 2, 3, {"g-b-0000000002"}};
    state.gateway_ids = {{"g-a-0000000001", "gw-1"}, {"g-b-0000000002", "gw-10"}};
    GatewayStatus two;
    two.id = "gw-10";
    two.handoff = {8, "prepare", 100, 0, 0, 0};
    state.told = {one, two};
    return state;
}

/// The same, of a change in one step.
ClusterState in_one_step() {
    ClusterState state = in_prepare();
    state.requests[0].request->steps.clear();
    state.record->step = 0;
    auto& running = *state.told[0].coordination->handoff;
    running.step = running.steps = 1;
    return state;
}

/// Leaving: gw-1 is done, gw-10 has left 50 of 100.
ClusterState in_leave(ClusterState state) {
    state.record->in_force = state.record->proposal->next;
    state.record->proposal.reset();
    state.told[0].coordination->handoff->stage = "leave";
    state.told[0].handoff = {8, "leave", 400, 400, 400, 400};
    state.told[1].handoff = {8, "leave", 100, 100, 100, 50};
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

TEST(CtlProgressTest, LinesAreCutToTheHeightOfTheTerminal) {
    using Lines = std::vector<std::string>;
    const Lines lines{"a", "b", "c", "d"};
    EXPECT_EQ(lines_that_fit(lines, 5), lines);
    EXPECT_EQ(lines_that_fit(lines, 4), lines);
    EXPECT_EQ(lines_that_fit(lines, 3), (Lines{"a", "b", "  and 2 more"}));
    EXPECT_EQ(lines_that_fit(lines, 2), (Lines{"a", "  and 3 more"}));
    EXPECT_EQ(lines_that_fit(lines, 1), Lines{"a"});
    EXPECT_EQ(lines_that_fit(lines, 0), Lines{"a"});
    EXPECT_EQ(lines_that_fit({"a"}, 0), Lines{"a"});
    EXPECT_EQ(lines_that_fit({}, 0), Lines{});
}

TEST(CtlProgressTest, PreparingIsTheFirstHalfOfAStep) {
    const Progress progress = progress_of(in_one_step());
    EXPECT_EQ(progress.stage, Stage::prepare);
    EXPECT_DOUBLE_EQ(progress.share(), 0.3);
    ASSERT_TRUE(progress.seconds_left);
    EXPECT_DOUBLE_EQ(*progress.seconds_left, 5) << "100 to subscribe, 400 to leave, 100 a second";

    EXPECT_EQ(progress_lines(progress, 100),
              (std::vector<std::string>{
                  "add redis-2 at 100 channels/s to view 8: prepare",
                  "[#########.....................]  30 %  5.0 s left",
                  "  gw-1   [###############.....]  75 %  300 of 400",
                  "  gw-10  [....................]   0 %  0 of 100",
                  "  waiting for gw-10",
              }));
    EXPECT_EQ(progress_line(progress), "add redis-2 at 100 channels/s to view 8: prepare, 30 %");
    EXPECT_EQ(progress_summary(progress),
              "add redis-2 at 100 channels/s to view 8: prepare, 30 %, 5.0 s left");
    for (const auto& line : progress_lines(progress, 20)) EXPECT_LE(line.size(), 20U);
}

TEST(CtlProgressTest, LeavingIsTheSecondHalfAtTheRateThatWasAskedFor) {
    ClusterState state = in_leave(in_one_step());
    Progress progress = progress_of(state);
    EXPECT_EQ(progress.stage, Stage::leave);
    EXPECT_DOUBLE_EQ(progress.share(), 0.95);
    EXPECT_DOUBLE_EQ(progress.seconds_left.value_or(-1), 0.5) << "50 are left, 100 a second";

    state.requests[0].request->rate = 0;
    progress = progress_of(state);
    EXPECT_DOUBLE_EQ(progress.seconds_left.value_or(-1), 50.0 / 20'000) << "the cluster's";
}

TEST(CtlProgressTest, LeavingBeginsWhenAllHavePrepared) {
    ClusterState state = in_one_step();
    state.told[0].handoff->prepared = 400;
    EXPECT_DOUBLE_EQ(progress_of(state).seconds_left.value_or(-1), 5)
        << "gw-10 has 100 to subscribe, and then gw-1 400 to leave";
}

TEST(CtlProgressTest, EachStepHasItsBarAndTheTimeIsThatOfAllThatAreLeft) {
    const ClusterState state = in_prepare();
    const Progress progress = progress_of(state);
    // The last step takes redis-2 from a third of the ring to a half: 200 of 1,200 channels.
    EXPECT_NEAR(progress.seconds_left.value_or(-1), 5 + 2 * 200 / 100.0, 0.01);
    EXPECT_EQ(progress_lines(progress, 100),
              (std::vector<std::string>{
                  "add redis-2 in steps of 25, 50, 100 % at 100 channels/s to view 8, step 2 of 3: "
                  "prepare",
                  "[##############################] 100 %  to 25 %: done",
                  "[#########.....................]  30 %  to 50 %: prepare, 5.0 s left",
                  "[..............................]   0 %  to 100 %: to come, about 4.0 s",
                  "9.0 s left in all",
                  "  gw-1   [###############.....]  75 %  300 of 400",
                  "  gw-10  [....................]   0 %  0 of 100",
                  "  waiting for gw-10",
              }));
    const std::string json = progress_json(progress);
    EXPECT_NE(json.find(R"("each_step":[{"percent":25,"state":"done","seconds_left":null},)"
                        R"({"percent":50,"state":"current","seconds_left":5E0},)"
                        R"({"percent":100,"state":"to come","seconds_left":4)"),
              std::string::npos)
        << json;

    const Progress leaving = progress_of(in_leave(state));
    EXPECT_EQ(leaving.each_step[1].state, Progress::Step::State::current);
    EXPECT_NEAR(leaving.seconds_left.value_or(-1), 0.5 + 4, 0.01);

    ClusterState between = in_leave(state);
    between.told[0].coordination->handoff.reset();
    between.told[0].coordination->waiting = "it waits for the night";
    between.record->step = 2;
    const auto lines = progress_lines(progress_of(between), 100);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_NE(lines[0].find(": it waits for the night"), std::string::npos);
    EXPECT_NE(lines[2].find("to 50 %: done"), std::string::npos);
    EXPECT_NE(lines[3].find("to 100 %: to come, about 4.0 s"), std::string::npos);
}

TEST(CtlProgressTest, TheTimeGoesDownByTheClockUntilAWholeCommandWouldBeDone) {
    ClusterState state = in_one_step();
    state.told[0].handoff = {8, "prepare", 2'400, 0, 0, 0};
    Countdown countdown;
    const Countdown::Time start{};
    const auto left_after = [&](std::chrono::seconds time) {
        Progress progress = progress_of(state);
        countdown.count_down(progress, start + time);
        return progress.seconds_left.value_or(-1);
    };
    using namespace std::chrono_literals;
    EXPECT_DOUBLE_EQ(left_after(0s), 48);
    EXPECT_DOUBLE_EQ(left_after(3s), 45);
    state.told[0].handoff->prepared = 512;
    EXPECT_DOUBLE_EQ(left_after(6s), 42) << "what is counted later than it was done adds nothing";
    EXPECT_NEAR(left_after(60s), 48 - 5.12 - 2 * 5.12, 1e-6)
        << "at each of two nodes a command may be on its way";

    state.told[0].handoff->prepared = 2'400;
    state.record->proposal->stage = router::Stage::fence;
    EXPECT_DOUBLE_EQ(left_after(61s), 24) << "what comes after a stage it does not touch";
    state.told[1].trouble = "does not answer";
    EXPECT_DOUBLE_EQ(left_after(62s), -1);
}

TEST(CtlProgressTest, AHandoffThatIsPausedSaysSo) {
    ClusterState state = in_one_step();
    state.settings.paused = true;
    const std::string paused = "paused: `ringcastctl resume` lets it go on";
    const Progress progress = progress_of(state);
    EXPECT_EQ(progress_lines(progress, 80).back(), "  " + paused);
    EXPECT_EQ(progress_line(progress),
              "add redis-2 at 100 channels/s to view 8: prepare, 30 %, " + paused);
    EXPECT_FALSE(progress.seconds_left);
    EXPECT_EQ(state_of_request(state, 0), "prepare, step 1 of 1, " + paused);
    state.told.clear();
    EXPECT_EQ(state_of_request(state, 0), "prepare, " + paused);

    EXPECT_EQ(progress_of(in_leave(in_one_step())).waiting, "");
    ClusterState leaving = in_leave(in_one_step());
    leaving.settings.paused = true;
    EXPECT_EQ(progress_of(leaving).waiting, "") << "that goes on";
    EXPECT_EQ(state_of_request(leaving, 0), "leave, step 1 of 1, waiting for gw-10");
}

TEST(CtlProgressTest, EveryRequestThatWaitsSaysForWhatInTheWordsOfRequests) {
    ClusterState state = in_one_step();
    const auto request = [&](const std::string& name, const std::string& node) {
        state.requests.push_back({name, router::Request{router::Request::Kind::remove, node}});
    };
    request("r-4", "redis-7");
    request("r-5", "redis-8");
    state.told[0].coordination->turns = {{"r-4", false, "it waits for the night"}};
    auto lines = progress_lines(progress_of(state), 100);
    EXPECT_EQ(lines[lines.size() - 2], "  also remove redis-7: it waits for the night");
    EXPECT_EQ(lines.back(), "  also remove redis-8: after r-4");
    EXPECT_NE(progress_line(progress_of(state)).find("prepare, 30 % (and 2 more requests)"),
              std::string::npos);
    EXPECT_NE(progress_json(progress_of(state))
                  .find(R"("others":[{"what":"remove redis-7","state":"it waits for the night"},)"),
              std::string::npos);

    state.requests.erase(state.requests.begin());
    state.record->proposal.reset();
    state.told.clear();
    state.coordinator.reset();
    EXPECT_EQ(progress_lines(progress_of(state), 100),
              (std::vector<std::string>{
                  "remove redis-7: no gateway leads as coordinator: start one",
                  "  also remove redis-8: after r-4",
              }));
    EXPECT_EQ(progress_line(progress_of(state)),
              "remove redis-7: no gateway leads as coordinator: start one (and 1 more request)");
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
    ClusterState state = in_one_step();
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
              "add redis-2 in steps of 25, 50, 100 % at 100 channels/s: it waits for the night");

    state.requests.clear();
    progress = progress_of(state);
    EXPECT_TRUE(progress.idle());
    EXPECT_EQ(progress_line(progress), "nothing to do");
    EXPECT_NE(progress_json(progress).find("\"stage\":\"idle\""), std::string::npos);
}

TEST(CtlProgressTest, ARequestSaysOnWhomItWaitsWhileItIsCarriedOut) {
    ClusterState state = in_one_step();
    EXPECT_EQ(state_of_request(state, 0), "prepare, step 1 of 1, waiting for gw-10");
    auto& waiting_for = state.told[0].coordination->handoff->waiting_for;
    waiting_for = {"redis-2", "g-a-0000000001", "redis-3", "redis-4", "redis-5"};
    EXPECT_EQ(state_of_request(state, 0),
              "prepare, step 1 of 1, waiting for gw-1, redis-2, redis-3 and 2 more");
    EXPECT_EQ(report_waiting("r-a.1-0000000003", state, Output::table).error,
              "ringcastctl: not done yet: request r-a.1-0000000003 stays in the queue; prepare, "
              "step 1 of 1, waiting for gw-1, redis-2, redis-3 and 2 more\n");
    waiting_for.clear();
    EXPECT_EQ(state_of_request(state, 0), "prepare, step 1 of 1");
}

TEST(CtlProgressTest, AMemberThatIsTakenForDeadIsCountedWhateverElseIsAskedFor) {
    ClusterState state = in_prepare();
    state.record->proposal.reset();
    auto& coordination = *state.told[0].coordination;
    coordination.handoff.reset();
    coordination.waiting = "it waits for the night";
    state.record->removals = {{"redis-1", router::ViewNumber{9}},
                              {"redis-2", router::ViewNumber{9}}};
    coordination.removals = {{"redis-1", "its lease", 2'400}};
    const std::vector<std::string> counted{
        "redis-1 is taken for dead, waits for its lease 3 s", "redis-2 is taken for dead"};
    auto lines = progress_lines(progress_of(state), 100);
    ASSERT_GT(lines.size(), 2U);
    EXPECT_EQ(lines[lines.size() - 2], "  " + counted[0]);
    EXPECT_EQ(lines.back(), "  " + counted[1]);
    EXPECT_EQ(progress_line(progress_of(state)),
              "add redis-2 in steps of 25, 50, 100 % at 100 channels/s: it waits for the night; " +
                  counted[0] + "; " + counted[1]);

    state.requests.clear();
    const Progress progress = progress_of(state);
    EXPECT_TRUE(progress.idle());
    EXPECT_FALSE(progress.at_rest());
    EXPECT_EQ(progress_lines(progress, 100),
              (std::vector<std::string>{counted[0], "  " + counted[1]}));
    EXPECT_EQ(progress_line(progress), counted[0] + "; " + counted[1]);
    EXPECT_NE(progress_json(progress).find(
                  R"("removals":[{"node":"redis-1","state":"taken for dead, waits for )"),
              std::string::npos);
    state.record->removals.clear();
    EXPECT_TRUE(progress_of(state).at_rest());
}

TEST(CtlProgressTest, BetweenTwoStepsItIsTheRequestUnderWayThatWaits) {
    ClusterState state = in_prepare();
    state.requests.insert(
        state.requests.begin(),
        {"r-0.1-0000000002", router::Request{router::Request::Kind::remove, "redis-9"}});
    state.record->proposal.reset();
    state.told[0].coordination->handoff.reset();
    state.told[0].coordination->waiting = "it waits";
    EXPECT_EQ(progress_line(progress_of(state)),
              "add redis-2 in steps of 25, 50, 100 % at 100 channels/s: it waits (and 1 more "
              "request)");
    state.record->step = 0;
    EXPECT_EQ(progress_line(progress_of(state)), "remove redis-9: it waits (and 1 more request)");
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
    const GatewayStatus older = parse_gateway_status(
        "gw-1", R"({"id":"gw-1","handoff":{"view":8,"moving":"many"},"coordination":null})");
    EXPECT_EQ(older.trouble, "");
    ASSERT_TRUE(older.handoff);
    EXPECT_EQ(older.handoff->view, 8U);
    EXPECT_EQ(older.handoff->moving, 0U);
    EXPECT_FALSE(older.coordination);
    EXPECT_NE(parse_gateway_status("gw-1", R"({"id":"gw-2"})").trouble, "");
    EXPECT_NE(parse_gateway_status("gw-1", "rubbish").trouble, "");
    EXPECT_NE(parse_gateway_status("gw-1", "[]").trouble, "");
}

}  // namespace
}  // namespace ringcast::ctl
