#include "when_text.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

using router::Request;
using router::When;

TEST(CtlWhenTest, AWindowIsTwoTimesOfTheDay) {
    EXPECT_EQ(parse_window("02:00-05:00"), (When{When::Kind::window, 120, 300, 0, 0}));
    EXPECT_EQ(parse_window("23:30-00:15"), (When{When::Kind::window, 1'410, 15, 0, 0}));
    for (const char* wrong : {"", "-", "02:00", "02:00-", "02:00-02:00", "2-5", "02:00-24:00",
                              "02:00-05:00-06:00", " 02:00-05:00", "02:60-03:00"}) {
        EXPECT_FALSE(parse_window(wrong)) << wrong;
    }
}

TEST(CtlWhenTest, RatesSecondsAndSteps) {
    EXPECT_EQ(parse_message_rate("5000/s"), 5'000U);
    EXPECT_EQ(parse_message_rate("1"), 1U);
    for (const char* wrong : {"", "/s", "0", "0/s", "-1", "5/m", "5 /s", "1e3"}) {
        EXPECT_FALSE(parse_message_rate(wrong)) << wrong;
    }
    EXPECT_EQ(parse_seconds("60"), 60U);
    EXPECT_EQ(parse_seconds("60s"), 60U);
    EXPECT_EQ(parse_seconds("5m"), 300U);
    EXPECT_EQ(parse_seconds("24h"), 86'400U);
    for (const char* wrong : {"", "s", "25h", "86401", "4294967295h", "-1s", "1d"}) {
        EXPECT_FALSE(parse_seconds(wrong)) << wrong;
    }
    EXPECT_EQ(parse_steps("25,50,100"), (std::vector<std::uint32_t>{25, 50, 100}));
    EXPECT_EQ(parse_steps("100"), (std::vector<std::uint32_t>{100}));
    for (const char* wrong :
         {"", "50", "50,25,100", "50,50,100", "0,100", "100,101", "50,,100", "50,100,", "a,100",
          "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,100"}) {
        EXPECT_FALSE(parse_steps(wrong)) << wrong;
    }
}

TEST(CtlWhenTest, ARequestReadsLikeASentence) {
    Request request{Request::Kind::add, "redis-4"};
    EXPECT_EQ(text_of(request), "add redis-4");
    request.pins = {"news"};
    EXPECT_EQ(text_of(request), "add redis-4 with 1 pin");
    request.pins.clear();
    request.weight = 300;
    request.steps = {50, 100};
    request.rate = 700;
    request.when = {When::Kind::quiet, 0, 0, 5'000, 60};
    EXPECT_EQ(text_of(request),
              "add redis-4 with weight 300 in steps of 50, 100 % when below 5000 messages/s for "
              "60 s at 700 channels/s");
    request = {Request::Kind::unpin, ""};
    request.channel = "news";
    request.when = {When::Kind::window, 1'380, 65, 0, 0};
    EXPECT_EQ(text_of(request), "unpin news between 23:00 and 01:05 UTC");
}

TEST(CtlWhenTest, WhoAsksMakesNoOtherWish) {
    Request a{Request::Kind::add, "redis-4", "eve", 1};
    Request b{Request::Kind::add, "redis-4", "bob", 2};
    EXPECT_TRUE(same_wish(a, b));
    b.rate = 5;
    EXPECT_FALSE(same_wish(a, b));
}

TEST(CtlWhenTest, TimesAreReadable) {
    EXPECT_EQ(duration_text(0), "0.0 s");
    EXPECT_EQ(duration_text(3.25), "3.2 s");
    EXPECT_EQ(duration_text(99.94), "99.9 s");
    EXPECT_EQ(duration_text(99.96), "1 min 40 s");
    EXPECT_EQ(duration_text(7'500), "2 h 5 min");
    EXPECT_EQ(date_text(1'795'309'000), "2026-11-22 00:56:40");
}

}  // namespace
}  // namespace ringcast::ctl
