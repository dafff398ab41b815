#include "histories.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

namespace ringcast::bench {
namespace {

/// Three gateways, two of them subscribed to each channel. Each sends one message a step on a
/// channel of its own choice; everybody subscribed hears everything at once, unless a test changes
/// that afterwards.
class HistoriesTest : public testing::Test {
protected:
    static constexpr std::uint32_t channel = 7;
    const Spread spread{3, 2};
    const std::size_t first = spread.gateway(channel, 0);
    const std::size_t second = spread.gateway(channel, 1);
    const std::size_t outsider = 3 - first - second;
    Histories histories{std::vector<std::vector<Sent>>(3), std::vector<std::vector<Heard>>(3)};

    void say(std::uint16_t publisher, std::uint32_t on = channel) {
        auto& sent = histories.sent[publisher];
        std::uint32_t sequence = 0;
        for (const Sent& one : sent) sequence += one.channel == on;
        time += 10;
        sent.push_back({on, sequence, time, time + 5, Sent::Outcome::accepted});
        for (std::size_t which = 0; which < spread.subscribers; ++which) {
            histories.heard[spread.gateway(on, which)].push_back(
                {on, sequence, publisher, time, time + 3});
        }
    }

    void SetUp() override {
        for (int round = 0; round < 4; ++round) {
            for (std::uint16_t publisher = 0; publisher < 3; ++publisher) say(publisher);
        }
        for (std::uint32_t other = 20; other < 40; ++other) say(1, other);
    }

    /// So late that no message was sent when another one had been answered: publishers are on their
    /// own.
    void answer_late() {
        for (auto& sent : histories.sent) {
            for (Sent& one : sent) one.answered_ns += 1'000'000;
        }
    }

    [[nodiscard]] Verdict verdict() const { return judge(histories, spread); }

    std::int64_t time = 0;
};

TEST_F(HistoriesTest, OfAFaultlessRunNothingIsComplainedAbout) {
    const Verdict all = verdict();

    EXPECT_TRUE(all.spotless());
    EXPECT_EQ(all.accepted, 32U);
    EXPECT_EQ(all.expected, 64U);
    EXPECT_EQ(all.delivered, 64U);
}

TEST_F(HistoriesTest, WhatOneOfTwoGatewaysMissesIsLostOnce) {
    auto& heard = histories.heard[second];
    const std::int64_t sent_at = heard[4].sent_ns;
    heard.erase(heard.begin() + 4);

    const Verdict all = verdict();

    EXPECT_EQ(all.lost, 1U);
    EXPECT_EQ(all.lost_untold, 1U);
    EXPECT_EQ(all.lost_at_ns, std::vector{sent_at});
    EXPECT_EQ(all.reordered, 0U);
    EXPECT_FALSE(all.spotless());
}

TEST_F(HistoriesTest, AGapBetweenTheNeighboursOfTheLostTellsOfIt) {
    auto& heard = histories.heard[first];
    heard[4] = {channel, 0, Heard::nobody, 0, heard[4].at_ns};

    const Verdict all = verdict();

    EXPECT_EQ(all.lost, 1U);
    EXPECT_EQ(all.lost_untold, 0U);
    EXPECT_EQ(all.gaps, 1U);
}

TEST_F(HistoriesTest, AGapElsewhereTellsOfNothing) {
    for (const std::size_t place : {0, 11}) {
        auto& heard = histories.heard[first];
        const auto kept = heard;
        heard.erase(heard.begin() + 4);
        heard.insert(heard.begin() + static_cast<std::ptrdiff_t>(place),
                     {channel, 0, Heard::nobody, 0, 1});
        EXPECT_EQ(verdict().lost_untold, 1U) << place;

        heard[place].channel = channel + 1;
        EXPECT_EQ(verdict().lost_untold, 1U) << "a gap on another channel";
        heard = kept;
    }
}

TEST_F(HistoriesTest, TheLastMessageIsMissedToo) {
    auto& heard = histories.heard[first];
    const auto last = std::find_if(heard.rbegin(), heard.rend(),
                                   [](const Heard& one) { return one.channel == channel; });
    heard.erase(std::next(last).base());

    EXPECT_EQ(verdict().lost, 1U);
}

TEST_F(HistoriesTest, TheSameTwiceIsADuplicate) {
    auto& heard = histories.heard[second];
    heard.push_back(heard[2]);

    EXPECT_EQ(verdict().duplicated, 1U);
    EXPECT_EQ(verdict().lost, 0U);
    EXPECT_EQ(verdict().reordered, 0U);
}

TEST_F(HistoriesTest, AnEarlierMessageOfOnePublisherAfterALaterIsReordered) {
    answer_late();
    for (const std::size_t gateway : {first, second}) {
        auto& heard = histories.heard[gateway];
        std::swap(heard[0], heard[3]);  // both of publisher 0
    }

    // At the first gateway by the publisher's numbers, at the second likewise.
    EXPECT_EQ(verdict().reordered, 2U);
}

TEST_F(HistoriesTest, TwoGatewaysThatHearTwoPublishersInDifferentOrderDisagree) {
    answer_late();
    auto& heard = histories.heard[second];
    std::swap(heard[4], heard[5]);

    EXPECT_EQ(verdict().reordered, 1U);
}

/// Heard by all in the same order, so they cannot disagree: only the times tell.
TEST_F(HistoriesTest, WhatWasAcceptedBeforeAnotherWasSentComesBeforeItForEverybody) {
    for (const std::size_t gateway : {first, second}) {
        auto& heard = histories.heard[gateway];
        std::swap(heard[4], heard[5]);  // of publishers 1 and 2, the second sent 5 later
    }
    EXPECT_EQ(verdict().reordered, 2U);

    histories.sent[1][1].outcome = Sent::Outcome::failed;
    EXPECT_EQ(verdict().reordered, 0U) << "it may come whenever it likes";
}

TEST_F(HistoriesTest, MessagesThatWereUnderWayAtTheSameTimeMayComeInAnyOrder) {
    histories.sent[1][1].answered_ns = histories.sent[2][1].at_ns;
    for (const std::size_t gateway : {first, second}) {
        auto& heard = histories.heard[gateway];
        std::swap(heard[4], heard[5]);
    }

    EXPECT_TRUE(verdict().spotless());
}

TEST_F(HistoriesTest, OfAllThatWasHeardBeforeItTheLatestSendingCounts) {
    answer_late();
    histories.sent[0][2].answered_ns = histories.sent[2][2].at_ns - 1;
    for (const std::size_t gateway : {first, second}) {
        auto& heard = histories.heard[gateway];
        std::swap(heard[6], heard[8]);  // of publishers 0 and 2, with one of publisher 1 between
    }

    EXPECT_EQ(verdict().reordered, 2U);
}

TEST_F(HistoriesTest, AnotherChannelHasAnOrderOfItsOwn) {
    for (auto& heard : histories.heard) {
        std::ranges::stable_sort(heard, std::greater(), &Heard::channel);
    }

    EXPECT_TRUE(verdict().spotless());
}

TEST_F(HistoriesTest, WhatNobodySentIsInvented) {
    histories.heard[first].push_back({channel, 99, 0, 1, 2});
    histories.heard[first].push_back({999, 0, 0, 1, 2});
    histories.heard[first].push_back({channel, 0, 17, 1, 2});

    EXPECT_EQ(verdict().invented, 3U);
}

TEST_F(HistoriesTest, WhatComesWithoutASubscriptionIsInvented) {
    histories.heard[outsider].push_back({channel, 0, 0, 1, 2});

    EXPECT_EQ(verdict().invented, 1U);
}

TEST_F(HistoriesTest, WhatFailedMayBeHeardOrNot) {
    histories.sent[0][1].outcome = Sent::Outcome::failed;
    histories.sent[0][2].outcome = Sent::Outcome::pending;
    std::erase_if(histories.heard[first],
                  [](const Heard& one) { return one.publisher == 0 && one.sequence == 1; });

    const Verdict all = verdict();

    EXPECT_EQ(all.failed, 1U);
    EXPECT_EQ(all.unanswered, 1U);
    EXPECT_EQ(all.lost, 0U);
    EXPECT_EQ(all.invented, 0U);
    EXPECT_FALSE(all.spotless());
}

}  // namespace
}  // namespace ringcast::bench
