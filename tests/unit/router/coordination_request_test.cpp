#include "coordination_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using Kind = Request::Kind;

class RequestTest : public CoordinationTest {
protected:
    HistoryEntry ask(const Request& request) {
        world.request(request);
        tell_and_wait(1s);
        return parse_history_entry(world.history.back()).value();
    }

    std::uint32_t weight_of(const std::string& id) const {
        const ViewRecord record = world.record();
        return record.in_force.ring.members()[record.in_force.ring.find(id).value()].weight;
    }
};

TEST_F(RequestTest, AWeightIsChangedAndHistorySaysFromWhat) {
    found();
    const HistoryEntry entry = ask({.kind = Kind::weight, .node = "redis-2", .weight = 300});
    EXPECT_TRUE(entry.done);
    EXPECT_EQ(entry.weight_before, 100U);
    EXPECT_EQ(entry.weight, 300U);
    EXPECT_EQ(weight_of("redis-2"), 300U);
    EXPECT_GT(entry.arcs_moved, 0U);
}

TEST_F(RequestTest, AChannelIsPinnedAndUnpinned) {
    found();
    const ring::Ring before = world.record().in_force.ring;
    const std::string other =
        before.members()[before.owner("news")].id == "redis-1" ? "redis-2" : "redis-1";
    HistoryEntry entry = ask({.kind = Kind::pin, .node = other, .channel = "news"});
    EXPECT_TRUE(entry.done);
    EXPECT_EQ(entry.channel, "news");
    EXPECT_EQ(entry.steps, 1U);
    EXPECT_EQ(entry.arcs_moved, 0U);
    EXPECT_EQ(world.record().in_force.ring.pins().at("news"), other);
    std::size_t fenced = 0;
    for (const auto& [address, fence] : world.fences) fenced += fence == 2 ? 1 : 0;
    EXPECT_EQ(fenced, 1U) << "its old owner alone";

    entry = ask({.kind = Kind::unpin, .channel = "news"});
    EXPECT_TRUE(entry.done);
    EXPECT_EQ(entry.node_before, other);
    EXPECT_EQ(world.record().in_force.ring, before);
}

/// Which requests change nothing, whether they count as done, and what the operator is told.
TEST_F(RequestTest, RequestsThatChangeNothingAreAnsweredInHistory) {
    found();
    world.register_node("redis-4", 7004);
    ask({.kind = Kind::pin, .node = "redis-1", .channel = "news"});
    struct Row {
        Request request;
        bool done;
        const char* reason;
    };
    for (const Row& row : {
             Row{{.kind = Kind::weight, .node = "redis-1", .weight = 100},
                 true,
                 "redis-1 weighs 100 already"},
             Row{{.kind = Kind::weight, .node = "redis-4", .weight = 50},
                 false,
                 "redis-4 is not a member (members: redis-1, redis-2, redis-3): add it with that "
                 "weight instead"},
             Row{{.kind = Kind::pin, .node = "redis-1", .channel = "news"},
                 true,
                 "'news' is pinned to redis-1 already"},
             Row{{.kind = Kind::pin, .node = "redis-4", .channel = "news"},
                 false,
                 "redis-4 is not a member (members: redis-1, redis-2, redis-3)"},
             Row{{.kind = Kind::unpin, .channel = "sport"}, true, "'sport' is not pinned"},
         }) {
        const HistoryEntry entry = ask(row.request);
        EXPECT_EQ(entry.reason, row.reason);
        EXPECT_EQ(entry.done, row.done) << row.reason;
        EXPECT_EQ(entry.steps, 0U) << row.reason;
        EXPECT_TRUE(world.queue.empty()) << row.reason;
    }
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(RequestTest, ALargeChangeGoesInSteps) {
    found();
    world.register_node("redis-4", 7004, 200);
    world.request({.kind = Kind::add, .node = "redis-4", .steps = {25, 50, 100}});
    std::vector<std::uint32_t> weights;
    for (int i = 0; i != 3; ++i) {
        world.stalled = {"g-gw-2"};  // in the next step
        player.tell();
        const ViewRecord record = world.record();
        ASSERT_TRUE(record.proposal);
        const auto& ring = record.proposal.value().next.ring;
        weights.push_back(ring.members()[ring.find("redis-4").value()].weight);
        EXPECT_EQ(player.machine.status().handoff->step, static_cast<std::uint32_t>(i + 1));
        EXPECT_EQ(player.machine.status().handoff->steps, 3U);
        EXPECT_EQ(world.told().size(), 1U);
        const auto number = static_cast<std::uint64_t>(record.proposal.value().next.number);
        world.acks[number][AckStage::prepare].insert("g-gw-2");
        player.tell_acks();
        world.acks[number][AckStage::leave].insert("g-gw-2");
        player.tell_acks();
    }
    EXPECT_EQ(weights, (std::vector<std::uint32_t>{50, 100, 200}));
    const HistoryEntry entry = parse_history_entry(world.history.back()).value();
    EXPECT_EQ(entry.steps, 3U);
    EXPECT_EQ(entry.view, 4U);
    EXPECT_EQ(entry.weight, 200U);
    EXPECT_TRUE(entry.done);
}

TEST_F(RequestTest, AStepThatIsAbortedEndsTheRequestWithWhatIsDone) {
    found();
    world.request({.kind = Kind::remove, .node = "redis-2", .steps = {50, 100}});
    world.stalled = {"g-gw-2"};
    player.tell();
    world.acks[2][AckStage::prepare].insert("g-gw-2");
    player.tell_acks();
    world.acks[2][AckStage::leave].insert("g-gw-2");
    player.tell_acks();
    ASSERT_EQ(world.record().proposal.value().next.number, ViewNumber{3});
    player.advance(120s);

    const HistoryEntry entry = parse_history_entry(world.history.back()).value();
    EXPECT_FALSE(entry.done);
    EXPECT_EQ(entry.reason, "not prepared within 120 s: g-gw-2; 1 steps are done");
    EXPECT_EQ(weight_of("redis-2"), 50U);
    EXPECT_TRUE(world.queue.empty());
}

TEST_F(RequestTest, ADeathBetweenTwoStepsDoesNotLoseTheRequest) {
    found();
    world.register_node("redis-4", 7004);
    world.request({.kind = Kind::weight,
                   .node = "redis-1",
                   .weight = 300,
                   .when = {.kind = When::Kind::quiet, .below = 100, .for_s = 0},
                   .steps = {50, 100}});
    // The rate rises as soon as the first step is in force.
    world.stalled = {"g-gw-2"};
    player.tell();
    world.set_load("redis-3", 1'000);
    world.stalled.clear();
    tell_and_wait(1s);
    EXPECT_EQ(weight_of("redis-1"), 200U);
    EXPECT_NE(player.machine.status().waiting.find("now it carries 1000"), std::string::npos);

    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    world.set_load("redis-3", 0);
    Player next(world);
    next.lead();
    next.advance(1s);
    EXPECT_EQ(weight_of("redis-1"), 300U);
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "death redis-2 done view=4",
                                   "weight redis-1 done view=5"}));
    const HistoryEntry entry = parse_history_entry(world.history.back()).value();
    EXPECT_EQ(entry.weight_before, 100U);
    EXPECT_EQ(entry.steps, 2U);
}

TEST_F(RequestTest, WhoDidNotLeaveAfterOneStepIsNotWaitedForAgainWhenTheNextIsDropped) {
    found();
    world.request({.kind = Kind::weight, .node = "redis-1", .weight = 300, .steps = {50, 100}});
    world.stalled = {"g-gw-1"};
    player.tell();
    world.acks[2][AckStage::prepare].insert("g-gw-1");
    player.tell_acks();
    ASSERT_EQ(world.number(), 2U);
    player.advance(60s);
    ASSERT_EQ(world.record().proposal.value().next.number, ViewNumber{3});

    // A member moves and comes back at once: the second step is dropped, and asked for anew.
    world.silent_have_ended = false;
    world.register_node("redis-3", 8003);
    player.tell();
    ASSERT_FALSE(world.record().proposal);
    EXPECT_FALSE(player.machine.status().handoff) << "nobody has anything to leave any more";
    world.register_node("redis-3", 7003);
    player.tell();
    player.advance(1s);
    EXPECT_TRUE(world.record().proposal) << "at once";
}

TEST_F(RequestTest, ARequestThatIsTakenBackBetweenTwoStepsSaysHowFarItCame) {
    found();
    world.request({.kind = Kind::weight,
                   .node = "redis-1",
                   .weight = 300,
                   .when = {.kind = When::Kind::quiet, .below = 100, .for_s = 0},
                   .steps = {50, 100}});
    world.stalled = {"g-gw-2"};
    player.tell();
    world.set_load("redis-3", 1'000);
    world.stalled.clear();
    tell_and_wait(1s);
    ASSERT_EQ(weight_of("redis-1"), 200U);
    world.queue.clear();
    player.tell();
    const HistoryEntry entry = parse_history_entry(world.history.back()).value();
    EXPECT_FALSE(entry.done);
    EXPECT_EQ(entry.reason, "cancelled by an operator after step 1");
    EXPECT_EQ(entry.steps, 1U);
}

TEST_F(RequestTest, ARequestWaitsForItsWindowAndSaysSo) {
    found();
    world.now.unix_seconds = 1'700'000'000 / 86'400 * 86'400;  // midnight
    world.request({.kind = Kind::remove,
                   .node = "redis-1",
                   .when = {.kind = When::Kind::window, .from = 120, .until = 300}});
    tell_and_wait(1s);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().waiting,
              "it waits for the window from 02:00 to 05:00 UTC, which opens in 2 h 0 min");
    world.now.unix_seconds += 7'200;
    player.advance(60s);
    EXPECT_EQ(world.number(), 2U);
    EXPECT_TRUE(player.machine.status().waiting.empty());
}

TEST_F(RequestTest, ARequestWaitsUntilTheClusterIsQuiet) {
    found();
    world.set_load("redis-1", 3'000);
    world.set_load("redis-2", 3'000);
    world.request({.kind = Kind::remove,
                   .node = "redis-3",
                   .when = {.kind = When::Kind::quiet, .below = 5'000, .for_s = 60}});
    tell_and_wait(100s);
    EXPECT_EQ(player.machine.status().messages_per_second, 6'000U);
    EXPECT_EQ(world.number(), 1U);
    world.set_load("redis-1", 1'000);
    tell_and_wait(59s);
    EXPECT_EQ(world.number(), 1U);
    player.advance(1s);
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(RequestTest, AMemberWhoseAgentIsAwayIsNotTakenForQuiet) {
    found();
    world.set_load("redis-1", 3'000);
    world.request({.kind = Kind::remove,
                   .node = "redis-3",
                   .when = {.kind = When::Kind::quiet, .below = 1'000, .for_s = 5}});
    tell_and_wait(1s);
    const std::string entry = world.nodes.at("redis-1");
    world.nodes.erase("redis-1");
    tell_and_wait(9s);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_TRUE(player.machine.status().waiting.starts_with(
        "it waits until the agent of redis-1 tells its traffic"))
        << player.machine.status().waiting;

    world.nodes["redis-1"] = entry;
    world.set_load("redis-1", 900);
    tell_and_wait(4s);
    EXPECT_EQ(world.number(), 1U) << "counted anew";
    player.advance(1s);
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(RequestTest, TheRequestsRateGoesBeforeTheClusters) {
    found();
    world.config = R"({"subscribe_rate":700})";
    world.stalled = {"g-gw-1"};
    world.request({.kind = Kind::remove, .node = "redis-3", .rate = 50});
    player.tell();
    EXPECT_EQ(world.record().proposal.value().rate, 50U);
    world.queue.clear();
    player.tell();
    world.request({.kind = Kind::remove, .node = "redis-3"});
    player.tell();
    EXPECT_EQ(world.record().proposal.value().rate, 700U);
}

TEST_F(RequestTest, RubbishInTheSettingsLeavesTheLastOnes) {
    found();
    world.config = R"({"paused":true})";
    player.tell();
    world.config = "rubbish";
    world.request(Kind::remove, "redis-1");
    tell_and_wait(1s);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(player.machine.status().unreadable_entries, 1U);
}

TEST_F(RequestTest, PinsThatEndWithARemovalAreInHistoryAndHoldAgainWithItsUndo) {
    found();
    for (const char* channel : {"news", "sport", "chess"}) {
        ask({.kind = Kind::pin, .node = "redis-2", .channel = channel});
    }
    ask({.kind = Kind::pin, .node = "redis-1", .channel = "weather"});
    const ring::Ring before = world.record().in_force.ring;
    const std::vector<std::string> pins{"chess", "news", "sport"};

    const HistoryEntry removal = ask({.kind = Kind::remove, .node = "redis-2", .steps = {50, 100}});
    ASSERT_TRUE(removal.done);
    EXPECT_EQ(removal.pins, pins);
    EXPECT_EQ(world.record().in_force.ring.pins().size(), 1U);

    // Meanwhile somebody has pinned one of them elsewhere.
    ask({.kind = Kind::pin, .node = "redis-3", .channel = "sport"});
    const HistoryEntry undo = ask(
        {.kind = Kind::add, .node = "redis-2", .undo_of = "h-5", .steps = {50, 100}, .pins = pins});
    ASSERT_TRUE(undo.done);
    EXPECT_EQ(undo.steps, 2U);
    EXPECT_EQ(undo.pins, (std::vector<std::string>{"chess", "news"}));
    EXPECT_EQ(world.record().in_force.ring.pins(), (ring::Pins{{"chess", "redis-2"},
                                                               {"news", "redis-2"},
                                                               {"sport", "redis-3"},
                                                               {"weather", "redis-1"}}));
    EXPECT_EQ(before.pins().size(), 4U);
}

TEST_F(RequestTest, ARemovalThatWasTakenBackEndedNoPins) {
    found();
    ask({.kind = Kind::pin, .node = "redis-2", .channel = "news"});
    world.stalled = {"g-gw-1"};
    world.request({.kind = Kind::remove, .node = "redis-2"});
    player.tell();
    world.queue.clear();
    player.tell();
    const HistoryEntry entry = parse_history_entry(world.history.back()).value();
    EXPECT_EQ(entry.reason, "cancelled by an operator");
    EXPECT_TRUE(entry.pins.empty());
    EXPECT_EQ(world.record().in_force.ring.pins().at("news"), "redis-2");
}

}  // namespace
}  // namespace ringcast::router::detail
