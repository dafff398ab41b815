#include "awaiting.hpp"

#include "cluster.hpp"
#include "ringcast/membership/errc.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using namespace std::chrono_literals;

TEST(CtlSilenceTest, IsTooLongAfterFiveMinutesInOnePiece) {
    Silence silence;
    const Silence::Time start{};
    EXPECT_FALSE(silence.too_long(start));
    EXPECT_FALSE(silence.too_long(start + 299s));
    silence.end();
    EXPECT_FALSE(silence.too_long(start + 301s));
    EXPECT_FALSE(silence.too_long(start + 600s));
    EXPECT_TRUE(silence.too_long(start + 601s));
}

TEST(CtlSilenceTest, WhatEndsByItselfIsAnInterruptionAndARefusalIsNone) {
    using membership::Errc;
    for (const Errc code : {Errc::unknown_outcome, Errc::session_lost, Errc::unavailable}) {
        EXPECT_TRUE(is_interruption(code));
    }
    for (const Errc code : {Errc::no_permission, Errc::no_node, Errc::unreadable}) {
        EXPECT_FALSE(is_interruption(code));
    }
    EXPECT_FALSE(is_interruption({}));
}

}  // namespace
}  // namespace ringcast::ctl
