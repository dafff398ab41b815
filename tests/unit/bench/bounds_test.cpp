#include "bounds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ringcast::bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A change in which everything went well, as it could have been measured.
class BoundsTest : public testing::Test {
protected:
    BoundsTest() {
        plan.channels_moved = one.channels_moved = 250;
        plan.moved_over_least = 1.0;
        one.phases.asked = 1'000'000'000;
        one.phases.done = 5'000'000'000;
        one.phases.took = std::chrono::milliseconds(1'000);
        one.predicted_s = 1.1;
        one.subscribes = 9;
        one.subscribes_max = 12;
        one.verdict.expected = one.verdict.delivered = 2'000;
        one.delivery.before = {500, 1, 4, 5, 6};
        one.delivery.during = {500, 1, 7, 8, 9};
    }

    std::vector<std::string> missed() const {
        std::vector<std::string> names;
        for (const Bound& bound : bounds_of(one, plan)) {
            EXPECT_NE(bound.kept() || bound.missed(), !bound.unknown.empty()) << bound.name;
            if (bound.missed()) names.push_back(bound.name);
        }
        return names;
    }
    std::vector<std::string> not_known() const {
        std::vector<std::string> names;
        for (const Bound& bound : bounds_of(one, plan)) {
            if (!bound.measured) names.push_back(bound.name);
        }
        return names;
    }
    int code(bool strict = false) const { return exit_code_of({one}, plan, strict); }

    Cost plan;
    Measurement one;
};

TEST_F(BoundsTest, WhatIsPromisedAndReachedEndsWell) {
    EXPECT_THAT(missed(), IsEmpty());
    EXPECT_THAT(not_known(), IsEmpty());
    EXPECT_EQ(code(), ExitCode::done);
    EXPECT_EQ(code(true), ExitCode::done);
}

TEST_F(BoundsTest, OfTooFewMessagesItIsNotKnownHowMuchSlowerTheyWere) {
    for (Percentiles Times::*const part : {&Times::before, &Times::during}) {
        for (const std::size_t count : {0, 1, 99}) {
            const Times all = one.delivery;
            (one.delivery.*part) = percentiles_of(std::vector<double>(count, 4));

            EXPECT_THAT(not_known(), ElementsAre("slowdown")) << count;
            EXPECT_THAT(missed(), IsEmpty());
            EXPECT_EQ(code(), ExitCode::done);
            EXPECT_EQ(code(true), ExitCode::figure_missed) << "it was not kept";
            one.delivery = all;
        }
    }
}

TEST_F(BoundsTest, APromiseThatNothingCouldBreakWasNotTried) {
    for (const auto kind : {Change::Kind::add, Change::Kind::crash}) {
        one.kind = kind;
        one.verdict = {};

        EXPECT_THAT(not_known(), ElementsAre("wrong"));
        EXPECT_EQ(code(), ExitCode::failed);
        EXPECT_EQ(code(true), ExitCode::failed);

        one.verdict.invented = 1;  // that can come without any
        EXPECT_THAT(missed(), ElementsAre("wrong"));
        EXPECT_EQ(code(), ExitCode::promise_broken);
    }
}

TEST_F(BoundsTest, CommandsOfANodeThatDoesNotTellAreNotKnown) {
    one.subscribes.reset();

    EXPECT_THAT(not_known(), ElementsAre("subscribes"));
    EXPECT_EQ(code(), ExitCode::done);
    EXPECT_EQ(code(true), ExitCode::figure_missed);
}

TEST_F(BoundsTest, ABrokenPromiseIsAFailureOfItsOwn) {
    for (auto Verdict::*const what :
         {&Verdict::lost, &Verdict::duplicated, &Verdict::reordered, &Verdict::invented}) {
        one.verdict = {};
        one.verdict.expected = 2'000;
        one.verdict.*what = 1;

        EXPECT_THAT(missed(), ElementsAre("wrong"));
        EXPECT_EQ(code(), ExitCode::promise_broken);
        EXPECT_EQ(code(true), ExitCode::promise_broken);
    }
}

TEST_F(BoundsTest, AFigureThatIsMissedIsAFailureForWhoeverIsStrict) {
    one.delivery.during.p99 = 8.1;
    one.phases.done = 12'000'000'000;
    one.verdict.gaps = 1;

    EXPECT_THAT(missed(), ElementsAre("told", "whole_move_s", "slowdown"));
    EXPECT_EQ(code(), ExitCode::done);
    EXPECT_EQ(code(true), ExitCode::figure_missed);
}

TEST_F(BoundsTest, ADeathIsJudgedByWhatIsPromisedThen) {
    one.kind = Change::Kind::crash;
    one.verdict.lost = 628;
    one.verdict.gaps = 4'000;
    one.verdict.failed = 20;
    one.delivery.during.p99 = 2'672;
    one.phases.done = 60'000'000'000;
    one.predicted_s = 0.1;

    EXPECT_THAT(missed(), IsEmpty()) << "what is lost was told";
    EXPECT_EQ(code(true), ExitCode::done);

    one.verdict.lost_untold = 1;
    EXPECT_THAT(missed(), ElementsAre("wrong"));
    EXPECT_EQ(code(), ExitCode::promise_broken);
}

TEST_F(BoundsTest, OfANaiveSwitchNothingIsPromised) {
    one.way = Way::naive;
    one.verdict.lost = 100;

    EXPECT_THAT(bounds_of(one, plan), IsEmpty());
    EXPECT_EQ(code(true), ExitCode::done);
    EXPECT_TRUE(sees_loss(one));
}

TEST_F(BoundsTest, AGapThatWasToldIsNoLossThatWasSeen) {
    one.way = Way::naive;
    one.verdict.gaps = 2'378;

    EXPECT_FALSE(sees_loss(one));
}

TEST_F(BoundsTest, ThePredictionIsHeldAgainstWhatHistoryTells) {
    one.predicted_s = 1.21;
    EXPECT_THAT(missed(), ElementsAre("prediction_off_percent"));
    one.predicted_s = 0.79;
    EXPECT_THAT(missed(), ElementsAre("prediction_off_percent"));

    one.remarks.other_clients = 1;  // whose channels nobody counted
    EXPECT_THAT(missed(), IsEmpty());
}

}  // namespace
}  // namespace ringcast::bench
