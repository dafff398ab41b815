// Patterns of channel names, and what names of hostile clients cost.
#include "channel_pattern.hpp"

#include "channel_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace ringcast::gateway {
namespace {

using testing::HasSubstr;

TEST(ChannelPatternTest, TheWholeNameMustMatch) {
    struct Row {
        const char* expression;
        std::string name;
        bool matches;
    };
    const Row rows[] = {
        {"low:[a-z]+", "low:abc", true},
        {"low:[a-z]+", "low:", false},
        {"low:[a-z]+", "low:abc1", false},
        {"low:[a-z]+", "below:abc", false},
        {"low:[a-z]+", "low:abc\n", false},
        {"low:[a-z]+", std::string("low:abc\0", 8), false},
        {"^low:[a-z]+$", "low:abc", true},
        {"^low:[a-z]+$", "low:abc\n", false},
        {"a|b:c", "b:c", true},
        {"a|b:c", "a:c", false},
        {"a|ab", "ab", true},
        {"(a)(b)?", "a", true},
        {"(?i)room:\\w{2}", "ROOM:x7", true},
        {"room:.*", "room:\t ~", true},
        {"[[:alpha:]]+", "abc", true},
    };
    for (const auto& [expression, name, matches] : rows) {
        ASSERT_EQ(ChannelPattern::fault(expression), std::nullopt);
        EXPECT_EQ(ChannelPattern(expression).matches(name), matches) << expression << ' ' << name;
    }
}

TEST(ChannelPatternTest, ExpressionsAndNamesAreUtf8) {
    EXPECT_TRUE(ChannelPattern("caf.").matches("caf\u00e9"));
    EXPECT_TRUE(ChannelPattern("caf(\u00e9|e)").matches("cafe"));
    EXPECT_FALSE(ChannelPattern("caf..").matches("caf\u00e9")) << "it is one letter";
    EXPECT_FALSE(ChannelPattern("caf.").matches("caf\xff")) << "it is none";
}

TEST(ChannelPatternTest, WhatIsWrongWithAnExpressionIsTold) {
    const std::pair<std::string, std::string> rows[] = {
        {"(", "missing )"},
        {"a)", "unexpected )"},
        {"[z-a]", "invalid character class range: z-a"},
        {"+", "no argument for repetition operator: +"},
        {"a\\", "trailing \\"},
        {"(a)\\1", "invalid escape sequence: \\1"},
        {"(?=a)a", "(?="},
        {"a{1001}", "invalid repetition size: {1001}"},
        {"\xff", "invalid UTF-8"},
        {"((.{30}){30}){30}", "invalid repetition size: {30}"},
        {"[\\pL\\pN]{1,255}", "too large"},
    };
    testing::internal::CaptureStderr();
    for (const auto& [expression, words] : rows) {
        const auto fault = ChannelPattern::fault(expression);
        ASSERT_TRUE(fault) << expression;
        EXPECT_THAT(*fault, HasSubstr(words));
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

/// One call deeper for each letter of it would be the end of the stack.
TEST(ChannelPatternTest, ANameOfAMillionLettersIsLookedAt) {
    Options options;
    options.limits.channel_bytes_max = 1'000'000;
    options.channels_without_namespace.channel_pattern = "(?:[a-z]|[0-9])*";
    const ChannelRules rules(options);
    std::string name(1'000'000, 'x');

    EXPECT_EQ(rules.fault(name), std::nullopt);
    name.back() = '!';
    EXPECT_EQ(rules.fault(name), ErrorCode::bad_request);
}

/// Tried one after the other, the ways to match these would outlast everybody.
TEST(ChannelPatternTest, ManyWaysToMatchAreTriedAtOnce) {
    const std::string name(10'000, 'a');
    for (const char* expression :
         {"(a*)*b", "(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*(.*)*(.*)*b", "(?:a?){500}a{500}b"}) {
        const ChannelPattern pattern(expression);
        EXPECT_FALSE(pattern.matches(name)) << expression;
        EXPECT_TRUE(pattern.matches(name.substr(0, 700) + 'b')) << expression;
    }
}

/// Of all that could be remembered of such a name, two states a letter, there is room for little.
TEST(ChannelPatternTest, MoreStatesThanThereIsMemoryForAreLookedAtAllTheSame) {
    const ChannelPattern pattern("[ab]*a[ab]{100}");
    std::string name;
    for (unsigned random = 1; name.size() < 20'000; random = random * 1'664'525U + 1'013'904'223U) {
        name.push_back((random >> 16U & 1U) != 0 ? 'a' : 'b');
    }

    name[name.size() - 101] = 'a';
    EXPECT_TRUE(pattern.matches(name));
    name[name.size() - 101] = 'b';
    EXPECT_FALSE(pattern.matches(name));
}

}  // namespace
}  // namespace ringcast::gateway
