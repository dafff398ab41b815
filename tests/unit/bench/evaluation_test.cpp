#include "evaluation.hpp"

#include <gtest/gtest.h>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

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

    void evaluate_it() { evaluate(result, moments, {}, {1, 1}, {}, "a change"); }

    Measurement result;
    std::vector<Moment> moments;
};

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

}  // namespace
}  // namespace ringcast::bench
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

