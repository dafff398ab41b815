#include "cluster.hpp"

#include "lock.hpp"
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
        const ClusterReader reader(*znodes, "chat", ClusterReader::Depth::history,
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
    create("/requests/r-b.1-0000000009", "rubbish");
    router::Request request;
    request.node = "redis-4";
    create("/requests/r-z.1-0000000008", encode(request));
    create("/config", R"({"paused":true})");
    create("/history", "");
    router::HistoryEntry entry;
    entry.what = "genesis";
    entry.reason = "it waits for g-a-0000000002";
    create("/history/h-a.2-0000000002", encode(entry));
    create("/history/h-z.1-0000000001", encode(entry));
    create("/history/h-a.3-0000000003", "rubbish");
    create("/view", "rubbish");

    const ClusterState state = read();

    EXPECT_EQ(state.nodes.size(), 1U);
    ASSERT_EQ(state.gateways.size(), 1U);
    EXPECT_FALSE(state.gateways[0].draining) << "the later entry of a gateway speaks for it";
    EXPECT_EQ(state.coordinator, "gw-2");
    ASSERT_EQ(state.requests.size(), 2U);
    EXPECT_EQ(state.requests[0].request, request) << "in the order of the queue";
    EXPECT_FALSE(state.requests[1].request);
    ASSERT_EQ(state.history.size(), 2U);
    EXPECT_EQ(state.history[0].name, "h-z.1-0000000001");
    EXPECT_EQ(state.history[0].entry.reason, "it waits for gw-1");
    EXPECT_TRUE(state.settings.paused);
    EXPECT_TRUE(state.view_unreadable);
    EXPECT_EQ(state.unreadable, 5U);
}

TEST_F(CtlClusterTest, ARequestIsAnsweredByItsEntryInHistory) {
    create("/requests", "");
    create("/requests/r-a.1-0000000000", "{}");
    create("/history", "");
    create("/history/h-a.1-0000000001", "rubbish");
    std::optional<router::HistoryEntry> answer;
    const Outcome outcome(*znodes, scheduler, "r-a.1-0000000000",
                          [&](const router::HistoryEntry& entry) {
                              EXPECT_FALSE(answer) << "told once";
                              answer = entry;
                          });
    scheduler.advance(1s);
    EXPECT_FALSE(outcome.gone());

    router::HistoryEntry entry;
    entry.what = "add";
    entry.request = "r-of-somebody-else";
    create("/history/h-a.2-0000000002", encode(entry));
    EXPECT_FALSE(answer);
    entry.request = "r-a.1-0000000000";
    entry.reason = "mine";
    create("/history/h-a.3-0000000003", encode(entry));
    scheduler.advance(1s);

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->reason, "mine");
}

TEST_F(CtlClusterTest, ARequestThatIsTakenBackIsGone) {
    create("/requests", "");
    create("/requests/r-a.1-0000000000", "{}");
    const Outcome outcome(*znodes, scheduler, "r-a.1-0000000000", [](const auto&) { FAIL(); });
    EXPECT_FALSE(outcome.gone()) << "not known yet";
    scheduler.advance(1s);
    EXPECT_FALSE(outcome.gone());

    znodes->remove("/requests/r-a.1-0000000000", membership::any_version, [](auto) {});
    scheduler.advance(1s);
    EXPECT_TRUE(outcome.gone());
}

TEST_F(CtlClusterTest, TheSecondOperatorIsToldWhoHoldsTheLock) {
    bool first = false;
    bool second = false;
    auto mine = std::make_unique<OperatorLock>(
        *znodes, scheduler, LockHolder{"eve@admin", "add redis-4", 1}, [&](bool) { first = true; });
    scheduler.advance(1s);
    OperatorLock theirs(*znodes, scheduler, {"bob@admin", "remove redis-4", 2},
                        [&](bool) { second = true; });
    scheduler.advance(1s);
    EXPECT_TRUE(first);
    EXPECT_FALSE(second);

    std::optional<std::string> holder;
    theirs.holder([&](std::optional<std::string> data) { holder = std::move(data); });
    scheduler.advance(1s);
    EXPECT_EQ(LockHolder::text(holder.value_or(""), 1), "eve@admin (add redis-4) for 0.0 s");

    mine.reset();
    scheduler.advance(1s);
    EXPECT_TRUE(second);
}

}  // namespace
}  // namespace ringcast::ctl
