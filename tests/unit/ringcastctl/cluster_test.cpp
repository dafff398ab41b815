#include "cluster.hpp"

#include "manual_scheduler.hpp"
#include "ringcast/membership/in_process.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using namespace std::chrono_literals;
using membership::Mode;

class CtlClusterTest : public testing::Test {
protected:
    test::ManualScheduler scheduler;
    membership::InProcessEnsemble ensemble;
    std::unique_ptr<membership::Znodes> znodes = ensemble.attach(scheduler);

    CtlClusterTest() { scheduler.run_ready(); }

    void create(std::string path, std::string data, Mode mode = Mode::persistent) {
        znodes->create(std::move(path), std::move(data), mode, [](auto, auto) {});
        scheduler.run_ready();
    }

    ClusterState read() {
        std::optional<ClusterState> read;
        const ClusterReader reader(*znodes, "chat",
                                   [&](std::error_code error, const ClusterState& state) {
                                       EXPECT_FALSE(error);
                                       read = state;
                                   });
        scheduler.run_ready();
        EXPECT_TRUE(read);
        return read.value_or(ClusterState{});
    }
};

TEST_F(CtlClusterTest, AnEmptyTreeIsAnEmptyCluster) {
    const ClusterState state = read();
    EXPECT_EQ(state.cluster, "chat");
    EXPECT_EQ(state.zookeeper, "connected");
    EXPECT_FALSE(state.record);
    EXPECT_FALSE(state.coordinator);
    EXPECT_TRUE(state.nodes.empty());
}

TEST_F(CtlClusterTest, EverythingIsReadAndRubbishIsCounted) {
    for (const char* path : {"/nodes", "/gateways", "/requests", "/coordinator"}) create(path, "");
    router::NodeEntry node;
    node.address = {"127.0.0.1", 7001};
    create("/nodes/redis-1", encode(node));
    create("/nodes/redis-2", "rubbish");
    router::GatewayEntry gateway;
    gateway.id = "gw-1";
    gateway.draining = true;
    create("/gateways/g-x-0000000001", encode(gateway));
    gateway.draining = false;
    create("/gateways/g-a-0000000002", encode(gateway));
    create("/gateways/g-b-0000000003", "rubbish");
    create("/coordinator/c-b-0000000004", "gw-2");
    create("/coordinator/c-a-0000000005", "gw-1");
    create("/requests/r-a.1-0000000000", "{}");
    create("/view", "rubbish");

    const ClusterState state = read();

    EXPECT_EQ(state.nodes.size(), 1U);
    ASSERT_EQ(state.gateways.size(), 1U);
    EXPECT_FALSE(state.gateways[0].draining) << "the later entry of a gateway speaks for it";
    EXPECT_EQ(state.coordinator, "gw-2");
    EXPECT_EQ(state.requests_waiting, 1U);
    EXPECT_TRUE(state.view_unreadable);
    EXPECT_EQ(state.unreadable, 3U);
}

TEST_F(CtlClusterTest, ARequestIsAnsweredByItsEntryInHistory) {
    create("/history", "");
    create("/history/h-a.1-0000000001", "rubbish");
    std::optional<router::HistoryEntry> answer;
    router::Request request;
    request.node = "redis-4";
    const Petition petition(*znodes, scheduler, request,
                            [&](std::error_code error, const router::HistoryEntry& entry) {
                                EXPECT_FALSE(error);
                                EXPECT_FALSE(answer) << "told once";
                                answer = entry;
                            });
    scheduler.advance(1s);
    ASSERT_FALSE(petition.name().empty());
    EXPECT_EQ(petition.before(), 0U);

    router::HistoryEntry entry;
    entry.what = "add";
    entry.request = "r-of-somebody-else";
    create("/history/h-a.2-0000000002", encode(entry));
    EXPECT_FALSE(answer);
    entry.request = petition.name();
    entry.reason = "mine";
    create("/history/h-a.3-0000000003", encode(entry));
    scheduler.advance(1s);

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->reason, "mine");
}

TEST_F(CtlClusterTest, ARequestKnowsHowManyAreBeforeIt) {
    create("/requests", "");
    create("/requests/r-a.1-", "{}", Mode::persistent_sequential);
    create("/requests/r-a.2-", "{}", Mode::persistent_sequential);
    const Petition petition(*znodes, scheduler, {}, [](auto, const auto&) {});
    scheduler.advance(1s);
    EXPECT_EQ(petition.before(), 2U);
}

}  // namespace
}  // namespace ringcast::ctl
