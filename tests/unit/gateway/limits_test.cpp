// The outgoing queue, rates, the pace of a drain, admission, and the faults of options.
#include "admission.hpp"
#include "drain_pace.hpp"
#include "outgoing_queue.hpp"
#include "ringcast/gateway/options.hpp"
#include "token_bucket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ringcast::gateway {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Time start{1h};

OutgoingQueue::Text text(std::size_t size) {
    return std::make_shared<std::string>(size, 'x');
}

TEST(OutgoingQueueTest, WhatDoesNotFitIsRefused) {
    OutgoingQueue queue(100);
    EXPECT_TRUE(queue.push(text(60)));
    EXPECT_TRUE(queue.push(text(40)));
    EXPECT_FALSE(queue.push(text(1)));
    EXPECT_EQ(queue.bytes(), 100U);
}

TEST(OutgoingQueueTest, WhatIsBeingWrittenCountsUntilItIsWritten) {
    OutgoingQueue queue(100);
    ASSERT_TRUE(queue.push(text(60)));
    std::vector<OutgoingQueue::Text> batch;
    queue.take(batch, 16);

    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.push(text(60)));
    queue.written();
    EXPECT_TRUE(queue.push(text(60)));
}

TEST(OutgoingQueueTest, ATextLargerThanTheBoundPassesAlone) {
    OutgoingQueue queue(10);
    EXPECT_TRUE(queue.push(text(50)));
    EXPECT_FALSE(queue.push(text(1)));
}

TEST(OutgoingQueueTest, TextsLeaveInOrderAndInBatches) {
    OutgoingQueue queue(10'000);
    for (std::size_t i = 1; i <= 40; ++i) ASSERT_TRUE(queue.push(text(i)));
    std::size_t next = 1;
    for (const std::size_t expected : {16U, 16U, 8U, 0U}) {
        std::vector<OutgoingQueue::Text> batch;
        queue.take(batch, 16);
        EXPECT_EQ(batch.size(), expected);
        for (const auto& each : batch) EXPECT_EQ(each->size(), next++);
        queue.written();
    }
    EXPECT_EQ(queue.bytes(), 0U);
}

TEST(OutgoingQueueTest, ClearingForgetsAllButWhatIsBeingWritten) {
    OutgoingQueue queue(100);
    ASSERT_TRUE(queue.push(text(30)));
    std::vector<OutgoingQueue::Text> batch;
    queue.take(batch, 16);
    ASSERT_TRUE(queue.push(text(50)));
    queue.clear();

    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.bytes(), 30U);
    queue.written();
    EXPECT_EQ(queue.bytes(), 0U);
}

TEST(TokenBucketTest, ASecondsWorthPassesAtOnceAndThenTheRate) {
    TokenBucket bucket(10);
    int passed = 0;
    for (int i = 0; i < 20; ++i) passed += bucket.take(start) ? 1 : 0;
    EXPECT_EQ(passed, 10);
    EXPECT_FALSE(bucket.take(start + 99ms));
    EXPECT_TRUE(bucket.take(start + 100ms));
    EXPECT_FALSE(bucket.take(start + 100ms));
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.take(start + 1h));
    EXPECT_FALSE(bucket.take(start + 1h)) << "a pause fills it, no more";
}

TEST(TokenBucketTest, ZeroIsNoLimit) {
    TokenBucket bucket(0);
    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(bucket.take(start));
}

/// How many may be closed now, if nobody goes.
std::size_t close_all(DrainPace& pace, DrainPace::Time now) {
    std::size_t closed = 0;
    while (pace.allows_one(now) && pace.close_one(now)) ++closed;
    EXPECT_FALSE(pace.close_one(now));
    return closed;
}

void all_have_gone(DrainPace& pace, std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) pace.one_has_gone();
}

TEST(DrainPaceTest, WithoutARateOnlyTheNumberAtOnceCounts) {
    DrainPace pace(128);
    pace.begin(0, start);
    EXPECT_EQ(close_all(pace, start), 128U);
    all_have_gone(pace, 28);
    EXPECT_EQ(close_all(pace, start), 28U);
    pace.close_one_anyway();
    pace.one_has_gone();
    EXPECT_EQ(close_all(pace, start), 0U);
}

TEST(DrainPaceTest, TheRateHoldsOverTime) {
    DrainPace pace(12);
    pace.begin(10, start);
    EXPECT_EQ(close_all(pace, start), 1U);
    EXPECT_EQ(close_all(pace, start + 99ms), 0U);
    EXPECT_EQ(close_all(pace, start + 1s), 10U);
    EXPECT_EQ(close_all(pace, start + 2s), 1U) << "so many at once";
    all_have_gone(pace, 12);
    EXPECT_EQ(close_all(pace, start + 2s), 9U);
}

TEST(DrainPaceTest, AnotherRateHoldsFromThenOn) {
    DrainPace pace(128);
    pace.begin(1, start);
    EXPECT_EQ(close_all(pace, start), 1U);
    pace.change(10, start + 500ms);
    EXPECT_EQ(close_all(pace, start + 500ms), 0U) << "half of one was due";
    EXPECT_EQ(close_all(pace, start + 550ms), 1U);
    EXPECT_EQ(close_all(pace, start + 1'550ms), 10U);

    pace.change(0, start + 1'600ms);
    EXPECT_EQ(close_all(pace, start + 1'600ms), 116U) << "as fast as it can";
    all_have_gone(pace, 128);
    pace.change(2, start + 2s);
    EXPECT_EQ(close_all(pace, start + 2s), 0U) << "slower again: nobody waits for those";
    EXPECT_EQ(close_all(pace, start + 2'500ms), 1U);
}

TEST(DrainPaceTest, WhatWasHeldBackIsNotMadeUpForAtOnce) {
    DrainPace pace(2);
    pace.begin(1'000, start);
    pace.change(1, start + 1s);
    EXPECT_EQ(close_all(pace, start + 1s), 1U);
}

class AdmissionTest : public testing::Test {
protected:
    Options options;
};

TEST_F(AdmissionTest, ConnectionsBeyondTheLimitAreRefusedUntilOneGoes) {
    options.limits.connections_max = 2;
    Admission admission(options);
    auto first = admission.enter("a");
    const auto second = admission.enter("b");
    const auto third = admission.enter("c");

    EXPECT_EQ(admission.refusal(*third, start), HandshakeRefusal::connection_limit);
    first.reset();
    EXPECT_EQ(admission.refusal(*third, start), std::nullopt);
}

TEST_F(AdmissionTest, FarBeyondTheLimitThereIsNotEvenAnAnswer) {
    options.limits.connections_max = 1;
    Admission admission(options);
    std::vector<Admission::Ticket> tickets;
    while (auto ticket = admission.enter("a")) tickets.push_back(std::move(*ticket));
    EXPECT_EQ(tickets.size(), 1'025U);
}

TEST_F(AdmissionTest, AnAddressHasALimitOfItsOwn) {
    options.limits.connections_per_address_max = 1;
    Admission admission(options);
    const auto first = admission.enter("a");
    auto second = admission.enter("a");
    const auto third = admission.enter("b");

    EXPECT_EQ(admission.refusal(*second, start), HandshakeRefusal::address_limit);
    EXPECT_EQ(admission.refusal(*third, start), std::nullopt);
    second.reset();
    EXPECT_EQ(admission.refusal(*first, start), std::nullopt);
}

TEST_F(AdmissionTest, HandshakesHaveARate) {
    options.limits.accepts_per_second = 1;
    Admission admission(options);
    const auto ticket = admission.enter("a");
    EXPECT_EQ(admission.refusal(*ticket, start), std::nullopt);
    EXPECT_EQ(admission.refusal(*ticket, start), HandshakeRefusal::rate_limit);
    EXPECT_EQ(admission.refusal(*ticket, start + 1s), std::nullopt);
}

TEST_F(AdmissionTest, WhileDrainingNobodyIsAdmitted) {
    Admission admission(options);
    const auto ticket = admission.enter("a");
    admission.refuse_newcomers();
    EXPECT_EQ(admission.refusal(*ticket, start), HandshakeRefusal::draining);
}

TEST_F(AdmissionTest, AUserHasALimitButAnonymousClientsDoNot) {
    options.admission.connections_per_user_max = 1;
    Admission admission(options);
    EXPECT_TRUE(admission.admit_user("42"));
    EXPECT_FALSE(admission.admit_user("42"));
    EXPECT_TRUE(admission.admit_user(""));
    EXPECT_TRUE(admission.admit_user(""));
    EXPECT_EQ(admission.users(), 2U);

    admission.release_user("42");
    EXPECT_EQ(admission.users(), 1U);
    EXPECT_TRUE(admission.admit_user("42"));
}

TEST(OptionsTest, TheDefaultsHaveNoFaults) {
    EXPECT_THAT(faults(Options()), IsEmpty());
}

TEST(OptionsTest, EveryFaultIsListed) {
    Options options;
    options.host = "";
    options.threads = 64;
    options.websocket_path = "connection";
    options.limits.queue_bytes_max = 0;
    options.limits.json_depth_max = 5'000;
    options.times.ping_interval = 1'500ms;
    options.times.pong_timeout = 2s;
    options.times.write_timeout = 0ms;
    options.namespaces.resize(3);
    options.namespaces[0].name = "a";
    options.namespaces[1].name = "ok";
    options.namespaces[1].channel_pattern = "(";
    options.namespaces[2].name = "ok";
    options.channels_without_namespace.channel_pattern = "[z-a]";

    const std::string all = testing::PrintToString(faults(options));
    for (const char* word : {"host", "threads", "websocket_path", "queue_bytes_max",
                             "json_depth_max", "whole seconds", "pong_timeout", "write_timeout",
                             "namespace \\\"a\\\"", "missing ): (", "range: z-a", "twice"}) {
        EXPECT_THAT(all, HasSubstr(word));
    }
    EXPECT_EQ(faults(options).size(), 12U);
}

}  // namespace
}  // namespace ringcast::gateway
