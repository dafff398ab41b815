#include "report.hpp"

#include "a_record.hpp"
#include "an_entry.hpp"
#include "lock.hpp"
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
    state.record = a_record({{"redis-1", 100, "a"}, {"redis-2", 300, ""}}, {{"news", "redis-2"}});
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
    router::Request request;
    request.node = "redis-3";
    request.by = "eve@admin";
    state.requests.push_back({"r-a.1-0000000003", request});
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
            "traffic      120 messages/s, not known of redis-2\n"
            "change       add redis-3: coordinator gw-1 does not say\n"
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
            R"("arcs":16384,"share_percent":2.5E1,"registered":true,"unreachable_for":[],"removal":null,)"
            R"("channels":12,)"
            R"("gateways":2,"messages_per_second":120,"memory_bytes":1500000},)"
            R"({"id":"redis-2","address":"127.0.0.1:7002","zone":"","weight":300,"arcs":49152,)"
            R"("share_percent":7.5E1,"registered":false,"unreachable_for":["gw-1"],"removal":null,)"
            R"("channels":0,)"
            R"("gateways":0,"messages_per_second":null,"memory_bytes":0}],)"
            R"("standby":[{"id":"redis-3","address":"127.0.0.1:7003","zone":"","weight":100,)"
            R"("version":"7.0.15"}],"gateways":[{"id":"gw-1",)"
            R"("client_url":"ws://127.0.0.1:8001/connection/websocket","admin_url":"","version":"",)"
            R"("draining":false,"unreachable":["redis-2"],"clients":5,"users":4,"subscriptions":30,)"
            R"("channels":20,"messages_per_second":9}],"messages_per_second":120,)"
                  R"("traffic_unknown_of":["redis-2"],"paused":false,)"
            R"("change":{"stage":"idle","request":"r-a.1-0000000003","what":"add redis-3","view":0,)"
            R"("step":1,"steps":1,"each_step":[],"share_percent":0E0,"seconds_left":null,)"
            R"("gateways":[],"waiting_for":[],"waiting":"coordinator gw-1 does not say",)"
            R"("requests":1,"others":[],"removals":[]},"requests_waiting":1,)"
            R"("waiting":null,"unreadable_entries":2})"
            "\n");
}

TEST(CtlReportTest, WhoIsTakenForDeadIsSaidWithWhatThatWaitsFor) {
    ClusterState state = a_state();
    state.record->removals = {{"redis-2", router::ViewNumber{8}}};
    EXPECT_NE(report_status(state, Output::table).text.find("unreachable for gw-1, taken for dead"),
              std::string::npos);

    GatewayStatus leader;
    leader.id = "gw-1";
    leader.coordination.emplace().removals = {{"redis-2", "the end of its lease", 4'200}};
    state.told = {leader};
    EXPECT_NE(report_status(state, Output::json)
                  .text.find(R"("removal":"taken for dead, waits for the end of its lease 5 s")"),
              std::string::npos);
}

TEST(CtlReportTest, WhoseAddressIsToChangeIsNotSaidToBeDead) {
    ClusterState state = a_state();
    state.record->removals = {{"redis-1", router::ViewNumber{8}}};
    state.nodes.at("redis-1").address.port = 8001;
    EXPECT_NE(report_status(state, Output::table).text.find("up, moving to 127.0.0.1:8001"),
              std::string::npos);
}

TEST(CtlReportTest, StatusOfAClusterThatIsNotThere) {
    ClusterState state;
    state.cluster = "chta";
    state.zookeeper = "connected";
    const Report report = report_status(state, Output::table);
    EXPECT_EQ(report.exit, ExitCode::refused);
    EXPECT_EQ(report.text,
              "cluster      chta\n"
              "zookeeper    connected\n"
              "coordinator  none leads\n"
              "view         none yet\n");
    EXPECT_EQ(
        report.error,
        "ringcastctl: nothing is registered in cluster chta: is its name right (--cluster, or "
        "RINGCAST_CLUSTER)?\n");
    EXPECT_EQ(report_status(state, Output::json).exit, ExitCode::refused);
    EXPECT_EQ(
        report_status(state, Output::json).text,
        R"({"cluster":"chta","zookeeper":"connected","coordinator":null,"view":0,"digest":"",)"
        R"("members":[],"standby":[],"gateways":[],"messages_per_second":0,)"
                  R"("traffic_unknown_of":[],"paused":false,)"
        R"("change":null,"requests_waiting":0,"waiting":null,"unreadable_entries":0})"
        "\n");
}

TEST(CtlReportTest, StatusTellsHowFarTheChangeIsThatRuns) {
    ClusterState state = a_state();
    const router::View& view = state.record->in_force;
    state.record->proposal = router::ViewRecord::Proposal{view, router::Stage::prepare, 100};
    state.record->proposal->next.number = router::ViewNumber{8};
    state.record->request = "r-a.1-0000000003";
    GatewayStatus leader;
    leader.id = "gw-1";
    leader.handoff = {8, "prepare", 400, 200, 0, 0};
    leader.coordination.emplace().handoff = {8, "prepare", "r-a.1-0000000003", 1, 1, {}};
    state.told = {leader};

    const std::string table = report_status(state, Output::table).text;
    EXPECT_NE(table.find("change       add redis-3 to view 8: prepare, 25 %, 6.0 s left\nwarning"),
              std::string::npos)
        << table << "what runs does not wait";
    const std::string json = report_status(state, Output::json).text;
    EXPECT_NE(json.find(R"("share_percent":2.5E1,"seconds_left":6E0,)"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("requests_waiting":0,)"), std::string::npos) << json;

    router::Request other;
    other.node = "redis-9";
    state.requests.push_back({"r-b.1-0000000004", other});
    EXPECT_NE(report_status(state, Output::table).text.find("requests     1 waiting\n"),
              std::string::npos);
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
    ClusterState state;
    state.cluster = "chta";
    const Report report = report_locate(state, "news", Output::table);
    EXPECT_EQ(report.exit, ExitCode::refused);
    EXPECT_EQ(report.text, "");
    EXPECT_EQ(
        report.error,
        "ringcastctl: nothing is registered in cluster chta: is its name right (--cluster, or "
        "RINGCAST_CLUSTER)?\n");
}

TEST(CtlReportTest, WithoutAViewItIsSaidWhetherAnybodyIsThere) {
    ClusterState state = a_state();
    state.record.reset();
    EXPECT_EQ(report_no_view(state, Output::table).exit, ExitCode::refused);
    EXPECT_EQ(report_no_view(state, Output::table).error,
              "ringcastctl: there is no view of the ring yet: see `ringcastctl status`\n");
    state.view_unreadable = true;
    EXPECT_NE(report_no_view(state, Output::table).error.find("cannot be read"), std::string::npos);
    state = {};
    state.cluster = "chta";
    EXPECT_EQ(
        report_no_view(state, Output::json).text,
        R"({"error":"nothing is registered in cluster chta: is its name right (--cluster, or )"
        R"(RINGCAST_CLUSTER)?"})"
        "\n");
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
              R"(`ringcastctl requests`, and at the log of coordinator gw-1"})"
              "\n");
}

TEST(CtlReportTest, RequestsSayWhatTheyWaitFor) {
    ClusterState state = a_state();
    router::Request request;
    request.kind = router::Request::Kind::weight;
    request.node = "redis-2";
    request.weight = 50;
    request.by = "bob@admin";
    request.when = {router::When::Kind::window, 120, 300, 0, 0};
    state.requests.push_back({"r-b.1-0000000004", request});
    state.requests.push_back({"r-c.1-0000000005", std::nullopt});
    GatewayStatus leader;
    leader.id = "gw-1";
    leader.coordination.emplace().waiting = "redis-3 does not answer";
    state.told.push_back(leader);

    EXPECT_EQ(report_requests(state, Output::table).text,
              "REQUEST           WHAT                                                 BY         "
              "ASKED AT (UTC)       STATE\n"
              "r-a.1-0000000003  add redis-3                                          eve@admin  "
              "1970-01-01 00:00:00  redis-3 does not answer\n"
              "r-b.1-0000000004  weight of redis-2 to 50 between 02:00 and 05:00 UTC  bob@admin  "
              "1970-01-01 00:00:00  after r-a.1-0000000003\n"
              "r-c.1-0000000005  unreadable                                           -          "
              "-                    after r-b.1-0000000004\n");

    // A leader that tells of each of them.
    state.told[0].coordination->waiting.clear();
    state.told[0].coordination->turns = {{"r-a.1-0000000003", true, ""},
                                         {"r-b.1-0000000004", false, "it waits for the window"}};
    const std::string turns = report_requests(state, Output::table).text;
    EXPECT_NE(turns.find("about to begin\n"), std::string::npos) << turns;
    EXPECT_NE(turns.find("it waits for the window\n"), std::string::npos) << turns;
    EXPECT_NE(turns.find("after r-b.1-0000000004\n"), std::string::npos) << turns;
    EXPECT_EQ(
        report_waiting("r-b.1-0000000004", state, Output::table).error,
        "ringcastctl: not done yet: request r-b.1-0000000004 stays in the queue; it waits for "
        "the window\n");
    state.told[0].coordination->turns.clear();

    state.settings.paused = true;
    EXPECT_NE(report_requests(state, Output::table).text.find("paused: `ringcastctl resume`"),
              std::string::npos);
    state.coordinator.reset();
    EXPECT_NE(report_requests(state, Output::json).text.find("no gateway leads"),
              std::string::npos);
    state.requests.clear();
    EXPECT_EQ(report_requests(state, Output::table).text, "No requests.\n");
    EXPECT_EQ(report_requests(state, Output::json).text, "{\"requests\":[]}\n");
}

TEST(CtlReportTest, HistoryIsNewestFirst) {
    ClusterState state;
    router::HistoryEntry entry = an_entry();
    entry.at = 1'795'309'000;
    state.history.push_back({"h-a.1-0000000001", entry});
    entry.what = "weight";
    entry.weight_before = 100;
    entry.weight = 50;
    entry.done = false;
    entry.reason = "cancelled";
    state.history.push_back({"h-a.2-0000000002", entry});

    EXPECT_EQ(
        report_history(state, 0, Output::table).text,
        "ENTRY             AT (UTC)             WHAT            BY         VIEW   ARCS   TOOK "
        " RESULT\n"
        "h-a.2-0000000002  2026-11-22 00:56:40  weight redis-4  eve@admin     8  16384  1.2 s "
        " not done: cancelled\n"
        "h-a.1-0000000001  2026-11-22 00:56:40  add redis-4     eve@admin     8  16384  1.2 s "
        " joined as requested\n");
    const std::string last = report_history(state, 1, Output::json).text;
    EXPECT_EQ(last.find("h-a.1-"), std::string::npos);
    EXPECT_NE(last.find(R"("name":"h-a.2-0000000002")"), std::string::npos);
}

TEST(CtlReportTest, HowToTakeBackWhatCannotBeCancelledIsSaidOnlyWhereThatIsPossible) {
    const auto told = [](const std::vector<PastChange>& history) {
        const Report report = report_not_cancelled(history, "r-a.1-0000000003", Output::table);
        EXPECT_EQ(report.exit, ExitCode::refused);
        return report.error;
    };
    PastChange past{"h-1", an_entry()};
    EXPECT_EQ(told({past}),
              "ringcastctl: too late: r-a.1-0000000003 has ended (joined as requested); "
              "`ringcastctl undo h-1` takes it back\n");

    PastChange undoing{"h-2", an_entry()};
    undoing.entry.request = "r-b.1-0000000004";
    undoing.entry.undo_of = "h-1";
    EXPECT_EQ(told({past, undoing}),
              "ringcastctl: nothing to take back: r-a.1-0000000003 has ended (joined as "
              "requested); h-1 was undone by h-2 already\n");

    past.entry.steps = 0;
    past.entry.reason = "redis-4 is a member already";
    EXPECT_EQ(told({past}),
              "ringcastctl: nothing to take back: r-a.1-0000000003 has ended (redis-4 is a member "
              "already); h-1 changed nothing that an operator asked for\n");
    EXPECT_EQ(told({}),
              "ringcastctl: there is no request r-a.1-0000000003: see `ringcastctl requests`\n");
}

TEST(CtlReportTest, WhatWasDoneBeforeACancellationCanBeTakenBack) {
    PastChange past{"h-1", an_entry()};
    past.entry.done = false;
    past.entry.reason = "cancelled by an operator after step 1";
    const auto told = [&] {
        return report_cancelled({past}, "r-a.1-0000000003", Output::table).text;
    };
    EXPECT_EQ(told(),
              "r-a.1-0000000003 is cancelled by an operator after step 1; `ringcastctl undo h-1` "
              "takes back what was done.\n");
    past.entry.steps = 0;
    EXPECT_EQ(told(), "r-a.1-0000000003 is taken back: nothing has changed.\n");
}

TEST(CtlReportTest, SettingsAreListedOrTold) {
    const router::ClusterSettings settings;
    EXPECT_EQ(report_settings(settings, "paused", Output::table).text, "false\n");
    EXPECT_EQ(report_settings(settings, "subscribe_rate", Output::json).text,
              "{\"subscribe_rate\":20000}\n");
    EXPECT_EQ(report_settings(settings, "death_grace_ms", Output::table).text,
              "as each gateway is configured\n");
    EXPECT_NE(report_settings(settings, "", Output::table).text.find("leave_seconds_max"),
              std::string::npos);
    EXPECT_EQ(report_settings(settings, "colour", Output::table).exit, ExitCode::wrong_use);
}

TEST(CtlReportTest, WhoHoldsTheLockIsSaid) {
    const LockHolder holder{"eve@admin", "remove redis-2", 1'000};
    EXPECT_EQ(LockHolder::text(holder.encode(), 1'012), "eve@admin (remove redis-2) for 12.0 s");
    EXPECT_EQ(LockHolder::text("a\nscript", 0), "somebody (\"ascript\")");
    EXPECT_EQ(LockHolder::text(R"({"by":"e\u001bve","what":"pin \u00e9\n"})", 0), "eve (pin \xc3\xa9)");
    const Report report = report_locked("eve@admin", Output::table);
    EXPECT_EQ(report.exit, ExitCode::locked);
    EXPECT_EQ(report.error,
              "ringcastctl: the ring is being changed by eve@admin: try again when that is done\n");
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
