#include "coordination_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

const auto grace = CoordinatorOptions{}.death_grace;

/// Gateways whose entries are gone while a proposal is prepared: dead, or back in a moment. At
/// first g-gw-2 has not prepared.
class VanishedGatewaysTest : public CoordinationTest {
protected:
    void begin() {
        found();
        world.register_node("redis-4", 7004);
        world.stalled = {"g-gw-2"};
        world.request(Request::Kind::add, "redis-4");
        player.tell();
        EXPECT_TRUE(world.record().proposal);
    }
};

TEST_F(VanishedGatewaysTest, WhoseEntryVanishesIsNotWaitedForAndWhoRegistersLateIs) {
    begin();
    world.register_gateway("gw-3");
    world.stalled.insert("g-gw-3");
    player.tell();
    world.gateways.erase("g-gw-2");
    player.tell();
    EXPECT_TRUE(world.record().proposal) << "gw-3 came late";
    EXPECT_EQ(player.machine.status().handoff->waiting_for, Lines{"g-gw-3"});

    world.stalled.clear();
    player.tell();
    player.advance(grace);
    EXPECT_EQ(world.number(), 2U);
}

TEST_F(VanishedGatewaysTest, WhoseSessionEndsIsWaitedForUntilItIsBackUnderAnotherName) {
    begin();
    const auto gone = world.gateways.extract("g-gw-2");
    player.tell();
    player.advance(grace - 1ms);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);

    world.gateways.emplace("g-gw-2-again", gone.mapped());
    world.stalled = {"g-gw-2-again"};
    player.tell();
    EXPECT_EQ(player.machine.status().handoff->waiting_for, Lines{"g-gw-2-again"});
    player.advance(1s);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);
}

TEST_F(VanishedGatewaysTest, WhoTakesOverWaitsForGatewaysWhoseSessionsEndedWithItsOwn) {
    begin();
    world.stalled.clear();
    const auto gone = world.gateways.extract("g-gw-2");
    Player second(world);
    second.lead();
    second.advance(grace - 1ms);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);

    world.gateways.emplace("g-gw-2-again", gone.mapped());
    world.stalled = {"g-gw-2-again"};
    second.tell();
    second.advance(1s);
    EXPECT_EQ(world.record().proposal.value().stage, Stage::prepare);
    world.stalled.clear();
    second.tell();
    EXPECT_EQ(world.number(), 2U);
}

}  // namespace
}  // namespace ringcast::router::detail
