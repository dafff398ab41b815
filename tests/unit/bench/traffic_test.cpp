#include "traffic.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ringcast::bench {
namespace {

constexpr std::int64_t second = 1'000'000'000;

Load load_of(double messages_per_second) {
    Load load;
    load.channels = 100;
    load.messages_per_second = messages_per_second;
    load.busy_channels = 10;
    return load;
}

TEST(TrafficTest, MessagesAreDueAtASteadyRateHoweverLateTheyAreAskedFor) {
    Traffic traffic(0, load_of(1'000));
    traffic.begin(5 * second);

    EXPECT_FALSE(traffic.next(5 * second));
    std::int64_t last = 5 * second;
    for (int i = 0; i < 1'000; ++i) {
        const auto due = traffic.next(6 * second);
        ASSERT_TRUE(due);
        EXPECT_EQ(due->header.sent_ns - last, second / 1'000) << "it counts from when it was due";
        last = due->header.sent_ns;
    }
    EXPECT_FALSE(traffic.next(6 * second));
    EXPECT_EQ(traffic.published_count(), 1'000U);
}

TEST(TrafficTest, EachChannelIsNumberedFromZeroAndBusyOnesGetHalf) {
    Traffic traffic(3, load_of(1'000));
    traffic.begin(0);
    std::map<std::uint32_t, std::uint32_t> next;
    std::size_t busy = 0;

    while (const auto due = traffic.next(4 * second)) {
        EXPECT_EQ(due->header.sequence, next[due->header.channel]++);
        EXPECT_EQ(due->header.publisher, 3U);
        ASSERT_LT(due->header.channel, 100U);
        busy += due->header.channel < 10;
    }

    EXPECT_NEAR(static_cast<double>(busy), 4'000 * (0.5 + 0.05), 200);
}

TEST(TrafficTest, HistoriesTellWhatCameOfEachMessage) {
    Traffic traffic(0, load_of(3));
    traffic.begin(0);
    const auto first = traffic.next(second);
    const auto other = traffic.next(second);
    const auto third = traffic.next(second);
    ASSERT_TRUE(first && other && third);

    traffic.answered(third->place, true, 7);
    traffic.answered(first->place, false, 8);
    traffic.heard(third->header, 9);
    traffic.heard_gap(42, 10);

    EXPECT_EQ(traffic.answered_count(), 2U);
    EXPECT_EQ(traffic.heard_count(), 2U);
    std::vector<Sent> sent;
    std::vector<Heard> heard;
    traffic.take(sent, heard);
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[0].outcome, Sent::Outcome::failed);
    EXPECT_EQ(sent[1].outcome, Sent::Outcome::pending);
    EXPECT_EQ(sent[2].outcome, Sent::Outcome::accepted);
    EXPECT_EQ(sent[2].answered_ns, 7);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0].channel, third->header.channel);
    EXPECT_FALSE(heard[0].is_gap());
    EXPECT_TRUE(heard[1].is_gap());
    EXPECT_EQ(heard[1].channel, 42U);
}

TEST(TrafficTest, OnAnotherChannelThanItSaysAMessageIsOneThatNobodySent) {
    for (const std::string_view prefix : {"", "bench-"}) {
        Traffic traffic(0, load_of(3));
        traffic.begin(0);
        const Header said = traffic.next(second).value().header;
        const ChannelName its(prefix, said.channel);
        const ChannelName other(prefix, said.channel + 1);

        EXPECT_EQ(heard_on(its.text(), prefix, said), said);
        traffic.heard(heard_on(other.text(), prefix, said), 2 * second);
        traffic.heard(heard_on(its.text(), "another-", said), 2 * second);

        Histories histories{std::vector<std::vector<Sent>>(1), std::vector<std::vector<Heard>>(1)};
        traffic.take(histories.sent[0], histories.heard[0]);
        EXPECT_EQ(judge(histories, {1, 1}).invented, 2U);
        EXPECT_EQ(judge(histories, {1, 1}).delivered, 0U);
    }
}

TEST(TrafficTest, TheFirstAnswerCountsAndNoneWhenItIsOver) {
    Traffic traffic(0, load_of(1'000));
    traffic.begin(0);
    const auto first = traffic.next(second);
    const auto other = traffic.next(second);
    ASSERT_TRUE(first && other);

    traffic.answered(first->place, true, 1);
    traffic.answered(first->place, false, 2);

    EXPECT_EQ(traffic.answered_count(), 1U) << "the other one is awaited still";
    std::vector<Sent> sent;
    std::vector<Heard> heard;
    traffic.take(sent, heard);
    traffic.answered(other->place, true, 3);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].outcome, Sent::Outcome::accepted);
    EXPECT_EQ(sent[0].answered_ns, 1);
    EXPECT_EQ(sent[1].outcome, Sent::Outcome::pending);
    EXPECT_EQ(traffic.answered_count(), 1U);
}

}  // namespace
}  // namespace ringcast::bench
