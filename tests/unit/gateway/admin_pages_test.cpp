#include "admin_pages.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace ringcast::gateway {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A gateway among three members where all is well.
Snapshot healthy() {
    Snapshot made;
    made.id = "gw-1";
    made.version = "0.1.0";
    made.session = {membership::SessionState::connected, 7};
    made.router.view = router::ViewNumber{4};
    made.router.digest = "00112233445566778899aabbccddeeff";
    for (const char* node : {"redis-1", "redis-2", "redis-3"}) {
        router::LinkStatus link;
        link.member = node;
        link.address = "127.0.0.1:7001";
        link.publishing = true;
        link.subscribing = true;
        made.router.links.push_back(link);
    }
    for (const char* id : {"gw-1", "gw-2", "gw-3"}) {
        router::GatewayEntry entry;
        entry.id = id;
        made.gateways.push_back(entry);
    }
    return made;
}

Snapshot with_link(void (*change)(router::LinkStatus&)) {
    auto made = healthy();
    change(made.router.links[1]);
    return made;
}

void broken(router::LinkStatus& link) {
    link.publishing = false;
    link.subscribing = false;
}

void down(router::LinkStatus& link) {
    broken(link);
    link.unreachable = true;
}

void deaf(router::LinkStatus& link) {
    link.subscribing = false;
    link.deaf = true;
}

TEST(ReadinessTest, AllIsWell) {
    EXPECT_TRUE(readiness(healthy(), false).ready());
    EXPECT_TRUE(readiness(healthy(), true).ready());
}

TEST(ReadinessTest, NotWithoutAViewNorWhileDraining) {
    auto snapshot = healthy();
    snapshot.router.view = {};
    snapshot.server.draining = true;

    EXPECT_THAT(readiness(snapshot, true).reasons,
                AllOf(Contains("draining"), Contains(HasSubstr("no view"))));
}

TEST(ReadinessTest, NotBeforeEveryLinkHasBeenUp) {
    EXPECT_THAT(readiness(with_link(broken), false).reasons,
                Contains(AllOf(HasSubstr("redis-2"), HasSubstr("not up yet"))));
    EXPECT_TRUE(readiness(with_link(broken), true).ready()) << "a moment's break is no reason";
}

TEST(ReadinessTest, NotWithADeafOrDownLinkThatOthersDoNotHave) {
    EXPECT_THAT(readiness(with_link(deaf), true).reasons, Contains(HasSubstr("delivers nothing")));
    EXPECT_THAT(readiness(with_link(down), true).reasons, Contains(HasSubstr("is down")));
}

TEST(ReadinessTest, AMemberThatMostCannotReachIsNobodysFault) {
    for (const auto trouble : {deaf, down}) {
        auto snapshot = with_link(trouble);
        snapshot.gateways[1].unreachable = {"redis-2"};
        EXPECT_FALSE(readiness(snapshot, true).ready()) << "one of two others is not most";

        snapshot.gateways[2].unreachable = {"redis-2"};
        EXPECT_TRUE(readiness(snapshot, true).ready());
        EXPECT_THAT(readiness(snapshot, true).remarks, Contains(HasSubstr("redis-2")));
    }
}

TEST(ReadinessTest, AloneOnlyADeafLinkIsAReason) {
    auto snapshot = with_link(down);
    snapshot.gateways.resize(1);
    EXPECT_TRUE(readiness(snapshot, true).ready()) << "nobody else could do better";

    snapshot = with_link(deaf);
    snapshot.gateways.resize(1);
    EXPECT_FALSE(readiness(snapshot, true).ready());
}

TEST(AdminPagesTest, ReadySaysWhyNotAsJson) {
    AdminPages pages{AdminControls{}};
    EXPECT_EQ(pages.answer({"GET", "/ready", {}}, healthy()).status, 200U);
    EXPECT_EQ(pages.answer({"GET", "/ready/haproxy", {}}, healthy()).status, 200U);

    auto snapshot = healthy();
    snapshot.server.draining = true;
    const auto page = pages.answer({"GET", "/ready", {}}, snapshot);
    EXPECT_EQ(pages.answer({"GET", "/ready/haproxy", {}}, snapshot).status, 404U);
    EXPECT_EQ(page.status, 503U);
    EXPECT_EQ(page.body, R"({"ready":false,"reasons":["draining"]})");
}

TEST(AdminPagesTest, HealthOnlyNeedsTheProcess) {
    AdminPages pages{AdminControls{}};
    EXPECT_EQ(pages.answer({"GET", "/health", {}}, {}).status, 200U);
    EXPECT_EQ(pages.answer({"HEAD", "/health", {}}, {}).status, 200U);
    EXPECT_EQ(pages.answer({"POST", "/health", {}}, {}).status, 405U);
    EXPECT_EQ(pages.answer({"GET", "/nothing", {}}, {}).status, 404U);
    EXPECT_THAT(pages.answer({"GET", "/", {}}, {}).body, HasSubstr("/metrics"));
}

TEST(AdminPagesTest, StatusIsJsonWithEachLink) {
    AdminPages pages{AdminControls{}};
    auto snapshot = healthy();
    snapshot.id = "odd \"name\"";

    const auto page = boost::json::parse(pages.answer({"GET", "/status", {}}, snapshot).body);

    EXPECT_EQ(page.at("id").as_string(), "odd \"name\"");
    EXPECT_EQ(page.at("view").as_int64(), 4);
    EXPECT_EQ(page.at("session").as_string(), "connected");
    EXPECT_EQ(page.at("links").as_array().size(), 3U);
    EXPECT_TRUE(page.at("links").at(0).at("publishing").as_bool());
}

TEST(AdminPagesTest, StatusTellsHowFarAHandoffIs) {
    AdminPages pages{AdminControls{}};
    const auto status = [&](const Snapshot& snapshot) {
        return boost::json::parse(pages.answer({"GET", "/status", {}}, snapshot).body);
    };
    auto snapshot = healthy();
    EXPECT_TRUE(status(snapshot).at("handoff").is_null());

    snapshot.router.handoff =
        router::HandoffStatus{router::ViewNumber{5}, "prepare", 9, 4, 3, 2, 1};
    const auto handoff = status(snapshot).at("handoff");
    EXPECT_EQ(handoff.at("view").as_int64(), 5);
    EXPECT_EQ(handoff.at("stage").as_string(), "prepare");
    EXPECT_EQ(handoff.at("moving").as_int64(), 9);
    EXPECT_EQ(handoff.at("prepared").as_int64(), 4);
    EXPECT_EQ(handoff.at("switched").as_int64(), 3);
    EXPECT_EQ(handoff.at("left").as_int64(), 2);
    EXPECT_EQ(handoff.at("buffered_bytes").as_int64(), 1);
}

TEST(AdminPagesTest, StatusOfTheLeaderTellsWhatItDoes) {
    AdminPages pages{AdminControls{}};
    const auto coordination = [&](const Snapshot& snapshot) {
        return boost::json::parse(pages.answer({"GET", "/status", {}}, snapshot).body)
            .at("coordination");
    };
    auto snapshot = healthy();
    EXPECT_TRUE(coordination(snapshot).is_null());

    snapshot.coordinator.leading = true;
    snapshot.coordinator.messages_per_second = 9;
    snapshot.coordinator.waiting = "it waits for \"resume\"";
    EXPECT_EQ(coordination(snapshot).at("messages_per_second").as_int64(), 9);
    EXPECT_EQ(coordination(snapshot).at("waiting").as_string(), "it waits for \"resume\"");
    EXPECT_TRUE(coordination(snapshot).at("handoff").is_null());
    snapshot.coordinator.requests = {{"r-1", false, "it waits"}, {"r-2", true, ""}};
    const auto requests = coordination(snapshot).at("requests");
    EXPECT_EQ(requests.at(0).at("name").as_string(), "r-1");
    EXPECT_FALSE(requests.at(0).at("due").as_bool());
    EXPECT_EQ(requests.at(0).at("waits_for").as_string(), "it waits");
    EXPECT_TRUE(requests.at(1).at("due").as_bool());

    snapshot.coordinator.handoff = router::HandoffProgress{
        router::ViewNumber{5}, "fence", "r-1", 2, 3, {"redis-1"}, std::chrono::milliseconds(12)};
    const auto handoff = coordination(snapshot).at("handoff");
    EXPECT_EQ(handoff.at("view").as_int64(), 5);
    EXPECT_EQ(handoff.at("stage").as_string(), "fence");
    EXPECT_EQ(handoff.at("request").as_string(), "r-1");
    EXPECT_EQ(handoff.at("step").as_int64(), 2);
    EXPECT_EQ(handoff.at("steps").as_int64(), 3);
    EXPECT_EQ(handoff.at("waiting_for").at(0).as_string(), "redis-1");
    EXPECT_EQ(handoff.at("running_ms").as_int64(), 12);
}

/// Prometheus's text format: what each sample line says, by its name and labels.
std::map<std::string, double> samples(const std::string& page, std::set<std::string>& families) {
    static const std::regex sample(
        R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})? (\S+))");
    static const std::regex comment(R"(# (HELP|TYPE) ([a-z_]+) .+)");
    std::map<std::string, double> found;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (std::regex_match(line, parts, comment)) {
            families.insert(parts[2]);
        } else if (std::regex_match(line, parts, sample)) {
            found[parts[1].str() + parts[2].str()] = std::stod(parts[3]);
        } else {
            ADD_FAILURE() << "not Prometheus: " << line;
        }
    }
    return found;
}

TEST(MetricsTest, EveryNumberIsThereInPrometheusFormat) {
    auto snapshot = healthy();
    snapshot.server.sessions = 11;
    snapshot.server.subscriptions = 22;
    snapshot.server.messages_out = 33;
    snapshot.server.queue_bytes = 44;
    snapshot.server.publishes_refused = {{"permission denied", 5}};
    snapshot.server.closes = {{CloseCode::slow, 6}};
    snapshot.server.handshakes_refused = {{"say \"no\"\n\\", 7}};
    snapshot.router.links[0].reconnects = 8;
    snapshot.router.publishes_failed = {{router::Errc::unreachable, 9}};
    snapshot.router.handoff = router::HandoffStatus{
        .view = router::ViewNumber{5}, .stage = "leave", .moving = 40, .left = 10};
    snapshot.coordinator.leading = true;
    snapshot.cpu = std::chrono::milliseconds(1'250);
    for (const int ms : {1, 3, 70}) {
        snapshot.router.publish_holds.add(std::chrono::milliseconds(ms));
    }

    AdminPages pages{AdminControls{}};
    std::set<std::string> families;
    const auto found = samples(pages.answer({"GET", "/metrics", {}}, snapshot).body, families);

    // What every process has bears the name that Prometheus gives it.
    EXPECT_THAT(families, Contains("process_cpu_seconds_total"));
    families.erase("process_cpu_seconds_total");
    EXPECT_THAT(families, Each(testing::StartsWith("ringcast_")));
    const auto value = [&found](const char* name) {
        const auto sample = found.find(name);
        return sample == found.end() ? -1.0 : sample->second;
    };
    EXPECT_EQ(value("ringcast_sessions"), 11);
    EXPECT_EQ(value("ringcast_subscriptions"), 22);
    EXPECT_EQ(value("ringcast_messages_out_total"), 33);
    EXPECT_EQ(value("ringcast_queue_bytes"), 44);
    EXPECT_EQ(value("ringcast_publishes_refused_total{reason=\"permission denied\"}"), 5);
    EXPECT_EQ(value("ringcast_sessions_closed_total{code=\"3008\",reason=\"slow\"}"), 6);
    EXPECT_EQ(value("ringcast_view_number"), 4);
    EXPECT_EQ(value("ringcast_handoff_view"), 5);
    EXPECT_EQ(value("ringcast_handoff_channels{state=\"moving\"}"), 40);
    EXPECT_EQ(value("ringcast_handoff_channels{state=\"left\"}"), 10);
    EXPECT_EQ(value("ringcast_ring_info{digest=\"00112233445566778899aabbccddeeff\"}"), 1);
    EXPECT_EQ(value("ringcast_link_reconnects_total{node=\"redis-1\",address=\"127.0.0.1:7001\"}"),
              8);
    EXPECT_EQ(value("ringcast_link_deaf{node=\"redis-3\",address=\"127.0.0.1:7001\"}"), 0);
    EXPECT_EQ(value("ringcast_session_state{state=\"connected\"}"), 1);
    EXPECT_EQ(value("ringcast_session_state{state=\"lost\"}"), 0);
    EXPECT_EQ(value("ringcast_coordinator_leading"), 1);
    EXPECT_EQ(value("ringcast_ready"), 1);
    EXPECT_EQ(value("ringcast_gateways"), 3);
    EXPECT_EQ(value("process_cpu_seconds_total"), 1.25);
    EXPECT_EQ(value("ringcast_publishes_fenced_total"), 3);
    EXPECT_DOUBLE_EQ(value("ringcast_publish_fenced_seconds{quantile=\"1\"}"), 0.07);
    EXPECT_EQ(value("ringcast_publish_hold_seconds_count"), 3);
    EXPECT_DOUBLE_EQ(value("ringcast_publish_hold_seconds_sum"), 0.074);
    EXPECT_EQ(value("ringcast_publish_hold_seconds_bucket{le=\"0.0005\"}"), 0);
    EXPECT_EQ(value("ringcast_publish_hold_seconds_bucket{le=\"0.005\"}"), 2);
    EXPECT_EQ(value("ringcast_publish_hold_seconds_bucket{le=\"0.1\"}"), 3);
    EXPECT_EQ(value("ringcast_publish_hold_seconds_bucket{le=\"+Inf\"}"), 3);
}

}  // namespace
}  // namespace ringcast::gateway
