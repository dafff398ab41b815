#include "stillness.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

namespace ringcast::bench {
namespace {

constexpr std::int64_t ms = 1'000'000;

/// Looked at every 100 ms, from 0 on.
class StillnessTest : public testing::Test {
protected:
    using Told = std::optional<std::uint64_t>;

    /// Nothing: it does not tell.
    std::optional<std::int64_t> look(Told old_owner, Told newcomer = 500) {
        Moment moment;
        moment.at_ns = next_ms_ * ms;
        next_ms_ += 100;
        for (const Told& told : {old_owner, newcomer}) {
            NodeSample& sample = moment.nodes.emplace_back();
            sample.bytes_in = told ? 1 : 0;
            sample.subscriptions = told;
        }
        const auto settled = stillness_.look(moment);
        return settled ? std::optional(*settled / ms) : std::nullopt;
    }

    Stillness stillness_;
    std::int64_t next_ms_ = 0;
};

TEST_F(StillnessTest, WhatStandsStillDidSoFromTheBeginning) {
    for (int i = 0; i < 15; ++i) EXPECT_FALSE(look(1'000)) << "too early to tell, look " << i;

    EXPECT_EQ(look(1'000), 0);
}

TEST_F(StillnessTest, AsLongAsGatewaysLeaveItIsNotOver) {
    for (std::uint64_t left = 0; left < 100; ++left) EXPECT_FALSE(look(1'000 - left));
    for (int i = 0; i < 14; ++i) EXPECT_FALSE(look(901));

    EXPECT_EQ(look(901), 9'900) << "when there were fewest for the first time";
}

TEST_F(StillnessTest, WhoComesAndGoesBesidesDoesNotMatter) {
    for (int i = 0; i < 15; ++i) EXPECT_FALSE(look(i % 2 == 0 ? 1'000 : 1'010));

    EXPECT_EQ(look(1'020), 0);
}

TEST_F(StillnessTest, ANodeThatIsMuteForAWhileHasLostNothing) {
    (void)look(1'000);
    for (int i = 0; i < 13; ++i) EXPECT_FALSE(look({}));

    EXPECT_FALSE(look(900)) << "meanwhile some were left";
    for (int i = 0; i < 14; ++i) EXPECT_FALSE(look(900));
    EXPECT_EQ(look(900), 1'400);
}

TEST_F(StillnessTest, WhenNobodyTellsThereIsNothingToWaitFor) {
    EXPECT_EQ(look({}, {}), 0);
}

TEST_F(StillnessTest, OthersWhoLeaveAllTheTimeAreNotWaitedForForEver) {
    std::optional<std::int64_t> settled;
    std::uint64_t left = 1'000'000;
    while (!settled && next_ms_ < 600'000) settled = look(left--);

    EXPECT_EQ(settled, 240'000);
}

}  // namespace
}  // namespace ringcast::bench
