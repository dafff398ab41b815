#include "handoff_script.hpp"

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

TEST_F(HandoffTest, WhatMovesIsSubscribedAtTheNextOwnerBeforeItIsAcknowledged) {
    subscribe_all();
    script.propose(to_b());
    EXPECT_EQ(script.done(), Lines{"subscribe L1 room"});

    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"prepared 2"});
}

TEST_F(HandoffTest, NothingIsAcknowledgedBeforeTheGatewayHasAnEntry) {
    RoutingScript nameless;
    nameless.routing.announced_as("");
    nameless.adopt(1, {"a", "b"}, pins("a"));
    nameless.propose(to_b());
    EXPECT_THAT(nameless.done(), Not(Contains("prepared 2")));

    nameless.routing.announced_as("g-2");
    EXPECT_THAT(nameless.done(), Contains("prepared 2"));
}

TEST_F(HandoffTest, UnderANewNameItIsAcknowledgedAgain) {
    prepare();
    script.routing.announced_as("g-2");
    EXPECT_EQ(script.done(), Lines{"prepared 2"});
}

TEST_F(HandoffTest, TheNextOwnersWordsAreKeptUntilTheFormersLast) {
    prepare();
    script.message(L1, "room", "p3");
    script.message(L1, "room", "p4");
    script.message(L0, "room", "p1");
    script.message(L0, "room", "p2");
    EXPECT_EQ(script.done(), (Lines{"deliver 1 room 1", "deliver 1 room 2"}));

    fence();
    script.message(L1, "room", "p5");
    EXPECT_EQ(script.done(), (Lines{"deliver 1 room 3", "deliver 1 room 4", "deliver 1 room 5"}));
}

TEST_F(HandoffTest, AfterTheLastWordOnOneConnectionNothingOfTheFormerOwnerIsDelivered) {
    prepare();
    script.message(L1, "room", "p3");
    script.message(L0, "room", "p1");
    script.message(L0, "room", "pback there by view 3", 2);
    script.message(L0, "yard", "phere all the time", 2);
    EXPECT_EQ(script.done(), (Lines{"deliver 1 room 1", "deliver 1 yard here all the time"}));

    fence();
    EXPECT_EQ(script.done(), Lines{"deliver 1 room 3"});
}

TEST_F(HandoffTest, WhatIsLeftOfAFormerSubscriptionIsNotTheNextOwnersWord) {
    subscribe_all();
    script.propose(to_b());
    script.message(L1, "room", "p0");  // from when it lived there once, on a slow way
    script.routing.subscribed(L1, "room", script.now);
    script.message(L1, "room", "p1");
    (void)script.done();

    fence();

    EXPECT_EQ(script.done(), Lines{"deliver 1 room 1"});
}

TEST_F(HandoffTest, TheFormerOwnerIsLeftAfterTheCommit) {
    prepare();
    fence();
    script.begin_fencing();
    EXPECT_THAT(script.done(), IsEmpty());

    EXPECT_TRUE(script.commit());
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L0 room", "all left 2"}));
    EXPECT_EQ(script.routing.subscribing().channels_on(L0), 1U);
    EXPECT_EQ(script.routing.subscribing().gaps(), 0U);
}

TEST_F(HandoffTest, MovingKeepsToItsRateBothWays) {
    ring::Pins before;
    ring::Pins after;
    for (int i = 0; i < 3; ++i) {
        before["c" + std::to_string(i)] = "a";
        after["c" + std::to_string(i)] = "b";
    }
    script.adopt(2, {"a", "b"}, before);
    for (const auto& [channel, member] : before) {
        script.subscribe(0, channel);
        script.routing.subscribed(L0, channel, script.now);
    }
    (void)script.done();

    script.propose(RoutingScript::view(3, {"a", "b"}, after), 10);
    EXPECT_THAT(script.done(), IsEmpty());
    for (const auto& [channel, member] : before) {
        EXPECT_EQ(script.routing.next_deadline(), script.now + 100001us);
        script.advance(100001us);
        EXPECT_EQ(script.done(), Lines{"subscribe L1 " + channel});
        script.routing.subscribed(L1, channel, script.now);
    }
    EXPECT_EQ(script.done(), Lines{"prepared 3"});

    script.begin_fencing();
    script.routing.fenced(L0, ViewNumber{3}, script.now);
    script.commit();
    EXPECT_THAT(script.done(), IsEmpty());
    script.advance(100001us);
    EXPECT_EQ(script.done(), Lines{"unsubscribe L0 c0"});
    script.advance(100001us);
    script.advance(100001us);
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L0 c1", "unsubscribe L0 c2", "all left 3"}));
}

TEST_F(HandoffTest, ANewSubscriptionIsMadeAtTheNextOwnerFirstAndConfirmedByBoth) {
    script.propose(to_b());
    (void)script.done();
    script.subscribe(0, "room");
    EXPECT_EQ(script.done(), Lines{"subscribe L1 room"});
    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"subscribe L0 room"});
    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"confirm 0 room"});

    script.message(L1, "room", "p1");
    fence();
    EXPECT_EQ(script.done(), Lines{"deliver 1 room 1"});
}

TEST_F(HandoffTest, ANewSubscriptionAfterTheFenceAsksTheNextOwnerAlone) {
    script.propose(to_b());
    fence();
    (void)script.done();
    script.subscribe(0, "room");
    EXPECT_EQ(script.done(), Lines{"subscribe L1 room"});
    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"confirm 0 room"});
}

TEST_F(HandoffTest, AFenceBetweenTheTwoConfirmationsConfirms) {
    script.propose(to_b());
    script.subscribe(0, "room");
    script.routing.subscribed(L1, "room", script.now);
    (void)script.done();
    fence();
    EXPECT_EQ(script.done(), Lines{"confirm 0 room"});
}

TEST_F(HandoffTest, AProposalThatIsDroppedLeavesNothingBehind) {
    prepare();
    script.drop_proposal();
    EXPECT_EQ(script.done(), Lines{"unsubscribe L1 room"});

    script.message(L0, "room", "p1");
    EXPECT_EQ(script.done(), Lines{"deliver 1 room 1"});
    EXPECT_FALSE(script.routing.handoff());
}

TEST_F(HandoffTest, ANewSubscriptionInADroppedProposalGoesOnAtTheOwner) {
    script.propose(to_b());
    script.subscribe(0, "room");
    (void)script.done();
    script.drop_proposal();
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L1 room", "subscribe L0 room"}));
    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"confirm 0 room"});
}

TEST_F(HandoffTest, OneProposalAfterAnotherThatWasDroppedIsPrepared) {
    prepare();
    script.record->proposal.reset();
    script.record->last = ViewNumber{2};
    script.propose(to_b(3));
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L1 room", "subscribe L1 room"}));
    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"prepared 3"});
}

TEST_F(HandoffTest, AFenceOfAnotherNumberIsNotOurs) {
    prepare();
    script.routing.fenced(L0, ViewNumber{3}, script.now);
    script.message(L1, "room", "p2");
    script.message(L0, "room", "p1");
    EXPECT_EQ(script.done(), Lines{"deliver 1 room 1"});
}

TEST_F(HandoffTest, WhatAFormerOwnerSaidBeforeItsLinkBrokeIsAGap) {
    prepare();
    script.routing.lost(L0, "room");
    script.message(L1, "room", "p2");
    fence();
    EXPECT_EQ(script.done(), (Lines{"gap 1 room", "deliver 1 room 2"}));
}

TEST_F(HandoffTest, AFormerOwnerThatIsLostInTheCommitIsWaitedForNoLonger) {
    prepare();
    script.begin_fencing();
    script.commit();
    EXPECT_THAT(script.done(), IsEmpty());
    script.routing.lost(L0, "room");
    EXPECT_THAT(script.done(), Contains("gap 1 room"));
}

TEST_F(HandoffTest, AFormerOwnerThatNeverSaysItsLastWordIsAGapAfterAWhile) {
    prepare();
    script.begin_fencing();
    script.commit();
    // Longer than it takes to find a connection deaf: its next probe, and the patience with that.
    const NodeOptions& node = script.options.node;
    script.advance(node.probe_interval + node.probe_timeout);
    EXPECT_THAT(script.done(), IsEmpty());
    script.advance(node.probe_interval);
    EXPECT_EQ(script.done(), (Lines{"gap 1 room", "unsubscribe L0 room", "all left 2"}));
}

TEST_F(HandoffTest, WhatTheNextOwnerSaidOnABrokenLinkIsAGap) {
    prepare();
    script.message(L1, "room", "p1");
    script.routing.lost(L1, "room");
    script.routing.subscribed(L1, "room", script.now);
    script.message(L1, "room", "p3");
    fence();
    EXPECT_EQ(script.done(), (Lines{"gap 1 room", "deliver 1 room 3"}));
}

TEST_F(HandoffTest, BeforeTheAcknowledgementABrokenLinkToTheNextOwnerLosesNothing) {
    subscribe_all();
    script.propose(to_b());
    script.adopt(1, {"a", "b"}, pins("a"));  // nothing is proposed any more
    script.propose(to_b());
    script.routing.lost(L1, "room");
    script.routing.subscribed(L1, "room", script.now);
    (void)script.done();
    fence();
    EXPECT_THAT(script.done(), Not(Contains("gap 1 room")));
}

TEST_F(HandoffTest, TooMuchOfTheNextOwnerIsAGap) {
    script.options.early_bytes_max = 2;
    prepare();
    for (const char* payload : {"p1", "p2", "p3", "p4"}) {
        script.message(L1, "room", payload);
    }
    EXPECT_LE(script.routing.handoff()->early_bytes, 2U);
    fence();
    EXPECT_EQ(script.done(), (Lines{"gap 1 room", "deliver 1 room 4"}));
}

TEST_F(HandoffTest, TheNextHandoffBeginsWhenTheFormerIsLeft) {
    subscribe_all();
    script.propose(to_b(), 10);
    script.advance(101ms);
    script.routing.subscribed(L1, "room", script.now);
    script.begin_fencing();
    fence();
    script.commit();
    (void)script.done();

    script.propose(RoutingScript::view(3, {"a", "b"}, pins("a")));
    EXPECT_THAT(script.done(), IsEmpty());
    script.advance(101ms);
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L0 room", "all left 2", "subscribe L0 room"}));
    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"prepared 3"});
}

TEST_F(HandoffTest, AChannelThatIsGivenUpMeanwhileIsLeftEverywhere) {
    script.options.linger = 0ms;
    prepare();
    script.routing.unsubscribe(0, "room", script.now);
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L0 room", "unsubscribe L1 room"}));
    fence();
    script.begin_fencing();
    script.commit();
    EXPECT_EQ(script.done(), Lines{"all left 2"});
}

TEST_F(HandoffTest, ALinkThatOnlyTheHandoffNeededIsClosedWithIt) {
    script.propose(RoutingScript::view(2, {"a", "b", "c"}, pins("a")));
    EXPECT_THAT(script.done(), Contains("open L2 c"));
    script.drop_proposal();
    EXPECT_EQ(script.done(), Lines{"close L2"});
}

TEST_F(HandoffTest, ALinkThatIsAboutToBeClosedIsKeptForTheNextProposal) {
    subscribe_all();
    script.propose(RoutingScript::view(2, {"a", "b", "c"}, {{"room", "c"}}));
    EXPECT_THAT(script.done(), Contains("open L2 c"));
    script.record->proposal.reset();
    script.record->last = ViewNumber{2};
    script.routing.publishing_up(L2);
    script.propose(RoutingScript::view(3, {"a", "b", "c"}, {{"room", "c"}}), 10);
    EXPECT_THAT(script.done(), Not(Contains("close L2")));
}

TEST_F(HandoffTest, ALaterViewThatFollowsThePreparedOneIsReachedThroughIt) {
    prepare();
    script.record->in_force = RoutingScript::view(5, {"b"}, {{"room", "b"}});
    script.record->previous = ViewNumber{2};
    script.record->proposal.reset();
    script.routing.follow(*script.record, script.now);

    // Nobody heard the former owner's last word, so the gap is told; once, and on what moved.
    const Lines done = script.done();
    EXPECT_THAT(done, Contains("gap 1 room"));
    EXPECT_THAT(done, Not(Contains("gap 1 hall")));
    EXPECT_EQ(script.routing.destinations()->view, ViewNumber{5});
}

TEST_F(HandoffTest, ARecordOlderThanTheViewInForceChangesNothing) {
    prepare();
    const ViewRecord older = *script.record;
    script.begin_fencing();
    fence();
    script.commit();
    (void)script.done();
    EXPECT_FALSE(script.routing.follow(older, script.now));
    EXPECT_THAT(script.done(), IsEmpty());
}

}  // namespace
}  // namespace ringcast::router::test
