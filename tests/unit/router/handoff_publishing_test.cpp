#include "handoff_script.hpp"

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Kind = PublishAnswer::Kind;

/// What becomes of publishes while their channels move, or stay beside those that do.
class HandoffPublishingTest : public HandoffTest {};

TEST_F(HandoffPublishingTest, WhatStaysIsTaggedOnceEarlierPublishesAreAnswered) {
    script.publish("yard", "1");
    script.publish("room", "1r");
    EXPECT_EQ(script.done(), Lines{"publish L0 by 1: 1 1r"});

    script.propose(to_b());
    script.publish("yard", "2");
    EXPECT_THAT(script.done(), IsEmpty());
    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "1r: ok", "prepared 2", "publish L0 by 2: 2"}));
}

TEST_F(HandoffPublishingTest, WhatStaysWaitsForNoAnswerToAnotherChannel) {
    script.publish("room", "1");
    (void)script.done();
    script.propose(to_b());
    script.publish("yard", "2");
    EXPECT_EQ(script.done(), Lines{"publish L0 by 2: 2"});
    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "prepared 2"}));
}

TEST_F(HandoffPublishingTest, WhatIsHeldForAnAnswerHoldsBackNoOtherChannel) {
    script.publish("yard", "1");
    (void)script.done();
    script.propose(to_b());
    script.publish("yard", "2");
    script.publish("court", "3");
    script.publish("yard", "4");
    EXPECT_EQ(script.done(), Lines{"publish L0 by 2: 3"});
    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "prepared 2", "publish L0 by 2: 2 4"}));
}

TEST_F(HandoffPublishingTest, AnotherChannelIsTakenWhileWhatStayedIsRefusedByAFence) {
    script.publish("yard", "1");
    (void)script.done();
    script.propose(to_b());
    script.publish("court", "2");
    script.publish("yard", "3");
    EXPECT_EQ(script.done(), Lines{"publish L0 by 2: 2"});
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_THAT(script.done(), Contains("publish L0 by 2: 1 3"));
    script.accept(L0);
    EXPECT_EQ(script.done(), Lines{"2: ok"}) << "it overtook nothing";
}

TEST_F(HandoffPublishingTest, WhatMovesGoesByTheFormerViewUntilTheFence) {
    script.propose(to_b());
    script.publish("room", "1");
    script.publish("yard", "2");
    EXPECT_EQ(script.done(), (Lines{"prepared 2", "publish L0 by 1: 1", "publish L0 by 2: 2"}));
}

TEST_F(HandoffPublishingTest, WhatMovesWaitsForAnswersToWhatWentByAViewThatWasNotPrepared) {
    script.publish("room", "1");
    (void)script.done();
    script.adopt(3, {"a", "b"}, pins("a"));
    script.propose(to_b(4));
    script.publish("room", "2");
    (void)script.done();
    EXPECT_EQ(script.routing.publishing().held(), 1U);

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{3}});
    EXPECT_EQ(script.done(), (Lines{"prepared 4", "publish L0 by 3: 1 2"}));
}

TEST_F(HandoffPublishingTest, WhatStaysIsNotOvertakenWhereTheFenceCameFirst) {
    script.publish("yard", "1");
    (void)script.done();
    script.propose(to_b());
    script.publish("room", "2");
    EXPECT_THAT(script.done(), Contains("publish L0 by 1: 2"));
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    script.publish("yard", "3");
    EXPECT_THAT(script.done(), Not(Contains("publish L0 by 2: 3")));

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_THAT(script.done(),
                testing::IsSupersetOf({"publish L0 by 2: 1 3", "publish L1 by 2: 2"}));
}

TEST_F(HandoffPublishingTest, WhatStayedAndIsAboutToMoveIsNotOvertakenWhereTheFenceCameFirst) {
    script.publish("yard", "1");
    (void)script.done();
    script.propose(to_b());
    script.publish("room", "2");
    (void)script.done();
    script.begin_fencing();
    script.commit();
    script.propose(RoutingScript::view(3, {"a", "b"}, {{"room", "b"}, {"yard", "b"}}));
    (void)script.done();
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    script.publish("yard", "3");
    EXPECT_THAT(script.done(), Not(Contains("publish L0 by 2: 3")));

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_THAT(script.done(),
                testing::IsSupersetOf({"publish L0 by 2: 1 3", "publish L1 by 3: 2"}));
}

TEST_F(HandoffPublishingTest, WhatWasRefusedWhileItsChannelWasAwayIsNotOvertakenWhenItComesBack) {
    script.publish("room", "1");
    (void)script.done();
    script.publish("yard", "2");
    (void)script.done();
    script.propose(to_b());
    script.begin_fencing();
    script.commit();
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    script.propose(RoutingScript::view(3, {"a", "b"}, pins("a")));
    script.begin_fencing();
    script.commit();
    script.publish("room", "3");
    EXPECT_THAT(script.done(), Not(Contains("publish L0 by 3: 3")));

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_THAT(script.done(), Contains("publish L0 by 3: 1 2 3"));
}

TEST_F(HandoffPublishingTest, ADroppedProposalForgetsNothingOfAViewThatWasNotPrepared) {
    script.publish("yard", "1");
    (void)script.done();
    script.adopt(3, {"a", "b"}, pins("a"));
    script.propose(to_b(4));
    script.drop_proposal();
    script.publish("yard", "2");
    (void)script.done();
    EXPECT_EQ(script.routing.publishing().held(), 1U);

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{3}});
    EXPECT_EQ(script.done(), Lines{"publish L0 by 3: 1 2"});
}

TEST_F(HandoffPublishingTest, WhatWasRefusedGoesFirstAndAfterAllAnswersOfTheFormerOwner) {
    script.propose(to_b());
    script.publish("room", "1");
    (void)script.done();
    script.publish("room", "2");
    (void)script.done();
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    script.publish("room", "3");
    EXPECT_THAT(script.done(), IsEmpty());

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_EQ(script.done(), Lines{"publish L1 by 2: 1 2 3"});
    EXPECT_EQ(script.routing.publishing().displaced(), 2U);
}

TEST_F(HandoffPublishingTest, WhatWasAcceptedBeforeTheFenceIsNotSentAgain) {
    script.propose(to_b());
    script.publish("room", "1");
    (void)script.done();
    fence();
    script.publish("room", "2");
    EXPECT_THAT(script.done(), IsEmpty());
    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "publish L1 by 2: 2"}));
}

TEST_F(HandoffPublishingTest, WhatStaysDoesNotWaitForWhatMoves) {
    script.propose(to_b());
    script.publish("room", "1");
    (void)script.done();
    fence();
    script.publish("room", "2");
    script.publish("yard", "3");
    script.publish("hall", "4");
    EXPECT_EQ(script.done(), (Lines{"publish L0 by 2: 3", "publish L1 by 2: 4"}));

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_EQ(script.done(), Lines{"publish L1 by 2: 1 2"});
    script.accept(L0);  // of the yard: nothing was overtaken
    EXPECT_EQ(script.done(), Lines{"3: ok"});
}

TEST_F(HandoffPublishingTest, HowLongAFenceKeptAPublishBackIsCountedOnce) {
    script.propose(to_b());
    script.publish("room", "1");
    script.publish("yard", "2");
    (void)script.done();
    fence();
    script.publish("room", "3");
    (void)script.done();
    script.now += 20ms;
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_EQ(script.done(), Lines{"publish L1 by 2: 1 3"});

    const HoldTimes& holds = script.routing.publishing().holds();
    EXPECT_EQ(holds.count(), 2U) << "what stays was not held";
    EXPECT_EQ(holds.max(), 20ms);
}

TEST_F(HandoffPublishingTest, TheCommitIsAFence) {
    script.propose(to_b());
    script.publish("room", "1");
    (void)script.done();
    script.begin_fencing();
    script.commit();
    script.publish("room", "2");
    EXPECT_THAT(script.done(), Not(Contains("publish L1 by 2: 2")));
    script.accept(L0);
    EXPECT_THAT(script.done(), Contains("publish L1 by 2: 2"));
}

TEST_F(HandoffPublishingTest, AfterADroppedProposalEverythingGoesByTheViewInForce) {
    script.propose(to_b());
    script.drop_proposal();
    (void)script.done();
    script.publish("room", "1");
    script.publish("yard", "2");
    EXPECT_EQ(script.done(), Lines{"publish L0 by 1: 1 2"});
}

TEST_F(HandoffPublishingTest, WhatStayedInADroppedHandoffIsWaitedForWhenItsChannelMovesLater) {
    script.propose(to_b());
    script.publish("yard", "1");
    EXPECT_THAT(script.done(), Contains("publish L0 by 2: 1"));
    script.drop_proposal();
    script.adopt(3, {"a", "b"}, {{"room", "a"}, {"yard", "b"}});
    script.publish("yard", "2");
    EXPECT_THAT(script.done(), Not(Contains("publish L1 by 3: 2")));

    script.answer(L0, {.kind = Kind::again});
    EXPECT_EQ(script.done(), Lines{"publish L1 by 3: 1 2"});
}

TEST_F(HandoffPublishingTest, WhatStayedInADroppedHandoffAndWasRefusedDoesNotComeAfterLaterOnes) {
    script.propose(to_b());
    script.publish("yard", "1");
    EXPECT_THAT(script.done(), Contains("publish L0 by 2: 1"));
    script.drop_proposal();
    script.publish("yard", "2");
    EXPECT_THAT(script.done(), Contains("publish L0 by 1: 2"));

    script.answer(L0, {.kind = Kind::again});
    script.accept(L0);
    EXPECT_THAT(script.done(), Contains(StartsWith("1: ")));
}

}  // namespace
}  // namespace ringcast::router::test
