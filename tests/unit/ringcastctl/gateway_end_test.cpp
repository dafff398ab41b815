#include "gateway_end.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

router::GatewayEntry gateway_with(std::uint64_t clients) {
    router::GatewayEntry gateway;
    gateway.id = "gw-1";
    gateway.started_at = 100;
    gateway.load.clients = clients;
    return gateway;
}

ClusterState cluster_of(std::vector<router::GatewayEntry> gateways) {
    ClusterState state;
    state.gateways = std::move(gateways);
    return state;
}

TEST(CtlGatewayEndTest, AnEntryThatIsGoneForAMomentIsNoEnd) {
    GatewayEnd end(gateway_with(9));
    end.look(cluster_of({gateway_with(7)}));
    EXPECT_EQ(end.clients(), 7U);
    EXPECT_TRUE(end.is_seen());

    for (int i = 0; i < 3; ++i) end.look(cluster_of({}));
    EXPECT_FALSE(end.has_ended());
    EXPECT_FALSE(end.is_seen());
    EXPECT_EQ(end.clients(), 7U);
    end.look(cluster_of({gateway_with(5)}));
    EXPECT_TRUE(end.is_seen());

    for (int i = 0; i < 3; ++i) end.look(cluster_of({}));
    EXPECT_FALSE(end.has_ended()) << "the looks before it came back do not count";
    end.look(cluster_of({}));
    EXPECT_TRUE(end.has_ended());
}

TEST(CtlGatewayEndTest, AfterASilenceOfZooKeeperItIsGivenTimeForANewSession) {
    GatewayEnd end(gateway_with(9));
    for (int i = 0; i < 3; ++i) end.look(cluster_of({}));
    end.look_failed();
    EXPECT_FALSE(end.is_seen());
    for (int i = 0; i < 9; ++i) end.look(cluster_of({}));
    EXPECT_FALSE(end.has_ended());
    end.look(cluster_of({}));
    EXPECT_TRUE(end.has_ended());
}

TEST(CtlGatewayEndTest, OneThatWasStartedAgainIsAnotherOne) {
    GatewayEnd end(gateway_with(9));
    router::GatewayEntry again = gateway_with(20);
    again.started_at = 200;
    for (int i = 0; i < 4; ++i) end.look(cluster_of({again}));
    EXPECT_TRUE(end.has_ended());
    EXPECT_EQ(end.clients(), 9U);
}

}  // namespace
}  // namespace ringcast::ctl
