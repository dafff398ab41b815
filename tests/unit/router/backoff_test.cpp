#include "backoff.hpp"

#include <gtest/gtest.h>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, EachFailureWaitsTwiceAsLongUpToTheLongest) {
    Backoff backoff(100ms, 1s, 7);
    for (const auto whole : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        const auto wait = backoff.after_failure({});
        EXPECT_GE(wait, whole / 2);
        EXPECT_LE(wait, whole);
    }
}

TEST(BackoffTest, GatewaysThatFailTogetherWaitDifferently) {
    Backoff one(1s, 1s, 1);
    Backoff other(1s, 1s, 2);
    EXPECT_NE(one.after_failure({}), other.after_failure({}));
}

TEST(BackoffTest, AConnectionThatLastedStartsTheCountAnew) {
    Backoff backoff(100ms, 1s, 7);
    Clock::time_point now{};
    for (int i = 0; i < 5; ++i) (void)backoff.after_failure(now);

    backoff.opened(now);
    EXPECT_LE(backoff.after_failure(now + 1s), 100ms);
}

TEST(BackoffTest, AConnectionThatBreaksAtOnceDoesNot) {
    Backoff backoff(100ms, 1s, 7);
    Clock::time_point now{};
    for (int i = 0; i < 5; ++i) (void)backoff.after_failure(now);

    backoff.opened(now);
    EXPECT_GE(backoff.after_failure(now + 999ms), 500ms);
}

}  // namespace
}  // namespace ringcast::router
