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

TEST(LaneTest, WhatIsWantedAgainWhileAskedForIsAskedForAnew) {
    Lane lane(10, 100);
    lane.want(named("a"));
    (void)commands(lane);
    lane.drop("a");
    lane.want(named("a"));
    EXPECT_THAT(commands(lane), IsEmpty());

    EXPECT_FALSE(lane.confirmed("a")) << "behind this come messages from before it was wanted";
    EXPECT_EQ(commands(lane), Commands{"-a"});
    EXPECT_FALSE(lane.left("a"));
    EXPECT_EQ(commands(lane), Commands{"+a"});
    EXPECT_TRUE(lane.confirmed("a"));
}

TEST(LaneTest, ABreakEndsWhatWasDroppedWhileAskedFor) {
    Lane lane(10, 100);
    for (const char* name : {"a", "b"}) lane.want(named(name));
    (void)commands(lane);
    for (const char* name : {"a", "b"}) lane.drop(name);
    lane.want(named("b"));

    EXPECT_THAT(lane.broken(), IsEmpty()) << "neither was subscribed";
    EXPECT_EQ(commands(lane), Commands{"+b"});
    EXPECT_TRUE(lane.confirmed("b"));
    EXPECT_EQ(lane.size(), 1U);
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

/// What is sent while so many answers may be awaited for what comes in bulk.
std::vector<std::string> in_bulk(Lane& lane, std::size_t room) {
    std::vector<std::string> all;
    for (auto next = lane.next_command(room); next.verb != Verb::none;
         next = lane.next_command(room)) {
        all.push_back(std::to_string(next.channels.size()));
        room -= std::min(room, next.channels.size());
    }
    return all;
}

TEST(LaneTest, WhatIsWantedInBulkWaitsUntilACommandIsFull) {
    Lane lane(2, 100);
    lane.want(named("a"), Pace::in_bulk);
    EXPECT_THAT(in_bulk(lane, 100), IsEmpty());
    lane.want(named("b"), Pace::in_bulk);
    lane.want(named("c"), Pace::in_bulk);
    EXPECT_EQ(in_bulk(lane, 100), Commands{"2"});

    lane.end_bulk();
    EXPECT_EQ(in_bulk(lane, 100), Commands{"1"});
}

TEST(LaneTest, WhatIsDroppedInBulkWaitsLikewiseForSmallerCommands) {
    Lane lane(16, 100);
    for (const char* name : {"a", "b", "c"}) lane.want(named(name));
    (void)commands(lane);
    for (const char* name : {"a", "b", "c"}) (void)lane.confirmed(name);
    lane.drop("a", Pace::in_bulk);
    EXPECT_THAT(in_bulk(lane, 16), IsEmpty());
    lane.drop("b", Pace::in_bulk);
    lane.drop("c", Pace::in_bulk);
    EXPECT_EQ(in_bulk(lane, 16), Commands{"2"});
    lane.end_bulk();
    EXPECT_EQ(in_bulk(lane, 14), Commands{"1"});
}

TEST(LaneTest, TwoCommandsThatLeaveInBulkAreUnderWayAtMost) {
    Lane lane(16, 100);
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) lane.want(named(name));
    (void)commands(lane);
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) (void)lane.confirmed(name);
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) lane.drop(name, Pace::in_bulk);
    EXPECT_EQ(in_bulk(lane, 16), (Commands{"2", "2"}));
    (void)lane.left("a");
    (void)lane.left("b");
    EXPECT_EQ(in_bulk(lane, 14), Commands{"2"});
}

TEST(LaneTest, TheFirstCommandThatLeavesInBulkMayBeSmaller) {
    Lane lane(16, 100, 1);
    for (const char* name : {"a", "b"}) lane.want(named(name));
    (void)commands(lane);
    for (const char* name : {"a", "b"}) (void)lane.confirmed(name);
    lane.drop("a", Pace::in_bulk);
    EXPECT_EQ(in_bulk(lane, 16), Commands{"1"});
    lane.drop("b", Pace::in_bulk);
    EXPECT_THAT(in_bulk(lane, 15), IsEmpty());
}

TEST(LaneTest, WhatComesInBulkLeavesRoomForOthers) {
    Lane lane(2, 100);
    for (const char* name : {"a", "b", "c", "d"}) lane.want(named(name), Pace::in_bulk);
    EXPECT_THAT(in_bulk(lane, 1), IsEmpty());
    EXPECT_EQ(in_bulk(lane, 3), Commands{"2"});
    EXPECT_EQ(lane.awaited(), 2U);
    EXPECT_EQ(in_bulk(lane, 2), Commands{"2"});
}

TEST(LaneTest, WhoeverIsWaitedForTakesWhatIsInBulkAlong) {
    Lane lane(10, 100);
    lane.want(named("a"), Pace::in_bulk);
    lane.want(named("b"));
    EXPECT_EQ(commands(lane), Commands{"+a b"});
}

TEST(LaneTest, WhatIsInBulkIsAskedForAnewAfterABreak) {
    Lane lane(10, 100);
    lane.want(named("a"), Pace::in_bulk);
    (void)lane.broken();
    EXPECT_EQ(in_bulk(lane, 0), Commands{"1"});
}

}  // namespace
}  // namespace ringcast::router
