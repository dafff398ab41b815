#include "move_time.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringcast::ctl {
namespace {

/// A change as it was once measured through real gateways at 20,000 channels a second each: the
/// `took_ms` of history (docs/figures.md).
struct Measured {
    std::string change;
    std::uint64_t of_gateway = 0;  ///< subscriptions that the busiest one moved in each step
    unsigned steps = 1;
    double took_s = 0;  ///< the median
};

class PredictionTest : public testing::TestWithParam<Measured> {};

TEST_P(PredictionTest, IsWithinAFifthOfWhatHistoryTold) {
    const Measured& one = GetParam();

    const double step_s =
        move_time({one.of_gateway, one.of_gateway, one.of_gateway}, MoveSpeeds{}).total_s();

    EXPECT_NEAR(one.steps * step_s, one.took_s, 0.2 * one.took_s);
}

INSTANTIATE_TEST_SUITE_P(Of, PredictionTest,
                         testing::Values(Measured{"APin", 1, 1, 0.024},
                                         Measured{"AWeight", 98, 1, 0.0265},
                                         Measured{"AnAddition", 254, 1, 0.040},
                                         Measured{"AnAdditionInFourSteps", 65, 4, 0.104},
                                         Measured{"AnAdditionOfThousands", 3'400, 1, 0.361}),
                         [](const auto& one) { return one.param.change; });

TEST(PredictionTest, NobodyIsWaitedForLongerThanLeavingMayTake) {
    const MoveWork work{100'000, 100'000, 100'000};
    MoveSpeeds speeds;
    speeds.rate = 1'000;
    speeds.leave_seconds_max = 1'000;
    const MoveTime patient = move_time(work, speeds);
    speeds.leave_seconds_max = 30;
    const MoveTime time = move_time(work, speeds);

    EXPECT_EQ(patient.late_s, 0);
    EXPECT_EQ(time.leave_s, 30);
    EXPECT_DOUBLE_EQ(time.leave_s + time.late_s, patient.leave_s);
    EXPECT_DOUBLE_EQ(time.total_s() + time.late_s, patient.total_s());
}

}  // namespace
}  // namespace ringcast::ctl
