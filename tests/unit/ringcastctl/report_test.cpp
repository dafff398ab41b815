#include "report.hpp"

#include "text_table.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

router::NodeEntry a_node(const std::string& id, std::uint16_t port, std::uint64_t channels) {
    router::NodeEntry node;
    node.id = id;
    node.address = {"127.0.0.1", port};
    node.version = "7.0.15";
    node.load = {.channels = channels,
                 .gateways = 2,
                 .messages_per_second = 10 * channels,
                 .memory_bytes = 1'500'000};
    return node;
}

/// Two members of which one has not registered, one node on standby, two gateways.
ClusterState a_state() {
    ClusterState state;
    state.cluster = "chat";
    state.zookeeper = "connected";
    state.coordinator = "gw-1";
    auto ring = ring::Ring::genesis({{"redis-1", 100, "a"}, {"redis-2", 300, ""}});
    ring = ring->with_pins({{"news", "redis-2"}});
    state.record = router::ViewRecord{
        {router::ViewNumber{7}, *ring, {{"127.0.0.1", 7001}, {"127.0.0.1", 7002}}},
        std::nullopt,
        ""};
    state.nodes = {{"redis-1", a_node("redis-1", 7001, 12)},
                   {"redis-3", a_node("redis-3", 7003, 0)}};
    router::GatewayEntry gateway;
    gateway.id = "gw-1";
    gateway.client_url = "ws://127.0.0.1:8001/connection/websocket";
    gateway.load = {
        .clients = 5, .users = 4, .subscriptions = 30, .channels = 20, .messages_per_second = 9};
    gateway.unreachable = {"redis-2"};
    state.gateways.push_back(gateway);
    gateway.id = "gw-2";
    gateway.draining = true;
    gateway.unreachable.clear();
    state.gateways.push_back(gateway);
    state.requests_waiting = 1;
    state.unreadable = 2;
    return state;
}

TEST(CtlReportTest, StatusAsATable) {
    const Report report = report_status(a_state(), Output::table);
    EXPECT_EQ(report.exit, ExitCode::done);
    const std::string digest = a_state().record->in_force.ring.digest().text();
    EXPECT_EQ(
        report.text,
        "cluster      chat\n"
        "zookeeper    connected\n"
        "coordinator  gw-1\n"
        "view         7, digest " +
            digest +
            "\n"
            "requests     1 waiting\n"
            "warning      2 entries cannot be read\n"
            "\n"
            "MEMBER   ADDRESS         ZONE  WEIGHT   ARCS    SHARE  CHANNELS  MESSAGES/S  MEMORY  "
            "STATE\n"
            "redis-1  127.0.0.1:7001  a        100  16384  25.00 %        12         120  1.5 MB  "
            "up\n"
            "redis-2  127.0.0.1:7002  -        300  49152  75.00 %         -           -       -  "
            "not registered, unreachable for gw-1\n"
            "\n"
            "STANDBY  ADDRESS         ZONE  WEIGHT  REDIS\n"
            "redis-3  127.0.0.1:7003  -        100  7.0.15\n"
            "\n"
            "GATEWAY  CLIENTS  SUBSCRIPTIONS  CHANNELS  MESSAGES/S  STATE     CLIENT URL\n"
            "gw-1           5             30        20           9  active    "
            "ws://127.0.0.1:8001/connection/websocket\n"
            "gw-2           5             30        20           9  draining  "
            "ws://127.0.0.1:8001/connection/websocket\n");
}

TEST(CtlReportTest, StatusAsJson) {
    ClusterState state = a_state();
    state.gateways.pop_back();
    const std::string digest = state.record->in_force.ring.digest().text();
    EXPECT_EQ(
        report_status(state, Output::json).text,
        R"({"cluster":"chat","zookeeper":"connected","coordinator":"gw-1","view":7,"digest":")" +
            digest +
            R"(","members":[{"id":"redis-1","address":"127.0.0.1:7001","zone":"a","weight":100,)"
            R"("arcs":16384,"share_percent":2.5E1,"registered":true,"unreachable_for":[],"channels":12,)"
            R"("gateways":2,"messages_per_second":120,"memory_bytes":1500000},)"
            R"({"id":"redis-2","address":"127.0.0.1:7002","zone":"","weight":300,"arcs":49152,)"
            R"("share_percent":7.5E1,"registered":false,"unreachable_for":["gw-1"],"channels":0,)"
            R"("gateways":0,"messages_per_second":0,"memory_bytes":0}],)"
            R"("standby":[{"id":"redis-3","address":"127.0.0.1:7003","zone":"","weight":100,)"
            R"("version":"7.0.15"}],"gateways":[{"id":"gw-1",)"
            R"("client_url":"ws://127.0.0.1:8001/connection/websocket","admin_url":"","version":"",)"
            R"("draining":false,"unreachable":["redis-2"],"clients":5,"users":4,"subscriptions":30,)"
            R"("channels":20,"messages_per_second":9}],"requests_waiting":1,"unreadable_entries":2})"
            "\n");
}

TEST(CtlReportTest, StatusOfAClusterThatIsNotThere) {
    ClusterState state;
    state.cluster = "chta";
    state.zookeeper = "connected";
    EXPECT_EQ(report_status(state, Output::table).text,
              "cluster      chta\n"
              "zookeeper    connected\n"
              "coordinator  none leads\n"
              "view         none yet\n"
              "Nothing is registered in this cluster: is its name right?\n");
    EXPECT_EQ(
        report_status(state, Output::json).text,
        R"({"cluster":"chta","zookeeper":"connected","coordinator":null,"view":0,"digest":"",)"
        R"("members":[],"standby":[],"gateways":[],"requests_waiting":0,"unreadable_entries":0})"
        "\n");
}

TEST(CtlReportTest, StatusSaysWhenTheViewCannotBeRead) {
    ClusterState state;
    state.view_unreadable = true;
    EXPECT_NE(report_status(state, Output::table).text.find("view         unreadable"),
              std::string::npos);
}

TEST(CtlReportTest, LocateAPinnedChannel) {
    const ClusterState state = a_state();
    const auto arc = std::to_string(state.record->in_force.ring.arc("news"));
    const Report report = report_locate(state, "news", Output::table);
    EXPECT_EQ(report.text,
              "channel     news\n"
              "owner       redis-2 at 127.0.0.1:7002\n"
              "arc         " +
                  arc +
                  " of 65536, owned by redis-1\n"
                  "pin         redis-2\n"
                  "successors  redis-2\n"
                  "view        7\n");
    EXPECT_EQ(
        report_locate(state, "news", Output::json).text,
        R"({"channel":"news","arc":)" + arc +
            R"(,"owner":"redis-2","address":"127.0.0.1:7002","pinned":true,"arc_owner":"redis-1",)"
            R"("successors":["redis-2"],"view":7})"
            "\n");
}

TEST(CtlReportTest, LocateAChannelByItsArc) {
    const ClusterState state = a_state();
    const router::View& view = state.record->in_force;
    const auto owner = view.ring.members()[view.ring.owner("sports")].id;
    const Report report = report_locate(state, "sports", Output::table);
    EXPECT_NE(report.text.find("owner       " + owner + " at "), std::string::npos);
    EXPECT_NE(report.text.find("pin         none\n"), std::string::npos);
}

TEST(CtlReportTest, LocateNeedsAView) {
    const Report report = report_locate(ClusterState{}, "news", Output::table);
    EXPECT_EQ(report.exit, ExitCode::refused);
    EXPECT_EQ(report.text, "");
    EXPECT_EQ(report.error,
              "ringcastctl: there is no view of the ring yet: see `ringcastctl status`\n");
}

router::HistoryEntry an_entry() {
    router::HistoryEntry entry;
    entry.request = "r-a.1-0000000003";
    entry.what = "add";
    entry.node = "redis-4";
    entry.by = "eve@admin";
    entry.done = true;
    entry.reason = "joined as requested";
    entry.view = 8;
    entry.arcs_moved = 16'384;
    entry.took_ms = 12;
    return entry;
}

TEST(CtlReportTest, AChangeThatWasDone) {
    EXPECT_EQ(
        report_change(an_entry(), Output::table).text,
        "redis-4 is a member since view 8: 16384 arcs (25.00 %) moved to it in 12 ms, as eve@admin "
        "requested.\n");
    EXPECT_EQ(
        report_change(an_entry(), Output::json).text,
        R"({"request":"r-a.1-0000000003","what":"add","node":"redis-4","by":"eve@admin","done":true,)"
        R"("reason":"joined as requested","view":8,"arcs_moved":16384,"took_ms":12})"
        "\n");
    router::HistoryEntry removed = an_entry();
    removed.what = "remove";
    EXPECT_EQ(report_change(removed, Output::table).text,
              "redis-4 is no longer a member since view 8: 16384 arcs (25.00 %) moved to others in "
              "12 ms, "
              "as eve@admin requested.\n");
}

TEST(CtlReportTest, AChangeThatWasNotNeededIsASuccess) {
    router::HistoryEntry entry = an_entry();
    entry.arcs_moved = 0;
    entry.reason = "redis-4 is a member already";
    const Report report = report_change(entry, Output::table);
    EXPECT_EQ(report.exit, ExitCode::done);
    EXPECT_EQ(report.text, "Nothing to do: redis-4 is a member already.\n");
}

TEST(CtlReportTest, AChangeThatWasRefusedSaysWhy) {
    router::HistoryEntry entry = an_entry();
    entry.done = false;
    entry.reason = "redis-4 has not registered";
    const Report report = report_change(entry, Output::table);
    EXPECT_EQ(report.exit, ExitCode::refused);
    EXPECT_EQ(report.text, "");
    EXPECT_EQ(report.error, "refused: redis-4 has not registered\n");
    EXPECT_EQ(report_change(entry, Output::json).exit, ExitCode::refused);
}

TEST(CtlReportTest, WaitingTooLongSaysWhatIsWaitedFor) {
    const std::string start = "ringcastctl: not done yet: request r-7 stays in the queue; ";
    EXPECT_EQ(report_waiting("r-7", ClusterState{}, Output::table).error,
              start + "no gateway leads as coordinator: start one, and the request will be done\n");
    ClusterState led;
    led.coordinator = "gw-1";
    EXPECT_EQ(report_waiting("r-7", led, Output::table).error,
              start + "there is no first view yet: it waits for nodes to register\n");
    const Report report = report_waiting("r-7", a_state(), Output::json);
    EXPECT_EQ(report.exit, ExitCode::timed_out);
    EXPECT_EQ(report.text,
              R"({"error":"not done yet: request r-7 stays in the queue; look for it with )"
              R"(`ringcastctl status`, and at the log of coordinator gw-1"})"
              "\n");
}

TEST(CtlTextTableTest, SizesAreReadable) {
    EXPECT_EQ(bytes(0), "0 B");
    EXPECT_EQ(bytes(999), "999 B");
    EXPECT_EQ(bytes(1'000), "1.0 kB");
    EXPECT_EQ(bytes(12'345'678'901), "12.3 GB");
    EXPECT_EQ(percent(1, 3), "33.33 %");
}

}  // namespace
}  // namespace ringcast::ctl
