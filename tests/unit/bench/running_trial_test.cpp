#include "running_trial.hpp"

#include <gtest/gtest.h>

namespace ringcast::bench {
namespace {

class SecondsNeededTest : public testing::Test {
protected:
    SecondsNeededTest() {
        wanted.before_s = 5;
        wanted.after_s = 3;
        wanted.speeds.prepare_ms = wanted.speeds.fence_ms = wanted.speeds.leave_ms = 0;
    }

    Rebalance wanted;
    Cost plan;
};

TEST_F(SecondsNeededTest, ABenchLastsAsLongAsItsLoadAndTwoMinutesForTheRest) {
    EXPECT_EQ(seconds_needed(wanted, plan), 5U + 3U + 120U);

    wanted.before_s = 5.1;
    EXPECT_EQ(seconds_needed(wanted, plan), 5U + 3U + 120U + 1U);
}

/// A hundred seconds to subscribe, and as long to leave, of which the coordinator waits for sixty.
TEST_F(SecondsNeededTest, AChangeThatTakesLongNeedsATokenThatLastsUntilAllHaveLeft) {
    plan.by_gateway = {100'000, 40'000};
    wanted.speeds.rate = 1'000;

    EXPECT_EQ(seconds_needed(wanted, plan), 5U + 100U + 100U + 3U + 120U);
}

}  // namespace
}  // namespace ringcast::bench
