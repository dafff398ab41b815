#include "evaluation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::int64_t ms = 1'000'000;

/// Looked at every 100 ms; the change lasts from 250 to 450.
class EvaluationTest : public testing::Test {
protected:
    EvaluationTest() {
        result.phases.asked = 250 * ms;
        result.phases.done = 450 * ms;
        for (int i = 1; i <= 7; ++i) {
            Moment& moment = moments.emplace_back();
            moment.at_ns = 100 * i * ms;
            moment.holds.emplace();
        }
    }

    /// So many publishes were let go by the `from`th moment, and are in all that follow.
    void add_held(std::size_t from, int count, std::chrono::milliseconds held) {
        for (std::size_t i = from; i < moments.size(); ++i) {
            for (int n = 0; n < count; ++n) moments[i].holds->add(held);
        }
    }

    /// Published by the only gateway on one of two channels, the first of which moves; heard by it
    /// and answered so many milliseconds later.
    void say(std::int64_t at, std::int64_t heard_after, std::int64_t answered_after,
             std::uint32_t channel = 1) {
        Sent& one = sent().emplace_back();
        one = {channel, next[channel]++, at * ms, (at + answered_after) * ms,
               Sent::Outcome::accepted};
        heard().push_back({channel, one.sequence, 0, one.at_ns, one.at_ns + heard_after * ms});
    }
    std::vector<Sent>& sent() { return histories.sent.front(); }
    std::vector<Heard>& heard() { return histories.heard.front(); }

    void evaluate_it() { evaluate(result, moments, histories, {1, 1}, {true, false}, "a change"); }

    Measurement result;
    std::vector<Moment> moments;
    Histories histories{std::vector<std::vector<Sent>>(1), std::vector<std::vector<Heard>>(1)};
    std::uint32_t next[2] = {0, 0};
};

/// One of a line, to compare with.
auto point(double at, double value) {
    return Pair(DoubleNear(at, 1e-9), DoubleNear(value, 1e-6));
}

TEST_F(EvaluationTest, PublishesThatWereHeldAreToldBeforeDuringAndAfterTheChange) {
    add_held(1, 1, 1ms);   // at 200: before
    add_held(2, 10, 5ms);  // at 300, 400 and 500, when it was seen to be over: during
    add_held(4, 20, 5ms);
    add_held(6, 3, 2ms);  // at 700: after

    evaluate_it();

    ASSERT_TRUE(result.holds);
    EXPECT_EQ(result.holds->ms.count, 34U);
    EXPECT_EQ(result.holds->before.count, 1U);
    EXPECT_EQ(result.holds->during.count, 30U);
    EXPECT_EQ(result.holds->after.count, 3U);
    EXPECT_NEAR(result.holds->during.p50, 5, 0.5);
    EXPECT_NEAR(result.holds->after.p50, 2, 0.2);
}

TEST_F(EvaluationTest, SubscriptionsAreCountedAsTheyComeAndGo) {
    const std::vector<std::uint64_t> old_owner{100, 99, 99, 80, 75, 75, 70};
    const std::vector<std::uint64_t> newcomer{0, 0, 20, 25, 25, 26, 26};
    result.node_names = {"redis-1", "redis-2"};
    for (std::size_t i = 0; i < moments.size(); ++i) {
        for (const auto* node : {&old_owner, &newcomer}) {
            moments[i].nodes.emplace_back().bytes_in = 1;  // it answers
            moments[i].nodes.back().subscriptions = (*node)[i];
        }
    }

    evaluate_it();

    ASSERT_TRUE(result.subscriptions) << "from 200 to 500";
    EXPECT_EQ(result.subscriptions->made, 25U);
    EXPECT_EQ(result.subscriptions->dropped, 24U);

    moments[3].nodes[1].subscriptions.reset();
    evaluate_it();
    EXPECT_FALSE(result.subscriptions) << "a node does not tell";
}

TEST_F(EvaluationTest, OfANodeThatWasMuteOnceItIsNotKnownWhatCameAndWent) {
    result.node_names = {"redis-1", "redis-2"};
    for (Moment& moment : moments) {
        for (int node = 0; node < 2; ++node) {
            moment.nodes.emplace_back().bytes_in = 1;
            moment.nodes.back().subscriptions = 100;
        }
    }
    moments[3].nodes[1] = {};
    result.remarks.nodes_mute = {"", "does not answer"};

    evaluate_it();

    EXPECT_FALSE(result.subscriptions);
}

TEST_F(EvaluationTest, ANodeThatDiesDropsNothing) {
    result.node_names = {"redis-1"};
    for (std::size_t i = 0; i < moments.size(); ++i) {
        moments[i].nodes.emplace_back();
        if (i > 2) continue;
        moments[i].nodes.back().bytes_in = 1;
        moments[i].nodes.back().subscriptions = 100;
    }

    evaluate_it();

    ASSERT_TRUE(result.subscriptions);
    EXPECT_EQ(result.subscriptions->dropped, 0U);
}

TEST_F(EvaluationTest, WhatIsNotKnownOfOnePartIsNotKnown) {
    for (Moment& moment : moments) moment.holds.reset();

    evaluate_it();

    EXPECT_FALSE(result.holds);
}

/// A dozen messages: three before the change, five during it, four after it.
class EvaluationOfMessagesTest : public EvaluationTest {
protected:
    EvaluationOfMessagesTest() {
        say(110, 1, 2);
        say(160, 1, 2, 0);
        say(249, 2, 3);
        say(250, 10, 20);
        say(300, 12, 30, 0);
        say(310, 10, 21);
        say(449, 11, 22, 0);
        say(450, 13, 23);  // heard when the change was over, and published by then
        say(451, 4, 5);
        say(520, 4, 6, 0);
        say(560, 5, 6);
        say(640, 4, 7);
    }
};

TEST_F(EvaluationOfMessagesTest, CountWhereTheyWerePublished) {
    heard().push_back({1, 0, Heard::nobody, 0, 300 * ms});
    sent().push_back({1, next[1]++, 310 * ms, 0, Sent::Outcome::pending});

    evaluate_it();

    EXPECT_EQ(result.delivery.before.count, 3U);
    EXPECT_DOUBLE_EQ(result.delivery.before.p50, 1);
    EXPECT_DOUBLE_EQ(result.delivery.before.max, 2);
    EXPECT_EQ(result.delivery.during.count, 5U) << "a gap takes no time";
    EXPECT_DOUBLE_EQ(result.delivery.during.p50, 11);
    EXPECT_DOUBLE_EQ(result.delivery.during.max, 13);
    EXPECT_EQ(result.delivery.after.count, 4U);
    EXPECT_DOUBLE_EQ(result.delivery.after.p50, 4);
    EXPECT_DOUBLE_EQ(result.delivery.after.max, 5);

    EXPECT_EQ(result.answer.before.count, 3U);
    EXPECT_DOUBLE_EQ(result.answer.before.max, 3);
    EXPECT_EQ(result.answer.during.count, 5U) << "nor does what was never answered";
    EXPECT_DOUBLE_EQ(result.answer.during.p50, 22);
    EXPECT_DOUBLE_EQ(result.answer.during.max, 30);
    EXPECT_EQ(result.answer.after.count, 4U);
    EXPECT_DOUBLE_EQ(result.answer.after.max, 7);
}

TEST_F(EvaluationOfMessagesTest, OnChannelsThatMoveAreToldApart) {
    evaluate_it();

    EXPECT_EQ(result.answer_moving.before.count, 1U);
    EXPECT_DOUBLE_EQ(result.answer_moving.before.max, 2);
    EXPECT_EQ(result.answer_moving.during.count, 2U);
    EXPECT_DOUBLE_EQ(result.answer_moving.during.p50, 22);
    EXPECT_DOUBLE_EQ(result.answer_moving.during.max, 30);
    EXPECT_EQ(result.answer_moving.after.count, 1U);
    EXPECT_DOUBLE_EQ(result.answer_moving.after.max, 6);
}

TEST_F(EvaluationOfMessagesTest, AreDrawnByTheTenthOfASecondInWhichTheyWerePublished) {
    evaluate_it();

    EXPECT_DOUBLE_EQ(result.timeline.from, -0.15) << "0 is when the change was asked for";
    EXPECT_DOUBLE_EQ(result.timeline.to, 0.45);
    const auto& lines = result.timeline.panels.at(0).lines;
    ASSERT_GE(lines.size(), 4U);
    EXPECT_EQ(lines[0].label, "delivery p99");
    EXPECT_THAT(lines[0].points, ElementsAre(point(-0.15, 1), point(-0.05, 2), point(0.05, 12),
                                             point(0.15, 11), point(0.25, 13), point(0.35, 5)));
    EXPECT_EQ(lines[1].label, "delivery p50");
    EXPECT_THAT(lines[1].points, ElementsAre(point(-0.15, 1), point(-0.05, 1), point(0.05, 10),
                                             point(0.15, 11), point(0.25, 4), point(0.35, 4)));
    EXPECT_EQ(lines[2].label, "answer p99");
    EXPECT_THAT(lines[2].points, ElementsAre(point(-0.15, 2), point(-0.05, 3), point(0.05, 30),
                                             point(0.15, 22), point(0.25, 23), point(0.35, 7)));
}

TEST_F(EvaluationOfMessagesTest, ThatAreLostAreMarkedAMarkForAHundredthOfASecond) {
    EXPECT_THAT((evaluate_it(), result.timeline.marks.at), IsEmpty());

    std::erase_if(heard(), [](const Heard& one) {
        return one.sent_ns == 449 * ms || one.sent_ns == 450 * ms || one.sent_ns == 640 * ms;
    });
    evaluate_it();

    EXPECT_EQ(result.verdict.lost, 3U);
    EXPECT_EQ(result.timeline.marks.label, "lost: 3");
    EXPECT_THAT(result.timeline.marks.at,
                ElementsAre(DoubleNear(0.2, 1e-9), DoubleNear(0.39, 1e-9)));
}

TEST_F(EvaluationTest, PhasesAreBandsOneAfterTheOther) {
    const auto bands = [this] {
        evaluate_it();
        std::vector<std::string> all;
        for (const auto& [from, to, label] : result.timeline.bands) {
            all.push_back(label + " " + std::to_string(std::lround(from * 1'000)) + " to " +
                          std::to_string(std::lround(to * 1'000)));
        }
        return all;
    };

    EXPECT_THAT(bands(), ElementsAre("switch 0 to 200"));

    result.phases.prepare = 270 * ms;
    result.phases.fence = 330 * ms;
    result.phases.in_force = 350 * ms;
    EXPECT_THAT(bands(), ElementsAre("prepare 20 to 80", "fence 80 to 100", "leave 100 to 200"));

    result.phases.fence = 0;
    EXPECT_THAT(bands(), ElementsAre("prepare 20 to 100", "leave 100 to 200"));
}

/// Read at 100 and 200; 300 and 400; 500, 600 and 700.
TEST_F(EvaluationTest, CpuIsOfTheTimeBetweenTheReadingsOfEachPart) {
    const std::vector<double> gateway{1, 1.01, 1.04, 1.07, 1.12, 1.13, 1.16};
    const std::vector<double> node{0, 0.02, 0.03, 0.08, 0.09, 0.13, 0.15};
    result.node_names = {"redis-1"};
    for (std::size_t i = 0; i < moments.size(); ++i) {
        moments[i].gateways_cpu_s = {gateway[i]};
        moments[i].nodes.emplace_back().cpu_s = node[i];
    }

    evaluate_it();

    ASSERT_EQ(result.gateways.size(), 1U);
    EXPECT_NEAR(result.gateways[0].before, 0.1, 1e-9);
    EXPECT_NEAR(result.gateways[0].during, 0.3, 1e-9);
    EXPECT_NEAR(result.gateways[0].after, 0.2, 1e-9);
    ASSERT_EQ(result.nodes_cpu.size(), 1U);
    EXPECT_NEAR(result.nodes_cpu[0].before, 0.2, 1e-9);
    EXPECT_NEAR(result.nodes_cpu[0].during, 0.5, 1e-9);
    EXPECT_NEAR(result.nodes_cpu[0].after, 0.3, 1e-9);

    result.gateways.clear();
    moments[4].gateways_cpu_s.clear();
    evaluate_it();
    EXPECT_THAT(result.gateways, IsEmpty()) << "who was mute once is not known";
}

TEST_F(EvaluationTest, LookingTwiceInARowMakesNoPeak) {
    for (std::size_t i = 0; i < moments.size(); ++i) moments[i].published = 10 * i;
    Moment again = moments[3];
    again.at_ns += ms;
    ++again.published;
    moments.insert(moments.begin() + 4, again);

    evaluate_it();

    EXPECT_THAT(result.timeline.panels.at(1).lines[0].points,
                ElementsAre(point(-0.05, 100), point(0.05, 100), point(0.15, 100),
                            point(0.25, 100), point(0.35, 100), point(0.45, 100)));
}

TEST_F(EvaluationTest, RatesAreOfTheTimeFromOneMomentToTheNext) {
    result.node_names = {"redis-1", "redis-2"};
    result.remarks.nodes_mute = {"", "does not answer"};
    for (std::size_t i = 0; i < moments.size(); ++i) {
        moments[i].published = 10 * i * i;
        moments[i].heard = 20 * i;
        moments[i].nodes = {{100 - i, 3 * i, 2 * i, 0, 1}, {}};
    }
    moments[6].nodes[0] = {};

    evaluate_it();

    const auto& panels = result.timeline.panels;
    ASSERT_EQ(panels.size(), 4U);
    EXPECT_THAT(panels[1].lines[0].points,
                ElementsAre(point(-0.05, 100), point(0.05, 300), point(0.15, 500), point(0.25, 700),
                            point(0.35, 900), point(0.45, 1'100)));
    EXPECT_THAT(panels[1].lines[1].points.at(0), point(-0.05, 200));
    EXPECT_THAT(panels[2].lines[0].points.at(0), point(-0.15, 100));
    EXPECT_THAT(panels[2].lines[1].points, IsEmpty()) << "of a node that is mute";
    EXPECT_THAT(panels[3].lines[0].points,
                ElementsAre(point(-0.05, 30), point(0.05, 30), point(0.15, 30), point(0.25, 30),
                            point(0.35, 30), point(0.45, 0)))
        << "of one that did not tell at last";
    EXPECT_THAT(panels[3].lines[1].points.at(0), point(-0.05, 20));
}

}  // namespace
}  // namespace ringcast::bench
