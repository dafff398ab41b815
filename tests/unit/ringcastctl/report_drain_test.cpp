#include "report.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

/// gw-1 serves; gw-2 too, or it drains.
ClusterState two_gateways(bool second_drains) {
    ClusterState state;
    router::GatewayEntry gateway;
    gateway.id = "gw-1";
    gateway.started_at = 100;
    state.gateways.push_back(gateway);
    gateway.id = "gw-2";
    gateway.draining = second_drains;
    state.gateways.push_back(gateway);
    return state;
}

TEST(CtlDrainTest, AGatewayIsDrainedWhileAnotherServes) {
    EXPECT_FALSE(report_not_drained(two_gateways(false), "gw-1", false, Output::table));
    EXPECT_FALSE(report_not_drained(two_gateways(true), "gw-2", false, Output::table))
        << "it drains already: at another rate, perhaps";

    const auto unknown = report_not_drained(two_gateways(false), "gw-9", true, Output::table);
    ASSERT_TRUE(unknown);
    EXPECT_EQ(unknown->error, "ringcastctl: there is no gateway gw-9: see `ringcastctl status`\n");
}

TEST(CtlDrainTest, TheLastOneIsDrainedByForceOnly) {
    const auto refused = report_not_drained(two_gateways(true), "gw-1", false, Output::table);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->exit, ExitCode::refused);
    EXPECT_EQ(refused->error,
              "ringcastctl: gw-1 is the last gateway: its clients would have nowhere to go, and "
              "nobody would lead; start another one first, or say --force\n");
    EXPECT_FALSE(report_not_drained(two_gateways(true), "gw-1", true, Output::table));
}

TEST(CtlDrainTest, OneThatWasStartedAgainServesWithoutItsFormerSelf) {
    ClusterState state = two_gateways(true);
    const router::GatewayEntry former = state.gateways[0];
    EXPECT_FALSE(others_serve(state, former));
    state.gateways[0].started_at = 200;
    EXPECT_TRUE(others_serve(state, former));
}

TEST(CtlDrainTest, WhereTheClientsWentIsSaid) {
    EXPECT_EQ(report_drained("gw-1", 5, {true, false}, Output::table).text,
              "gw-1 has sent its clients elsewhere and ended.\n");
    EXPECT_EQ(report_drained("gw-1", 5, {false, false}, Output::table).text,
              "gw-1 sends its 5 clients elsewhere, and ends when the last is gone.\n");
    EXPECT_EQ(report_drained("gw-1", 5, {true, true}, Output::table).text,
              "gw-1 has sent its clients away and ended. It was the last: nobody serves until a "
              "gateway is started.\n");
    EXPECT_EQ(report_drained("gw-1", 5, {true, true}, Output::json).text,
              "{\"gateway\":\"gw-1\",\"sessions\":5,\"drained\":true,\"last\":true}\n");
}

TEST(CtlDrainTest, WhatIsNotOverInTimeIsSaid) {
    ClusterState state = two_gateways(false);
    state.gateways[0].load.clients = 5;
    GatewayEnd end(state.gateways[0]);
    const Report report = report_not_ended("gw-1", end, Output::table);
    EXPECT_EQ(report.exit, ExitCode::timed_out);
    EXPECT_EQ(report.error,
              "ringcastctl: gw-1 still has 5 clients; it goes on sending them away\n");
    end.look(ClusterState{});
    EXPECT_EQ(report_not_ended("gw-1", end, Output::table).error,
              "ringcastctl: gw-1 had, when last seen, 5 clients; it goes on sending them away, or "
              "has ended\n");
}

}  // namespace
}  // namespace ringcast::ctl
