#include "handoff_script.hpp"

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

/// A gateway that the coordinator did not wait for, or that has no ZooKeeper: what it learns from
/// nodes.
class ZombieTest : public HandoffTest {};

TEST_F(ZombieTest, AFenceThatCameBeforeTheAcknowledgementIsAGap) {
    subscribe_all();
    script.propose(to_b());
    (void)script.done();
    fence();
    script.routing.subscribed(L1, "room", script.now);
    EXPECT_THAT(script.done(), Contains("gap 1 room"));
}

TEST_F(ZombieTest, AnAcknowledgementThatCameTooLateIsAGap) {
    prepare();
    only_the_marker();
    script.begin_fencing({"g-others"});
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
}

TEST_F(ZombieTest, WhatAskedTheNextOwnerFirstMissedNothingWhereTheAcknowledgementCameTooLate) {
    script.propose(to_b());
    script.subscribe(0, "room");
    script.routing.subscribed(L1, "room", script.now);
    script.routing.subscribed(L0, "room", script.now);
    (void)script.done();
    only_the_marker();
    script.message(L1, "room", "p1");
    script.begin_fencing({"g-others"});
    EXPECT_EQ(script.done(), Lines{"deliver 1 room 1"});
}

TEST_F(ZombieTest, TheGapOfOneThatWasNotWaitedForIsToldBeforeTheNextOwnersWords) {
    prepare();
    only_the_marker();
    script.message(L1, "room", "p2");
    EXPECT_THAT(script.done(), IsEmpty()) << "what went past it before would be told too late";

    script.begin_fencing({"g-others"});
    EXPECT_EQ(script.done(), (Lines{"gap 1 room", "deliver 1 room 2"}));
}

TEST_F(ZombieTest, WhenNobodyTellsWhetherItWasInTimeTheGapIsToldAfterAWhile) {
    prepare();
    only_the_marker();
    script.message(L1, "room", "p2");
    script.advance(2'500ms);
    EXPECT_EQ(script.done(), (Lines{"read view L0", "gap 1 room", "deliver 1 room 2"}));
}

TEST_F(ZombieTest, AProposalIsNotDroppedByARecordOlderThanTheMarker) {
    prepare();
    only_the_marker();
    script.drop_proposal();
    EXPECT_THAT(script.done(), IsEmpty());
    EXPECT_TRUE(script.routing.handoff());
}

TEST_F(ZombieTest, WithoutZooKeeperTheFencedNodeTellsWhetherItWasInTime) {
    prepare();
    only_the_marker();
    (void)script.done();
    script.advance(100ms);
    EXPECT_EQ(script.done(), Lines{"read view L0"});

    ViewRecord told = *script.record;
    told.proposal->stage = Stage::fence;
    told.acknowledged = {"g-others"};
    script.routing.follow(told, script.now, Routing::Source::node);
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
    script.advance(10s);
    EXPECT_THAT(script.done(), IsEmpty());
}

TEST_F(ZombieTest, AnOlderRecordEndsNoHandoffWhoeverTellsIt) {
    const ViewRecord older = *script.record;
    prepare();
    for (const auto source : {Routing::Source::node, Routing::Source::znode}) {
        script.routing.follow(older, script.now, source);
        EXPECT_THAT(script.done(), IsEmpty());
        EXPECT_TRUE(script.routing.handoff());
    }
}

TEST_F(ZombieTest, ANodeThatTellsOfALaterProposalEndsOneThatWasDropped) {
    prepare();
    ViewRecord told = *script.record;
    told.last = ViewNumber{2};
    told.proposal = {to_b(3), Stage::fence, 0};
    script.routing.follow(told, script.now, Routing::Source::node);
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L1 room", "subscribe L1 room"}));
    ASSERT_TRUE(script.routing.handoff());
    EXPECT_EQ(script.routing.handoff()->view, ViewNumber{3});
}

TEST_F(ZombieTest, OneThatIsCutOffFollowsTheFencesOneByOne) {
    script.adopt(2, {"a", "b", "c"}, {{"room", "a"}, {"yard", "b"}});
    for (const auto& [channel, link] : {std::pair{"room", L0}, {"yard", L1}}) {
        script.subscribe(0, channel);
        script.routing.subscribed(link, channel, script.now);
    }
    (void)script.done();
    ViewRecord told = *script.record;
    told.proposal = {RoutingScript::view(3, {"a", "b", "c"}, {{"room", "c"}, {"yard", "c"}}),
                     Stage::fence, 0};
    script.routing.fenced(L0, ViewNumber{3}, script.now);
    script.routing.follow(told, script.now, Routing::Source::node);
    script.routing.subscribed(L2, "room", script.now);
    script.routing.subscribed(L2, "yard", script.now);
    EXPECT_THAT(script.done(), Contains("gap 1 room"));

    script.message(L1, "yard", "pstill here");
    EXPECT_EQ(script.done(), Lines{"deliver 1 yard still here"});
    script.routing.fenced(L1, ViewNumber{3}, script.now);
    EXPECT_EQ(script.done(), Lines{"gap 1 yard"});
}

TEST_F(ZombieTest, AMarkerOfALaterViewIsTheLastWordToo) {
    prepare();
    script.begin_fencing();
    script.commit();
    (void)script.done();
    script.routing.fenced(L0, ViewNumber{3}, script.now);
    EXPECT_THAT(script.done(), Not(Contains("gap 1 room")));
    script.advance(1s);
    EXPECT_THAT(script.done(), Not(Contains("gap 1 room")));
    EXPECT_FALSE(script.routing.handoff());
}

TEST_F(ZombieTest, AMarkerOfALaterViewCountsOnceTheProposalTurnsOutToBeInForce) {
    prepare();
    script.begin_fencing();
    script.routing.fenced(L0, ViewNumber{3}, script.now);
    script.message(L0, "room", "phere");
    EXPECT_EQ(script.done(), Lines{"deliver 1 room here"}) << "it may have been dropped";
    script.commit();
    script.advance(1s);
    EXPECT_THAT(script.done(), Not(Contains("gap 1 room")));
    EXPECT_FALSE(script.routing.handoff());
}

TEST_F(ZombieTest, AMarkerOfALaterViewEndsNothingWhereTheProposalIsDropped) {
    prepare();
    script.routing.fenced(L0, ViewNumber{3}, script.now);
    script.drop_proposal();
    EXPECT_EQ(script.done(), Lines{"unsubscribe L1 room"});
    EXPECT_FALSE(script.routing.handoff());
    script.message(L0, "room", "phere");
    EXPECT_EQ(script.done(), Lines{"deliver 1 room here"});
}

TEST_F(ZombieTest, AViewThatOnlyNodesKnowIsAskedFor) {
    script.routing.view_heard(L1, ViewNumber{2}, script.now);
    EXPECT_THAT(script.done(), IsEmpty());
    script.advance(100ms);
    EXPECT_EQ(script.done(), Lines{"read view L1"});
    script.advance(1s);
    EXPECT_EQ(script.done(), Lines{"read view L1"});

    script.adopt(2, {"a", "b"}, pins("b"));
    script.advance(1s);
    EXPECT_THAT(script.done(), Not(Contains("read view L1")));
}

TEST_F(ZombieTest, NodesThatKnowAViewAreAskedInTurns) {
    script.routing.view_heard(L1, ViewNumber{2}, script.now);
    script.routing.view_heard(L0, ViewNumber{2}, script.now);
    script.advance(100ms);
    EXPECT_EQ(script.done(), Lines{"read view L1"});
    script.advance(500ms);
    EXPECT_EQ(script.done(), Lines{"read view L0"}) << "the first may have ended";
    script.advance(500ms);
    EXPECT_EQ(script.done(), Lines{"read view L1"});
}

TEST_F(ZombieTest, WhoKnowsTheLatestViewIsAskedFirst) {
    script.routing.view_heard(L1, ViewNumber{2}, script.now);
    script.routing.view_heard(L0, ViewNumber{3}, script.now);
    script.advance(100ms);
    EXPECT_EQ(script.done(), Lines{"read view L0"});
    script.advance(500ms);
    EXPECT_EQ(script.done(), Lines{"read view L1"});
}

TEST_F(ZombieTest, EachFencedNodeIsAskedWhetherItWasInTime) {
    script.propose(RoutingScript::view(2, {"a", "b"}, {{"room", "b"}, {"hall", "a"}}));
    EXPECT_THAT(script.done(), Contains("prepared 2"));
    script.routing.fenced(L0, ViewNumber{2}, script.now);
    script.routing.fenced(L1, ViewNumber{2}, script.now);
    script.advance(100ms);
    EXPECT_EQ(script.done(), Lines{"read view L0"});
    script.advance(500ms);
    EXPECT_EQ(script.done(), Lines{"read view L1"});
}

/// What a gateway hears that was cut off, or frozen, while views came and went.
class UnknownViewTest : public HandoffTest {
protected:
    UnknownViewTest() {
        subscribe_all();
        script.routing.view_heard(L0, ViewNumber{2}, script.now);
        script.message(L0, "room", "plast");
        script.message(L0, "room", "pnew", 2);
        script.message(L0, "yard", "pyard", 2);
        EXPECT_EQ(script.done(), Lines{"deliver 1 room last"});
    }
};

TEST_F(UnknownViewTest, WhatItBringsIsDeliveredOnceItIsKnown) {
    script.adopt(2, {"a", "b"}, pins("a"));
    EXPECT_EQ(script.done(), (Lines{"deliver 1 room new", "deliver 1 yard yard"}));
}

TEST_F(UnknownViewTest, WhatLeftByItIsNotHeardAtTheFormerOwnerAnyMore) {
    script.adopt(2, {"a", "b"}, pins("b"));
    EXPECT_EQ(script.done(), (Lines{"subscribe L1 room", "deliver 1 yard yard"}));
    script.routing.subscribed(L1, "room", script.now);
    script.routing.left(L0, "room");
    EXPECT_THAT(script.done(), Contains("gap 1 room"));
}

TEST_F(UnknownViewTest, WhatMayHaveLivedElsewhereGoesWithTheGap) {
    script.adopt(3, {"a", "b"}, pins("a"));
    EXPECT_THAT(script.done(),
                testing::UnorderedElementsAre("gap 1 room", "gap 1 yard", "gap 1 hall"));
    script.message(L0, "room", "pnext", 2);
    EXPECT_EQ(script.done(), Lines{"deliver 1 room next"});
}

TEST_F(UnknownViewTest, AFormerOwnerIsNotHeardAgainAfterWhatWentWithTheGap) {
    script.adopt(3, {"a", "b"}, pins("b"));
    (void)script.done();
    script.message(L0, "room", "pby the skipped view", 2);
    EXPECT_THAT(script.done(), IsEmpty());
}

TEST_F(UnknownViewTest, WhenNobodyTellsItTheGapIsTold) {
    script.advance(2'400ms);
    EXPECT_EQ(script.done(), Lines{"read view L0"});
    script.advance(100ms);
    EXPECT_THAT(script.done(), testing::IsSupersetOf({"gap 1 room", "gap 1 yard"}));
    script.message(L0, "room", "pnext", 2);
    EXPECT_EQ(script.done(), Lines{"deliver 1 room next"});
}

TEST_F(UnknownViewTest, WhatFollowsOnOtherChannelsComesBehindAGapToo) {
    script.advance(2'400ms);
    script.advance(100ms);
    (void)script.done();
    script.message(L1, "hall", "pnext", 2);
    script.message(L1, "hall", "pthen", 2);
    EXPECT_EQ(script.done(), (Lines{"gap 1 hall", "deliver 1 hall next", "deliver 1 hall then"}));
}

TEST_F(ZombieTest, WhatWasDroppedOfAnOwnerThatHadNotBeenLeftIsAGap) {
    prepare();
    script.routing.view_heard(L0, ViewNumber{3}, script.now);
    script.message(L0, "room", "pkept", 3);
    script.advance(100ms);
    script.advance(2'400ms);
    EXPECT_THAT(script.done(), Contains("gap 1 room"));
    script.message(L0, "room", "pdropped", 3);
    EXPECT_THAT(script.done(), IsEmpty()) << "if the proposal was carried out, others spoke before";

    script.record.emplace(ViewRecord{RoutingScript::view(3, {"a", "b"}, pins("a")), {}, {}});
    script.record->previous = ViewNumber{1};
    script.routing.follow(*script.record, script.now);
    EXPECT_THAT(script.done(), Contains("gap 1 room"));
    script.message(L0, "room", "pnext", 3);
    EXPECT_EQ(script.done(), Lines{"deliver 1 room next"});
}

TEST_F(UnknownViewTest, AConnectionThatBreaksTakesWithItWhatWasKept) {
    script.routing.lost(L0, "room");
    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
    script.adopt(2, {"a", "b"}, pins("a"));
    EXPECT_EQ(script.done(), Lines{"deliver 1 yard yard"});
}

}  // namespace
}  // namespace ringcast::router::test
