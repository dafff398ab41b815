#include "lane.hpp"

#include <gmock/gmock.h>

#include <string>

namespace ringcast::router {
namespace {

using Verb = Lane::Command::Verb;
using testing::IsEmpty;

SharedText named(const std::string& text) {
    return std::make_shared<const std::string>(text);
}

/// "+a b" for SUBSCRIBE a b, "-a" for UNSUBSCRIBE a.
std::vector<std::string> commands(Lane& lane) {
    std::vector<std::string> all;
    for (auto next = lane.next_command(); next.verb != Verb::none; next = lane.next_command()) {
        std::string text = next.verb == Verb::subscribe ? "+" : "-";
        for (const auto& channel : next.channels) {
            text += (text.size() > 1 ? " " : "") + *channel;
        }
        all.push_back(text);
    }
    return all;
}

using Commands = std::vector<std::string>;

TEST(LaneTest, ChannelsAreAskedForInBatches) {
    Lane lane(2, 100);
    for (const char* name : {"a", "b", "c"}) lane.want(named(name));

    EXPECT_EQ(commands(lane), (Commands{"+a b", "+c"}));
    EXPECT_TRUE(lane.confirmed("a"));
    EXPECT_FALSE(lane.confirmed("a"));  // once
    EXPECT_FALSE(lane.confirmed("stranger"));
}

TEST(LaneTest, NoMoreAnswersAreAwaitedThanTheWindowHolds) {
    Lane lane(2, 4);
    for (const char* name : {"a", "b", "c", "d", "e"}) lane.want(named(name));
    EXPECT_EQ(commands(lane), (Commands{"+a b", "+c d"}));

    EXPECT_TRUE(lane.confirmed("a"));
    EXPECT_EQ(commands(lane), Commands{"+e"});
}

TEST(LaneTest, ACommandThatWouldNotBeFullWaitsForAnswers) {
    Lane lane(2, 3);
    for (const char* name : {"a", "b", "c", "d"}) lane.want(named(name));
    EXPECT_EQ(commands(lane), Commands{"+a b"});

    EXPECT_TRUE(lane.confirmed("a"));
    EXPECT_EQ(commands(lane), Commands{"+c d"});
}

TEST(LaneTest, WhatIsDroppedBeforeItWasAskedIsNeverAsked) {
    Lane lane(10, 100);
    lane.want(named("a"));
    lane.drop("a");
    EXPECT_THAT(commands(lane), IsEmpty());
    EXPECT_EQ(lane.size(), 0U);
}

TEST(LaneTest, WhatIsDroppedWhileAskedForIsLeftAfterTheAnswer) {
    Lane lane(10, 100);
    lane.want(named("a"));
    (void)commands(lane);
    lane.drop("a");
    EXPECT_THAT(commands(lane), IsEmpty());

    EXPECT_FALSE(lane.confirmed("a"));
    EXPECT_EQ(commands(lane), Commands{"-a"});
    EXPECT_TRUE(lane.left("a"));
    EXPECT_EQ(lane.size(), 0U);
}

TEST(LaneTest, WhatIsWantedAgainWhileAskedForIsSimplyConfirmed) {
    Lane lane(10, 100);
    lane.want(named("a"));
    (void)commands(lane);
    lane.drop("a");
    lane.want(named("a"));

    EXPECT_TRUE(lane.confirmed("a"));
    EXPECT_THAT(commands(lane), IsEmpty());
}

TEST(LaneTest, WhatIsWantedAgainWhileBeingLeftIsAskedForAfterwards) {
    Lane lane(10, 100);
    lane.want(named("a"));
    (void)commands(lane);
    (void)lane.confirmed("a");
    lane.drop("a");
    EXPECT_EQ(commands(lane), Commands{"-a"});
    lane.want(named("a"));
    EXPECT_THAT(commands(lane), IsEmpty());

    EXPECT_FALSE(lane.left("a"));
    EXPECT_EQ(commands(lane), Commands{"+a"});
    EXPECT_TRUE(lane.confirmed("a"));
}

TEST(LaneTest, WhatIsWantedAgainBeforeItWasLeftHasItsOwnConfirmation) {
    Lane lane(10, 100);
    lane.want(named("a"));
    (void)commands(lane);
    (void)lane.confirmed("a");
    lane.drop("a");
    lane.want(named("a"));

    EXPECT_EQ(commands(lane), Commands{"-a"});
    EXPECT_FALSE(lane.left("a"));
    EXPECT_EQ(commands(lane), Commands{"+a"});
    EXPECT_TRUE(lane.confirmed("a"));
}

TEST(LaneTest, ABreakNamesWhatWasSubscribedAndAsksForWhatIsWanted) {
    Lane lane(10, 100);
    for (const char* name : {"in", "asking", "unwanted", "leaving"}) lane.want(named(name));
    (void)commands(lane);
    for (const char* name : {"in", "unwanted", "leaving"}) (void)lane.confirmed(name);
    lane.drop("leaving");
    (void)commands(lane);
    lane.drop("unwanted");
    lane.want(named("queued"));

    std::vector<std::string> lost;
    for (const auto& channel : lane.broken()) lost.push_back(*channel);
    EXPECT_THAT(lost, testing::UnorderedElementsAre("in", "unwanted", "leaving"));
    EXPECT_EQ(lane.size(), 3U);

    std::vector<std::string> asked;
    const auto next = lane.next_command();
    for (const auto& channel : next.channels) asked.push_back(*channel);
    EXPECT_EQ(next.verb, Verb::subscribe);
    EXPECT_THAT(asked, testing::UnorderedElementsAre("in", "asking", "queued"));
}

TEST(LaneTest, AnAnswerOfTheConnectionBeforeMeansNothing) {
    Lane lane(10, 100);
    lane.want(named("a"));
    (void)commands(lane);
    (void)lane.broken();

    EXPECT_FALSE(lane.confirmed("a"));
    EXPECT_EQ(commands(lane), Commands{"+a"});
}

}  // namespace
}  // namespace ringcast::router
