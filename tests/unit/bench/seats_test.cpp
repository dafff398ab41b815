#include "seats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ringcast::bench {
namespace {

using testing::Each;
using testing::Le;

Load load_of(std::uint64_t channels, Spread spread, double messages_per_second = 100) {
    Load load;
    load.channels = channels;
    load.spread = spread;
    load.messages_per_second = messages_per_second;
    return load;
}

TEST(SeatsTest, EverySubscriptionOfTheSpreadIsMadeOnceAndNoOther) {
    const Load load = load_of(5'000, {3, 2});
    std::vector<std::size_t> subscribers(load.channels);

    for (std::size_t gateway = 0; gateway < 3; ++gateway) {
        const Seats seats(gateway, load, 7);
        std::uint64_t count = 0;
        for (std::size_t connection = 0; connection < 7; ++connection) {
            for (const std::uint32_t channel : seats.channels_of(connection)) {
                ++count;
                ++subscribers[channel];
                EXPECT_EQ(seats.connection_of(channel), connection)
                    << "who hears a channel publishes on it";
                EXPECT_TRUE(load.spread.gateway(channel, 0) == gateway ||
                            load.spread.gateway(channel, 1) == gateway);
            }
        }
        EXPECT_EQ(count, seats.subscriptions());
    }

    EXPECT_THAT(subscribers, Each(2U));
}

TEST(SeatsTest, NoConnectionNeedsMoreChannelsThanItMayHave) {
    const ClientLimits limits{128, 500, 1'000, 65'536};
    for (const std::uint64_t channels : {1U, 127U, 128U, 129U, 10'000U, 33'333U}) {
        const Load load = load_of(channels, {3, 2});
        const std::size_t connections = connections_needed(load, limits);
        for (std::size_t gateway = 0; gateway < 3; ++gateway) {
            const Seats seats(gateway, load, connections);
            for (std::size_t i = 0; i < connections; ++i) {
                EXPECT_THAT(seats.channels_of(i).size(), Le(limits.channels)) << channels;
            }
        }
    }
    EXPECT_EQ(connections_needed(load_of(1'280, {1, 1}), limits), 10U) << "and not one more";
}

TEST(SeatsTest, PublishersKeepToHalfOfTheirRate) {
    const ClientLimits limits{128, 500, 1'000, 65'536};

    EXPECT_EQ(connections_needed(load_of(10, {1, 1}, 250), limits), 1U);
    EXPECT_EQ(connections_needed(load_of(10, {1, 1}, 251), limits), 2U);
    EXPECT_EQ(connections_needed(load_of(10, {1, 1}, 5'000), limits), 20U);
}

TEST(SeatsTest, EveryConnectionGetsItsPartOfWhatIsOnlyPublishedTo) {
    const Load load = load_of(1'000, {4, 1});
    const Seats seats(2, load, 3);
    std::vector<std::size_t> counts(3);

    for (std::uint32_t channel = 0; channel < load.channels; ++channel) {
        ASSERT_LT(seats.connection_of(channel), counts.size());
        ++counts[seats.connection_of(channel)];
    }

    EXPECT_GT(*std::ranges::min_element(counts), 250U);
}

}  // namespace
}  // namespace ringcast::bench
