#include "undo.hpp"

#include "a_record.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using router::Request;
using Kind = Request::Kind;

PastChange past(const std::string& name, const std::string& what, const std::string& node) {
    PastChange change{name, {}};
    change.entry.request = "r-" + name;
    change.entry.what = what;
    change.entry.node = node;
    change.entry.done = true;
    change.entry.steps = 1;
    return change;
}

TEST(CtlUndoTest, EachChangeHasItsInverse) {
    EXPECT_EQ(undo_of({past("h-1", "add", "redis-4")}, "").request,
              (Request{.kind = Kind::remove, .node = "redis-4", .undo_of = "h-1"}));

    PastChange removed = past("h-1", "remove", "redis-4");
    removed.entry.weight_before = 300;
    EXPECT_EQ(undo_of({removed}, "").request,
              (Request{.kind = Kind::add, .node = "redis-4", .weight = 300, .undo_of = "h-1"}));

    PastChange weighed = past("h-1", "weight", "redis-4");
    weighed.entry.weight_before = 100;
    weighed.entry.weight = 200;
    EXPECT_EQ(undo_of({weighed}, "").request,
              (Request{.kind = Kind::weight, .node = "redis-4", .weight = 100, .undo_of = "h-1"}));

    PastChange pinned = past("h-1", "pin", "redis-4");
    pinned.entry.channel = "news";
    EXPECT_EQ(undo_of({pinned}, "").request,
              (Request{.kind = Kind::unpin, .channel = "news", .undo_of = "h-1"}));
    pinned.entry.node_before = "redis-2";
    const Request back{.kind = Kind::pin, .node = "redis-2", .channel = "news", .undo_of = "h-1"};
    EXPECT_EQ(undo_of({pinned}, "").request, back) << "to where it was pinned before";

    PastChange unpinned = past("h-1", "unpin", "");
    unpinned.entry.channel = "news";
    unpinned.entry.node_before = "redis-2";
    EXPECT_EQ(undo_of({unpinned}, "").request, back);
}

TEST(CtlUndoTest, PinsThatEndedWithARemovalComeBackUnlessSomebodyHasSpokenOfTheirChannels) {
    PastChange removed = past("h-1", "remove", "redis-4");
    removed.entry.pins = {"chess", "news", "sport", "weather"};
    PastChange earlier = past("h-0", "pin", "redis-4");
    earlier.entry.channel = "chess";
    PastChange pinned = past("h-2", "pin", "redis-2");
    pinned.entry.channel = "sport";
    PastChange unpinned = past("h-3", "unpin", "");
    unpinned.entry.channel = "news";
    PastChange refused = past("h-4", "pin", "redis-9");
    refused.entry.channel = "weather";
    refused.entry.done = false;

    const Undo undo = undo_of({earlier, removed, pinned, unpinned, refused}, "h-1");
    EXPECT_EQ(
        undo.request,
        (Request{
            .kind = Kind::add, .node = "redis-4", .undo_of = "h-1", .pins = {"chess", "weather"}}));
    EXPECT_TRUE(router::parse_request(encode(*undo.request)));
}

TEST(CtlUndoTest, OnlyWhatAnOperatorAskedForAndGotCounts) {
    PastChange death = past("h-2", "death", "redis-2");
    death.entry.request = "";
    PastChange refused = past("h-3", "remove", "redis-1");
    refused.entry.done = false;
    refused.entry.steps = 0;
    PastChange idle = past("h-4", "add", "redis-1");
    idle.entry.steps = 0;

    const Undo undo = undo_of({past("h-1", "add", "redis-4"), death, refused, idle}, "");
    ASSERT_TRUE(undo.request);
    EXPECT_EQ(undo.request->undo_of, "h-1");

    EXPECT_FALSE(undo_of({death, refused, idle}, "").request);
    EXPECT_FALSE(undo_of({death, refused, idle}, "").done);
    EXPECT_FALSE(undo_of({death}, "h-2").request);
    EXPECT_FALSE(undo_of({}, "h-2").request);
}

TEST(CtlUndoTest, TwiceUndoesOnce) {
    PastChange undoing = past("h-2", "remove", "redis-4");
    undoing.entry.undo_of = "h-1";
    const std::vector<PastChange> history{past("h-0", "add", "redis-3"),
                                          past("h-1", "add", "redis-4"), undoing};
    EXPECT_FALSE(undo_of(history, "").request);
    EXPECT_TRUE(undo_of(history, "").done);
    EXPECT_TRUE(undo_of(history, "h-1").done);
    EXPECT_EQ(undo_of(history, "h-0").request->node, "redis-3") << "another one, by its name";
    EXPECT_EQ(undo_of(history, "h-2").request->kind, Kind::add) << "an undo, too, by its name";
}

TEST(CtlUndoTest, AnUndoThatWasTakenBackHasUndoneNothing) {
    PastChange weighed = past("h-1", "weight", "redis-4");
    weighed.entry.weight_before = 100;
    weighed.entry.weight = 200;
    PastChange undo = past("h-2", "weight", "redis-4");
    undo.entry.undo_of = "h-1";
    undo.entry.weight_before = 200;
    undo.entry.weight = 100;
    PastChange again = weighed;
    again.name = "h-3";
    again.entry.undo_of = "h-2";
    std::vector<PastChange> history{weighed, undo, again};

    EXPECT_EQ(undo_of(history, "h-1").request,
              (Request{.kind = Kind::weight, .node = "redis-4", .weight = 100, .undo_of = "h-1"}));
    EXPECT_EQ(undo_of(history, "h-2").reason, "h-2 was undone by h-3 already");
    ASSERT_EQ(undoable(history).size(), 2U);
    EXPECT_EQ(undoable(history)[0].name, "h-1");
    EXPECT_EQ(undoable(history)[1].name, "h-3");

    PastChange once_more = undo;
    once_more.name = "h-4";
    history.push_back(once_more);
    EXPECT_EQ(undo_of(history, "h-1").reason, "h-1 was undone by h-4 already");
    EXPECT_TRUE(undo_of(history, "h-1").done);
}

TEST(CtlUndoTest, AChangeThatWasCancelledHalfwayIsTakenBackToo) {
    PastChange leaving = past("h-1", "remove", "redis-4");
    leaving.entry.done = false;
    leaving.entry.weight_before = 100;
    leaving.entry.weight = 50;
    EXPECT_EQ(undo_of({leaving}, "").request,
              (Request{.kind = Kind::weight, .node = "redis-4", .weight = 100, .undo_of = "h-1"}));
}

TEST(CtlUndoTest, AnUndoThatFailedMayBeTriedAgain) {
    PastChange failed = past("h-2", "remove", "redis-4");
    failed.entry.undo_of = "h-1";
    failed.entry.done = false;
    failed.entry.steps = 0;
    EXPECT_TRUE(undo_of({past("h-1", "add", "redis-4"), failed}, "").request);
}

/// `weight redis-1` is in history; `remove redis-4` waits for its turn.
ClusterState one_waiting() {
    ClusterState state;
    state.history = {past("h-1", "weight", "redis-1")};
    state.requests = {{"r-2", Request{.kind = Kind::remove, .node = "redis-4"}}};
    state.record = a_record({{"redis-1", 100, ""}, {"redis-4", 100, ""}});
    return state;
}

/// The note that a coordinator keeps of a request under way.
std::string note_of(const std::string& request) {
    router::HistoryEntry open;
    open.request = request;
    open.what = "remove";
    open.node = "redis-4";
    return encode(open);
}

TEST(CtlUndoTest, WhileARequestWaitsForItsTurnTheLastChangeIsNotTheOneBefore) {
    ClusterState state = one_waiting();
    EXPECT_FALSE(undo_now(state, "").request);
    EXPECT_FALSE(undo_now(state, "").done);
    EXPECT_EQ(undo_now(state, "").reason,
              "r-2 (remove redis-4) waits for its turn: take it back with `ringcastctl cancel "
              "r-2`, or wait for its end (`ringcastctl watch`) and undo it then; an earlier change "
              "is undone by its name in history");

    EXPECT_EQ(undo_now(state, "h-1").request->undo_of, "h-1") << "named, it can only be that one";
    state.requests.push_back({"r-3", std::nullopt});
    state.requests.erase(state.requests.begin());
    EXPECT_NE(undo_now(state, "").reason.find("r-3 (unreadable)"), std::string::npos);
    state.requests.clear();
    EXPECT_EQ(undo_now(state, "").request->undo_of, "h-1");
}

TEST(CtlUndoTest, WhileARequestIsUnderWayItIsTheOneThatIsNamed) {
    ClusterState state = one_waiting();
    state.requests.insert(state.requests.begin(),
                          {"r-1", Request{.kind = Kind::add, .node = "redis-9"}});
    state.record->note = note_of("r-2");
    EXPECT_EQ(undo_now(state, "").reason.find("r-2 (remove redis-4) is under way: "), 0U);

    state.requests.clear();
    EXPECT_EQ(undo_now(state, "").reason,
              "r-2 was taken from the queue and has not ended: wait for its end (`ringcastctl "
              "watch`) and undo it then; an earlier change is undone by its name in history");

    // The record has it until the next one is written, and the queue for a moment.
    state = one_waiting();
    state.record->note = note_of("r-2");
    state.history.push_back(past("2", "remove", "redis-4"));
    EXPECT_EQ(undo_now(state, "").request->undo_of, "2");
}

TEST(CtlUndoTest, WhatWaitsForItsTimeIsNotInTheWayUntilThatHasCome) {
    ClusterState state = one_waiting();
    state.requests[0].request->when = {router::When::Kind::window, 120, 300, 0, 0};
    EXPECT_EQ(undo_now(state, "").request->undo_of, "h-1");

    GatewayStatus leader;
    leader.coordination.emplace().turns = {{"r-2", true, ""}};
    state.told = {leader};
    EXPECT_FALSE(undo_now(state, "").request);
    state.told.clear();
    state.record->note = note_of("r-2");
    EXPECT_FALSE(undo_now(state, "").request) << "between two steps it has begun";
}

TEST(CtlUndoTest, TheSameUndoIsNotInItsOwnWay) {
    ClusterState state = one_waiting();
    state.requests[0].request->undo_of = "h-1";
    EXPECT_EQ(undo_now(state, "").request->undo_of, "h-1");
    state.record->note = note_of("r-2");
    EXPECT_EQ(undo_now(state, "").request->undo_of, "h-1");

    state.requests.push_back({"r-3", Request{.kind = Kind::add, .node = "redis-9"}});
    EXPECT_EQ(undo_now(state, "").reason.find("r-3 (add redis-9) waits for its turn"), 0U);
}

TEST(CtlUndoTest, AnUndoIsCarriedOutInTheWayThatWasAskedFor) {
    ClusterState state = one_waiting();
    state.requests.clear();
    Request way;
    way.rate = 60;
    way.steps = {50, 100};
    way.when = {router::When::Kind::quiet, 0, 0, 5'000, 60};
    const Undo undo = undo_now(state, "", way);
    EXPECT_EQ(undo.request->rate, 60U);
    EXPECT_EQ(undo.request->steps, way.steps);
    EXPECT_EQ(undo.request->when, way.when);
    EXPECT_EQ(undo.request->kind, Kind::weight);

    state.history.push_back(past("h-2", "pin", "redis-4"));
    state.history.back().entry.channel = "news";
    EXPECT_EQ(undo_now(state, "", way).reason, "one channel moves in one step: leave out --steps");
    way.steps.clear();
    EXPECT_EQ(undo_now(state, "", way).request->kind, Kind::unpin);
}

TEST(CtlUndoTest, WhatCanBeTakenBackByItsNameIsListed) {
    PastChange refused = past("h-2", "remove", "redis-9");
    refused.entry.done = false;
    refused.entry.steps = 0;
    PastChange idle = past("h-3", "add", "redis-4");
    idle.entry.steps = 0;
    PastChange death = past("h-4", "death", "redis-2");
    death.entry.request = "";
    const PastChange weighed = past("h-5", "weight", "redis-3");
    PastChange undo = past("h-6", "weight", "redis-3");
    undo.entry.undo_of = "h-5";

    const auto left =
        undoable({past("h-1", "add", "redis-4"), refused, idle, death, weighed, undo});
    ASSERT_EQ(left.size(), 2U);
    EXPECT_EQ(left[0].name, "h-1");
    EXPECT_EQ(left[1].name, "h-6") << "an undo is a change, too; what it took back is taken back";
}

}  // namespace
}  // namespace ringcast::ctl
