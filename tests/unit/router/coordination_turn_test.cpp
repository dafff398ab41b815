// Whose turn it is among the requests in the queue.

#include "coordination_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using Kind = Request::Kind;

/// Requests that wait for their time, and those that need not.
class TurnTest : public CoordinationTest {
protected:
    static constexpr When at_night{.kind = When::Kind::window, .from = 120, .until = 300};

    TurnTest() { world.now.unix_seconds = 1'700'000'000 / 86'400 * 86'400; }  // midnight

    std::uint32_t weight_of(const std::string& id) const {
        const ViewRecord record = world.record();
        return record.in_force.ring.members()[record.in_force.ring.find(id).value()].weight;
    }

    /// Those of the requests in the queue that do not run: "r-0 due", or what they wait for.
    Lines turns() const {
        Lines lines;
        for (const RequestProgress& request : player.machine.status().requests) {
            const std::string waits =
                request.waits_for.empty() ? "begins" : request.waits_for.substr(0, 28);
            lines.push_back(request.name + (request.due ? " due: " : ": ") + waits);
        }
        return lines;
    }
};

TEST_F(TurnTest, WhatMayBeginGoesBeforeWhatWaitsForItsTime) {
    found();
    world.request({.kind = Kind::remove, .node = "redis-1", .when = at_night});
    world.request({.kind = Kind::weight,
                   .node = "redis-2",
                   .weight = 200,
                   .when = {.kind = When::Kind::quiet, .below = 100, .for_s = 3'600}});
    world.request({.kind = Kind::weight, .node = "redis-3", .weight = 300});
    tell_and_wait(1s);
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "weight redis-3 done view=2"}));
    EXPECT_EQ(turns(),
              (Lines{"r-0: it waits for the window from", "r-1: the cluster has carried less"}));
    EXPECT_NE(player.machine.status().waiting.find("window from 02:00"), std::string::npos);

    // An hour later it has been quiet for long enough; the window is still closed.
    player.advance(3'600s);
    EXPECT_EQ(world.told().back(), "weight redis-2 done view=3");
    world.now.unix_seconds += 7'200;
    player.advance(60s);
    EXPECT_EQ(world.told().back(), "remove redis-1 done view=4");
    EXPECT_TRUE(world.queue.empty());
    EXPECT_TRUE(player.machine.status().requests.empty());
}

TEST_F(TurnTest, ThoseThatWaitKeepTheirOrder) {
    found();
    for (const char* node : {"redis-1", "redis-2", "redis-3"}) {
        world.request({.kind = Kind::weight, .node = node, .weight = 200, .when = at_night});
    }
    tell_and_wait(1s);
    world.now.unix_seconds += 7'200;
    player.advance(60s);
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "weight redis-1 done view=2",
                                   "weight redis-2 done view=3", "weight redis-3 done view=4"}));
}

TEST_F(TurnTest, RequestsAboutTheSameNodeOrChannelKeepTheirOrder) {
    found();
    world.request({.kind = Kind::weight, .node = "redis-1", .weight = 300, .when = at_night});
    world.request({.kind = Kind::pin, .node = "redis-2", .channel = "news", .when = at_night});
    world.request({.kind = Kind::weight, .node = "redis-1", .weight = 50});
    world.request({.kind = Kind::unpin, .channel = "news"});
    world.request({.kind = Kind::weight, .node = "redis-3", .weight = 200});
    tell_and_wait(1s);
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "weight redis-3 done view=2"}));
    const auto& requests = player.machine.status().requests;
    ASSERT_EQ(requests.size(), 4U);
    EXPECT_EQ(requests[2].waits_for, "it waits for r-0, which is about redis-1 too");
    EXPECT_EQ(requests[3].waits_for, "it waits for r-1, which is about 'news' too");

    // Without the one before, it may begin.
    world.queue.erase(world.queue.begin());
    tell_and_wait(1s);
    EXPECT_EQ(weight_of("redis-1"), 50U);
    world.now.unix_seconds += 7'200;
    player.advance(60s);
    EXPECT_TRUE(world.record().in_force.ring.pins().empty()) << "pinned, then unpinned";
    EXPECT_TRUE(world.queue.empty());
}

TEST_F(TurnTest, WhatIsBetweenTwoStepsIsUnderWayWhateverItWaitsFor) {
    found();
    world.request({.kind = Kind::remove, .node = "redis-1", .when = at_night});
    world.set_load("redis-3", 0);
    world.request({.kind = Kind::weight,
                   .node = "redis-2",
                   .weight = 300,
                   .when = {.kind = When::Kind::quiet, .below = 100, .for_s = 0},
                   .steps = {50, 100}});
    world.stalled = {"g-gw-2"};
    player.tell();
    ASSERT_TRUE(world.record().proposal);
    world.request({.kind = Kind::weight, .node = "redis-3", .weight = 200});
    player.tell();
    EXPECT_EQ(turns(),
              (Lines{"r-0: it waits for the window from", "r-2 due: it waits until r-1 is done"}));

    world.set_load("redis-3", 1'000);
    world.stalled.clear();
    tell_and_wait(1s);
    EXPECT_EQ(weight_of("redis-2"), 200U);
    EXPECT_EQ(weight_of("redis-3"), 100U);
    EXPECT_EQ(turns(),
              (Lines{"r-0: it waits for the window from", "r-1: it waits until the cluster c",
                     "r-2 due: it waits until r-1 is done"}));
    EXPECT_NE(player.machine.status().waiting.find("now it carries 1000"), std::string::npos);

    // So it is for the next coordinator; and taken back, it lets the others go on.
    Player next(world);
    next.lead();
    next.advance(1s);
    EXPECT_EQ(weight_of("redis-3"), 100U);
    world.queue.erase(world.queue.begin() + 1);
    next.tell();
    next.advance(1s);
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "weight redis-2 refused view=2",
                                   "weight redis-3 done view=3"}));
}

TEST_F(TurnTest, WhileChangesArePausedNoneGoesBeforeAnother) {
    found();
    world.config = R"({"paused":true})";
    player.tell();
    world.request({.kind = Kind::remove, .node = "redis-1", .when = at_night});
    world.request({.kind = Kind::weight, .node = "redis-2", .weight = 200});
    world.request({.kind = Kind::weight, .node = "redis-3", .weight = 200});
    tell_and_wait(1s);
    EXPECT_EQ(world.number(), 1U);
    EXPECT_EQ(turns(),
              (Lines{"r-0: it waits for the window from", "r-1 due: an operator has paused chang",
                     "r-2 due: it waits until r-1 is done"}));
    world.config.reset();
    tell_and_wait(1s);
    EXPECT_EQ(world.told(), (Lines{"genesis done view=1", "weight redis-2 done view=2",
                                   "weight redis-3 done view=3"}));
}

}  // namespace
}  // namespace ringcast::router::detail
