#include "live_report.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <string>

namespace ringcast::bench {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

/// Figures that are found nowhere else: before the point stands which times they are of, behind it
/// which of the four.
Percentiles times_of(std::size_t number) {
    const auto whole = static_cast<double>(number);
    return {number, whole + 0.1, whole + 0.2, whole + 0.3, whole + 0.4};
}

/// How a row ends that tells them.
std::string cell_of(std::size_t number) {
    const std::string whole = std::to_string(number);
    return " +" + whole + ".1 / " + whole + ".2 / " + whole + ".3 / " + whole + ".4\n";
}

void expect_times(const boost::json::value& told, std::size_t number) {
    const Percentiles expected = times_of(number);
    EXPECT_EQ(told.at("count").to_number<std::size_t>(), number);
    EXPECT_DOUBLE_EQ(told.at("p50").as_double(), expected.p50);
    EXPECT_DOUBLE_EQ(told.at("p99").as_double(), expected.p99);
    EXPECT_DOUBLE_EQ(told.at("p99.9").as_double(), expected.p999);
    EXPECT_DOUBLE_EQ(told.at("max").as_double(), expected.max);
}

void expect_cpu(const boost::json::value& told, const Cpu& cpu) {
    EXPECT_DOUBLE_EQ(told.at("before").as_double(), cpu.before);
    EXPECT_DOUBLE_EQ(told.at("during").as_double(), cpu.during);
    EXPECT_DOUBLE_EQ(told.at("after").as_double(), cpu.after);
}

/// A change in which everything went well, as it could have been measured.
class LiveReportTest : public testing::Test {
protected:
    LiveReportTest() {
        plan.channels_moved = 250;
        plan.units_least = 16'384;
        plan.moved_over_least = 1.0;
        one.phases = {
            1'000'000'000, 1'100'000'000, 3'000'000'000, 3'050'000'000, 5'000'000'000, "", {}};
        one.channels_moved = 250;
        one.channels_before = {1'001, 0};
        one.node_names = {"redis-0001", "redis-0002"};
        one.nodes = {NodeSample{751, 0, 4, 100, 5'000, 6'000, 0.1},
                     NodeSample{251, 9, 0, 50, 2'000, 3'000, 0.1}};
        one.nodes_cpu = {{0.1, 0.2, 0.1}, {0, 0.3, 0.1}};
        one.gateways = {{0.1, 0.4, 0.1}};
        one.holds.emplace();
        one.subscribes = 9;
        one.subscriptions = {502, 500};
        one.subscribes_max = 12;
        one.verdict.accepted = 1'000;
        one.verdict.expected = one.verdict.delivered = 2'000;
        one.delivery = {{500, 0.3, 4, 5, 6}, {500, 0.4, 7, 8, 9}, {500, 0.3, 4, 5, 6}};
    }

    Cost plan;
    Measurement one;
};

TEST_F(LiveReportTest, EveryBoundIsSetBesideWhatWasMeasured) {
    const std::string table = table_of({one}, plan);

    EXPECT_THAT(table, Not(HasSubstr("MISSED")));
    EXPECT_THAT(table, ContainsRegex("whole move, s +4.00 +<= 10.00 +kept"));
    EXPECT_THAT(table, ContainsRegex("moved/least +1.000 +<= 1.000 +kept"));
    EXPECT_THAT(table, ContainsRegex("SUBSCRIBE commands +9 +<= 12 +kept"));
    EXPECT_THAT(table, ContainsRegex("delivery p99 during/before +1.75 +<= 2.00 +kept"));
    EXPECT_THAT(table, ContainsRegex("prepare +1.900 s"));
    EXPECT_THAT(table, ContainsRegex("fence and switch +0.050 s"));
}

TEST_F(LiveReportTest, WhatWasNotReachedIsMissed) {
    one.verdict.reordered = 1;
    one.verdict.gaps = 2;
    one.phases.done = 12'000'000'000;
    one.channels_moved = 251;
    one.subscribes = 13;
    one.delivery.during.p99 = 8.1;

    const std::string table = table_of({one}, plan);

    EXPECT_THAT(table, ContainsRegex("reordered, invented +1 +<= 0 +MISSED"));
    EXPECT_THAT(table, ContainsRegex("gaps told, publishes failed +2 +<= 0 +MISSED"));
    EXPECT_THAT(table, ContainsRegex("whole move, s +11.00 +<= 10.00 +MISSED"));
    EXPECT_THAT(table, ContainsRegex("moved/least +1.004 +<= 1.000 +MISSED"));
    EXPECT_THAT(table, ContainsRegex("SUBSCRIBE commands +13 +<= 12 +MISSED"));
    EXPECT_THAT(table, ContainsRegex("during/before +2.02 +<= 2.00 +MISSED"));
}

TEST_F(LiveReportTest, ABoundOfWhatIsNotKnownIsNeitherKeptNorMissed) {
    one.delivery.before = percentiles_of({4, 4});
    one.verdict = {};

    const std::string table = table_of({one}, plan);
    const auto bounds = json_of({one}, plan).at(0).at("bounds").as_array();

    EXPECT_THAT(table, ContainsRegex("invented +unknown +<= 0 +no message was accepted"));
    EXPECT_THAT(table, ContainsRegex("during/before +unknown +<= 2.00 +too few messages: "
                                     "2 delivered before, 500 during"));
    EXPECT_TRUE(bounds.front().at("measured").is_null());
    EXPECT_TRUE(bounds.front().at("kept").is_null());
    EXPECT_EQ(bounds.front().at("unknown").as_string(), "no message was accepted");
    EXPECT_EQ(bounds.back().at("name").as_string(), "slowdown");
    EXPECT_TRUE(bounds.back().at("kept").is_null());
    EXPECT_FALSE(bounds.at(1).as_object().contains("unknown")) << "of a known one";
}

TEST_F(LiveReportTest, ANaiveSwitchThatLostNothingShowsThatTheLoadIsTooLight) {
    Measurement naive = one;
    naive.way = Way::naive;
    naive.verdict.gaps = 2'378;  // a gap that is told is no loss that is seen
    EXPECT_THAT(table_of({one, naive}, plan), HasSubstr("does not show what it costs"));
    EXPECT_FALSE(json_of({one, naive}, plan).at(1).at("loss_seen").as_bool());

    naive.verdict.lost = 1;
    EXPECT_THAT(table_of({one, naive}, plan), Not(HasSubstr("does not show what it costs")));
    EXPECT_TRUE(json_of({one, naive}, plan).at(1).at("loss_seen").as_bool());
    EXPECT_FALSE(json_of({one, naive}, plan).at(0).as_object().contains("loss_seen"));
}

TEST_F(LiveReportTest, ADeathIsNotHeldAgainstTheFiguresOfAHandoff) {
    one.kind = Change::Kind::crash;
    one.verdict.lost = 628;
    one.delivery.during.p99 = 2'672;

    const std::string table = table_of({one}, plan);

    EXPECT_THAT(table, HasSubstr("promised when a node dies"));
    EXPECT_THAT(table, ContainsRegex("lost and not told, .* +0 +<= 0 +kept"));
    EXPECT_THAT(table, Not(HasSubstr("MISSED")));
    EXPECT_THAT(table, Not(HasSubstr("during/before +<=")));
}

TEST_F(LiveReportTest, JsonTellsOfEachBoundWhetherItWasKept) {
    one.verdict.reordered = 1;

    const auto bounds = json_of({one}, plan).at(0).at("bounds").as_array();

    EXPECT_EQ(bounds.at(0).at("name").as_string(), "wrong");
    EXPECT_EQ(bounds.at(0).at("measured").to_number<int>(), 1);
    EXPECT_FALSE(bounds.at(0).at("kept").as_bool());
    EXPECT_TRUE(bounds.at(0).at("promise").as_bool());
    EXPECT_EQ(bounds.at(2).at("name").as_string(), "whole_move_s");
    EXPECT_EQ(bounds.at(2).at("at_most").to_number<int>(), 10);
    EXPECT_TRUE(bounds.at(2).at("kept").as_bool());
    EXPECT_FALSE(bounds.at(2).at("promise").as_bool());
}

TEST_F(LiveReportTest, WhatHistoryTellsStandsBesideWhatWasSeenAndPredicted) {
    one.phases.took = std::chrono::milliseconds(3'950);
    one.predicted_s = 3.9;

    const std::string table = table_of({one}, plan);
    const auto json = json_of({one}, plan).at(0).as_object();

    EXPECT_THAT(table, ContainsRegex("whole move, seen from outside +4.000 s"));
    EXPECT_THAT(table, ContainsRegex("as history tells it +3.950 s"));
    EXPECT_THAT(table, ContainsRegex("as it was predicted +3.900 s"));
    EXPECT_THAT(table, ContainsRegex("prediction off by, .* +1.3 +<= 20.0 +kept"));
    EXPECT_DOUBLE_EQ(json.at("took_s").as_double(), 3.95);
    EXPECT_DOUBLE_EQ(json.at("predicted_s").as_double(), 3.9);
}

TEST_F(LiveReportTest, EachNodesShareIsOfTheChannelsThatNodesAreFor) {
    const std::string table = table_of({one}, plan);
    const auto nodes = json_of({one}, plan).at(0).at("nodes").as_array();

    // One channel of each is its control channel: 1,000 before, 750 and 250 after.
    EXPECT_THAT(table, ContainsRegex("redis-0001 +1,001 +751 +100.00 % +75.00 %"));
    EXPECT_THAT(table, ContainsRegex("redis-0002 +0 +251 +0.00 % +25.00 %"));
    EXPECT_DOUBLE_EQ(nodes.at(0).at("share_percent_before").as_double(), 100);
    EXPECT_DOUBLE_EQ(nodes.at(1).at("share_percent_before").as_double(), 0);
    EXPECT_DOUBLE_EQ(nodes.at(1).at("share_percent_after").as_double(), 25);
}

TEST_F(LiveReportTest, WhatTheTableCountsIsSaidAsItIs) {
    one.verdict.invented = 3;

    const std::string table = table_of({one}, plan);

    EXPECT_THAT(table, ContainsRegex("invented +3\n")) << "why it says MISSED below";
    EXPECT_THAT(table, ContainsRegex("invented +3 +<= 0 +MISSED"));
    EXPECT_THAT(table, ContainsRegex("UNSUBSCRIBE commands +4\n"));
    EXPECT_THAT(table, ContainsRegex("bytes to the nodes meanwhile, with all publishes +7,000\n"));
    EXPECT_THAT(table, ContainsRegex("node, during the handoff .* EVALSHA: publishes, probes"));
    EXPECT_EQ(json_of({one}, plan).at(0).at("nodes").at(0).at("evalsha").to_number<int>(), 100);
}

TEST_F(LiveReportTest, JsonSaysTheSame) {
    const auto json = json_of({one}, plan).at(0).as_object();

    EXPECT_EQ(json.at("way").as_string(), "handoff");
    EXPECT_DOUBLE_EQ(json.at("seconds").as_double(), 4);
    EXPECT_DOUBLE_EQ(json.at("phases").at("fence").as_double(), 2);
    EXPECT_DOUBLE_EQ(json.at("moved_over_least").as_double(), 1);
    EXPECT_EQ(json.at("verdict").at("expected").to_number<int>(), 2'000);
    EXPECT_EQ(json.at("nodes").at(1).at("subscribes").to_number<int>(), 9);
    EXPECT_EQ(json.at("subscriptions").at("made").to_number<int>(), 502);
    EXPECT_EQ(json.at("subscriptions").at("dropped").to_number<int>(), 500);
    EXPECT_DOUBLE_EQ(json.at("delivery_ms").at("during").at("p99").as_double(), 7);
}

TEST_F(LiveReportTest, WhatCannotBeSeenFromOutsideIsUnknownAndNotZero) {
    one.gateways.clear();
    one.holds.reset();
    one.remarks.nodes_mute = {"", "wants a password"};
    one.remarks.gateways_mute = {"gw-2 does not answer at gw-2:8001 (connect: refused)"};
    one.subscribes.reset();
    one.subscriptions.reset();

    const std::string table = table_of({one}, plan);
    const auto json = json_of({one}, plan).at(0).as_object();

    EXPECT_THAT(table, ContainsRegex("subscriptions made / dropped +unknown"));
    EXPECT_THAT(table, ContainsRegex("SUBSCRIBE commands +unknown"));
    EXPECT_THAT(table, ContainsRegex("bytes to the nodes meanwhile, with all publishes +unknown"));
    EXPECT_THAT(table, ContainsRegex("publishes held by a fence +unknown"));
    EXPECT_THAT(table, ContainsRegex("CPU of all gateways.* +unknown"));
    EXPECT_THAT(table, ContainsRegex("CPU of all nodes +unknown"));
    EXPECT_THAT(table, HasSubstr("Gateway gw-2 does not answer at gw-2:8001"));
    EXPECT_THAT(table, ContainsRegex("redis-0001 +1,001 +751 +unknown +unknown +0 +4 +100"));
    EXPECT_THAT(table, ContainsRegex("redis-0002 wants a password +unknown"));
    EXPECT_THAT(table, Not(ContainsRegex("SUBSCRIBE commands +[0-9,]+ +<=")));
    EXPECT_TRUE(json.at("gateways_cpu").is_null());
    EXPECT_TRUE(json.at("publish_hold_ms").is_null());
    EXPECT_EQ(json.at("gateways_mute").as_array().size(), 1U);
    EXPECT_TRUE(json.at("subscribes").is_null());
    EXPECT_TRUE(json.at("nodes").at(0).at("share_percent_after").is_null());
    EXPECT_TRUE(json.at("subscriptions").is_null());
    EXPECT_EQ(json.at("nodes").at(1).at("unknown").as_string(), "wants a password");
}

TEST_F(LiveReportTest, BoundsOfBucketsAreNotTakenForMeasuredTimes) {
    one.holds.emplace().ms = {3, 1, 5, 5, 5};
    EXPECT_THAT(table_of({one}, plan), ContainsRegex("for ms: .* +1.0 / 5.0 / 5.0 / 5.0"));

    one.holds->bounds = true;
    one.holds->ms.max = std::numeric_limits<double>::infinity();
    const auto holds = json_of({one}, plan).at(0).at("publish_hold_ms");

    EXPECT_THAT(table_of({one}, plan), ContainsRegex("for ms: .* within 1.0 / 5.0 / 5.0 / inf"));
    EXPECT_TRUE(holds.at("bounds").as_bool());
    EXPECT_EQ(holds.at("count").to_number<int>(), 3);
    EXPECT_DOUBLE_EQ(holds.at("p99").as_double(), 5);
    EXPECT_TRUE(holds.at("max").is_null()) << "longer than every bound";
}

TEST_F(LiveReportTest, ClientsOfOthersAreSaidBecauseTheirChannelsMoveToo) {
    one.remarks.other_clients = 1'204;
    one.remarks.through = {{"gw-1", 79, 5'000, 10'000}};

    const std::string table = table_of({one}, plan);
    const auto json = json_of({one}, plan).at(0).as_object();

    EXPECT_THAT(table, HasSubstr("1,204 clients of others"));
    EXPECT_THAT(table, ContainsRegex("gw-1 +79 +5,000 +10,000"));
    EXPECT_THAT(table, Not(ContainsRegex("SUBSCRIBE commands +[0-9,]+ +<=")));
    EXPECT_EQ(json.at("other_clients").to_number<int>(), 1'204);
    EXPECT_EQ(json.at("through").at(0).at("connections").to_number<int>(), 79);
}

TEST_F(LiveReportTest, EachTimeIsToldInItsOwnRow) {
    one.delivery = {times_of(11), times_of(12), times_of(13)};
    one.answer = {times_of(21), times_of(22), times_of(23)};
    one.answer_moving = {times_of(31), times_of(32), times_of(33)};
    one.holds = Holds{times_of(40), times_of(41), times_of(42), times_of(43)};

    const std::string table = table_of({one}, plan);
    const auto json = json_of({one}, plan).at(0).as_object();

    EXPECT_THAT(table, ContainsRegex("delivery ms before: p50/p99/p99.9/max" + cell_of(11) +
                                     "  during" + cell_of(12) + "  after" + cell_of(13)));
    EXPECT_THAT(table, ContainsRegex("publish answered ms before" + cell_of(21) + "  during" +
                                     cell_of(22) + "  during, channels that move" + cell_of(32) +
                                     "  after" + cell_of(23)));
    EXPECT_THAT(table, ContainsRegex("publishes held by a fence +40\n  for ms: p50/p99/p99.9/max" +
                                     cell_of(40) + "  before" + cell_of(41) + "  during" +
                                     cell_of(42) + "  after" + cell_of(43)));
    std::size_t number = 10;
    for (const char* name : {"delivery_ms", "answer_ms", "answer_moving_ms"}) {
        expect_times(json.at(name).at("before"), number + 1);
        expect_times(json.at(name).at("during"), number + 2);
        expect_times(json.at(name).at("after"), number + 3);
        number += 10;
    }
    const auto& holds = json.at("publish_hold_ms");
    expect_times(holds, 40);
    expect_times(holds.at("before"), 41);
    expect_times(holds.at("during"), 42);
    expect_times(holds.at("after"), 43);
}

TEST_F(LiveReportTest, CpuIsToldOfEachNodeAndOfAllTogether) {
    one.gateways = {{0.11, 0.42, 0.23}, {0.05, 0.06, 0.07}};
    one.nodes_cpu = {{0.01, 0.22, 0.13}, {0.02, 0.33, 0.04}};

    const std::string table = table_of({one}, plan);
    const auto json = json_of({one}, plan).at(0).as_object();

    EXPECT_THAT(table,
                ContainsRegex("CPU of all gateways, % of a core, before/during/after +16 / 48 / 30"
                              "\nCPU of all nodes +3 / 55 / 17\n"));
    EXPECT_THAT(table, ContainsRegex("redis-0001 +1,001 +751 +100.00 % +75.00 % +0 +4 +100 "
                                     "+5,000 +1 / 22 / 13\n"));
    EXPECT_THAT(table, ContainsRegex("redis-0002 +0 +251 +0.00 % +25.00 % +9 +0 +50 "
                                     "+2,000 +2 / 33 / 4\n"));
    for (std::size_t i = 0; i < 2; ++i) {
        expect_cpu(json.at("gateways_cpu").at(i), one.gateways[i]);
        expect_cpu(json.at("nodes").at(i).at("cpu"), one.nodes_cpu[i]);
    }
}

/// The longest part of a death is the one until anybody acts on it.
TEST_F(LiveReportTest, AChangeWithoutAHandoffHasANewViewAndThoseWhoFollowIt) {
    Measurement death = one;
    death.kind = Change::Kind::crash;
    death.phases = {1'000'000'000, 0, 0, 2'034'000'000, 2'500'000'000, "", {}};
    Measurement naive = one;
    naive.way = Way::naive;
    naive.phases = {1'000'000'000, 0, 0, 1'007'000'000, 1'400'000'000, "", {}};

    EXPECT_THAT(table_of({death}, plan),
                ContainsRegex("  until proposed +-\n"
                              "  prepare +-\n"
                              "  fence and switch +-\n"
                              "  leave +-\n"
                              "  until the new view, without a handoff +1.034 s\n"
                              "  until all have followed it +0.466 s\n"));
    EXPECT_THAT(table_of({one, naive}, plan),
                ContainsRegex("  until proposed +0.100 s +-\n"
                              "  prepare +1.900 s +-\n"
                              "  fence and switch +0.050 s +-\n"
                              "  leave +1.950 s +-\n"
                              "  until the new view, without a handoff +- +0.007 s\n"
                              "  until all have followed it +- +0.393 s\n"));
}

TEST_F(LiveReportTest, APhaseThatDidNotComeHasNoTime) {
    one.phases.prepare = one.phases.fence = 0;

    EXPECT_TRUE(json_of({one}, plan).at(0).at("phases").at("fence").is_null());
    EXPECT_THAT(table_of({one}, plan), ContainsRegex("prepare +-\n"));
}

}  // namespace
}  // namespace ringcast::bench
