#include "routing_script.hpp"

#include <gmock/gmock.h>

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

/// `room` on member a (link L0), everybody up, nobody subscribed.
class SubscribingTest : public testing::Test {
protected:
    SubscribingTest() {
        script.adopt(1, {"a", "b"}, {{"room", "a"}});
        (void)script.done();
    }

    void go_live() {
        script.subscribe(0, "room");
        script.routing.subscribed(L0, "room", script.now);
        (void)script.done();
    }
    /// A view by which `room` belongs to b (link L1).
    void move_to_b() { script.adopt(2, {"a", "b"}, {{"room", "b"}}); }

    RoutingScript script;
};

TEST_F(SubscribingTest, TheFirstListenerSubscribesAndIsConfirmedByTheNode) {
    script.subscribe(3, "room");
    EXPECT_EQ(script.done(), Lines{"subscribe L0 room"});

    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"confirm 3 room"});
}

TEST_F(SubscribingTest, FurtherListenersAskTheNodeNothing) {
    script.subscribe(0, "room");
    script.subscribe(1, "room");
    EXPECT_EQ(script.done(), Lines{"subscribe L0 room"});
    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), (Lines{"confirm 0 room", "confirm 1 room"}));

    script.subscribe(2, "room");
    EXPECT_EQ(script.done(), Lines{"confirm 2 room"});
}

TEST_F(SubscribingTest, AMessageGoesToThoseWhoAreConfirmed) {
    script.subscribe(0, "room");
    script.message(L0, "room", "ptoo early");
    script.routing.subscribed(L0, "room", script.now);
    script.subscribe(1, "room");
    (void)script.done();

    script.message(L0, "room", "phello");
    EXPECT_EQ(script.done(), Lines{"deliver 3 room hello"});
}

TEST_F(SubscribingTest, UnknownKindsOtherLinksAndOtherChannelsAreIgnoredAndCounted) {
    go_live();

    script.message(L0, "room", "xhello");
    script.message(L0, "room", "");
    script.message(L1, "room", "phello");
    script.message(L0, "elsewhere", "phello");

    EXPECT_THAT(script.done(), IsEmpty());
    EXPECT_EQ(script.routing.subscribing().ignored(), 4U);
}

TEST_F(SubscribingTest, WithoutAViewSubscribingFails) {
    RoutingScript fresh;
    fresh.subscribe(0, "room");
    EXPECT_EQ(fresh.done(), Lines{"confirm 0 room: no view of the ring is known yet"});
}

TEST_F(SubscribingTest, TheSubscriptionLingersAfterTheLastListener) {
    go_live();
    script.routing.unsubscribe(0, "room", script.now);

    script.advance(999ms);
    EXPECT_THAT(script.done(), IsEmpty());
    script.advance(1ms);
    EXPECT_EQ(script.done(), Lines{"unsubscribe L0 room"});
    EXPECT_EQ(script.routing.subscribing().channels().size(), 0U);
}

TEST_F(SubscribingTest, WhoComesBackWhileItLingersIsConfirmedAtOnce) {
    go_live();
    script.routing.unsubscribe(0, "room", script.now);
    script.advance(500ms);
    script.subscribe(0, "room");
    EXPECT_EQ(script.done(), Lines{"confirm 0 room"});

    script.advance(10s);
    EXPECT_THAT(script.done(), IsEmpty());
}

TEST_F(SubscribingTest, WithoutLingerItIsLeftAtOnce) {
    RouterOptions options;
    options.linger = 0ms;
    RoutingScript prompt(options);
    prompt.adopt(1, {"a"});
    prompt.subscribe(0, "room");
    (void)prompt.done();

    prompt.routing.unsubscribe(0, "room", prompt.now);
    EXPECT_EQ(prompt.done(), Lines{"unsubscribe L0 room"});
}

TEST_F(SubscribingTest, WhoGivesUpWhileWaitingIsNeverConfirmed) {
    script.subscribe(0, "room");
    script.subscribe(1, "room");
    script.routing.unsubscribe(0, "room", script.now);
    (void)script.done();

    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"confirm 1 room"});
}

TEST_F(SubscribingTest, AnUnconfirmedSubscriptionFailsAfterTheHoldTime) {
    script.subscribe(0, "room");
    (void)script.done();

    script.advance(script.options.hold_time_max);
    EXPECT_EQ(script.done(), Lines{"confirm 0 room: the channel's node did not answer in time"});
    script.advance(script.options.linger);
    EXPECT_EQ(script.done(), Lines{"unsubscribe L0 room"});
}

TEST_F(SubscribingTest, AWaitThatBeganLaterHasItsOwnDeadline) {
    script.subscribe(0, "room");
    script.advance(1s);
    script.routing.unsubscribe(0, "room", script.now);
    script.subscribe(0, "room");
    (void)script.done();

    script.advance(3s);
    EXPECT_THAT(script.done(), IsEmpty());
    script.advance(1s);
    EXPECT_EQ(script.done().size(), 1U);
}

TEST_F(SubscribingTest, AfterABrokenLinkOneGapIsTold) {
    go_live();
    script.routing.lost(L0, "room");
    EXPECT_THAT(script.done(), IsEmpty());
    EXPECT_EQ(script.routing.subscribing().pending(), 1U);

    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
    EXPECT_EQ(script.routing.subscribing().pending(), 0U);
}

TEST_F(SubscribingTest, WhoCameAfterTheBreakHearsOfNoGap) {
    go_live();
    script.routing.lost(L0, "room");
    script.subscribe(1, "room");
    script.routing.subscribed(L0, "room", script.now);

    EXPECT_EQ(script.done(), (Lines{"gap 1 room", "confirm 1 room"}));
}

TEST_F(SubscribingTest, ABreakBeforeTheConfirmationIsNoLoss) {
    script.subscribe(0, "room");
    script.routing.lost(L0, "room");
    script.routing.subscribed(L0, "room", script.now);
    EXPECT_EQ(script.done(), (Lines{"subscribe L0 room", "confirm 0 room"}));
}

TEST_F(SubscribingTest, AMoveSubscribesAtTheNewOwnerBeforeItLeavesTheOld) {
    go_live();

    move_to_b();
    EXPECT_EQ(script.done(), Lines{"subscribe L1 room"});
    script.message(L0, "room", "pold");
    script.message(L1, "room", "pnew, too early");
    EXPECT_EQ(script.done(), Lines{"deliver 1 room old"});

    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"unsubscribe L0 room"});
    script.message(L0, "room", "plast");
    EXPECT_EQ(script.done(), Lines{"deliver 1 room last"});

    script.routing.left(L0, "room");
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
    script.message(L1, "room", "pnew");
    EXPECT_EQ(script.done(), Lines{"deliver 1 room new"});
}

TEST_F(SubscribingTest, WhoSubscribesDuringAMoveIsConfirmedByTheOldOwner) {
    go_live();
    move_to_b();
    script.subscribe(1, "room");
    EXPECT_EQ(script.done(), (Lines{"subscribe L1 room", "confirm 1 room"}));
}

TEST_F(SubscribingTest, AnOldOwnerThatNeverSaysItsLastWordIsLeftBehind) {
    go_live();
    move_to_b();
    script.routing.subscribed(L1, "room", script.now);
    (void)script.done();

    script.advance(500ms);
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
    script.message(L0, "room", "pout of order");
    EXPECT_THAT(script.done(), IsEmpty());
}

TEST_F(SubscribingTest, ABrokenOldOwnerIsReplacedAsSoonAsTheNewOneConfirms) {
    go_live();
    script.routing.lost(L0, "room");
    move_to_b();
    (void)script.done();

    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L0 room", "gap 1 room"}));
}

TEST_F(SubscribingTest, ALinkThatBreaksWhileItIsLeftEndsTheMove) {
    go_live();
    move_to_b();
    script.routing.subscribed(L1, "room", script.now);
    (void)script.done();

    script.routing.lost(L0, "room");
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
}

TEST_F(SubscribingTest, ANewOwnerLostBeforeTheOldIsLeftTellsOneGapWhenItIsBack) {
    go_live();
    move_to_b();
    script.routing.subscribed(L1, "room", script.now);
    script.routing.lost(L1, "room");
    (void)script.done();

    script.routing.left(L0, "room");
    EXPECT_THAT(script.done(), IsEmpty());
    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
}

TEST_F(SubscribingTest, AnUnconfirmedChannelMovesWithoutCeremony) {
    script.subscribe(0, "room");
    (void)script.done();

    move_to_b();
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L0 room", "subscribe L1 room"}));
    script.routing.subscribed(L0, "room", script.now);
    EXPECT_THAT(script.done(), IsEmpty());
    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"confirm 0 room"});
}

TEST_F(SubscribingTest, AMoveThatIsTakenBackTellsAGapForTheTimeBetween) {
    go_live();
    move_to_b();
    (void)script.done();

    script.adopt(3, {"a", "b"}, {{"room", "a"}});
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L1 room", "gap 1 room"}));
}

TEST_F(SubscribingTest, AMoveThatGoesOnElsewhereForgetsTheOwnerBetween) {
    go_live();
    script.adopt(2, {"a", "b", "c"}, {{"room", "b"}});
    script.adopt(3, {"a", "b", "c"}, {{"room", "c"}});
    EXPECT_EQ(script.done(), (Lines{"open L2 c", "subscribe L1 room", "unsubscribe L1 room",
                                    "subscribe L2 room"}));
    script.routing.subscribed(L2, "room", script.now);
    script.routing.left(L0, "room");
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L0 room", "gap 1 room"}));
}

TEST_F(SubscribingTest, AnotherViewWhileTheOldOwnerIsLeftFinishesTheFirstMove) {
    go_live();
    move_to_b();
    script.routing.subscribed(L1, "room", script.now);
    (void)script.done();

    script.adopt(3, {"a", "b"}, {{"room", "a"}});
    EXPECT_EQ(script.done(), (Lines{"gap 1 room", "subscribe L0 room"}));
    script.routing.left(L0, "room");  // of the first move
    EXPECT_THAT(script.done(), IsEmpty());
    script.routing.subscribed(L0, "room", script.now);
    script.routing.left(L1, "room");
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L1 room", "gap 1 room"}));
}

TEST_F(SubscribingTest, ASkippedViewTellsAGapEvenWhereNothingMoved) {
    go_live();
    script.adopt(3, {"a", "b"}, {{"room", "a"}});
    EXPECT_EQ(script.done(), Lines{"gap 1 room"});
}

TEST_F(SubscribingTest, AViewThatMovesOthersLeavesAChannelAlone) {
    go_live();
    script.adopt(2, {"a", "b"}, {{"room", "a"}, {"other", "b"}});
    EXPECT_THAT(script.done(), IsEmpty());
}

TEST_F(SubscribingTest, AMemberAtAnotherAddressIsAnotherLink) {
    go_live();
    script.adopt(2, {"a", "b"}, {{"room", "a"}}, 2);
    EXPECT_EQ(script.done(), (Lines{"open L2 a", "open L3 b", "subscribe L2 room", "close L1"}));
    script.routing.subscribed(L2, "room", script.now);
    script.routing.left(L0, "room");
    EXPECT_EQ(script.done(), (Lines{"unsubscribe L0 room", "gap 1 room", "close L0"}));
}

TEST_F(SubscribingTest, TheLinkOfARemovedMemberStaysUntilNothingNeedsIt) {
    go_live();
    script.adopt(2, {"b"});
    EXPECT_EQ(script.done(), Lines{"subscribe L1 room"});
    script.routing.subscribed(L1, "room", script.now);
    EXPECT_EQ(script.done(), Lines{"unsubscribe L0 room"});
    script.routing.left(L0, "room");
    EXPECT_EQ(script.done(), (Lines{"gap 1 room", "close L0"}));
}

TEST_F(SubscribingTest, AnOlderOrEqualViewIsNeverActedOn) {
    go_live();
    EXPECT_FALSE(script.adopt(1, {"a", "b"}, {{"room", "b"}}));
    EXPECT_FALSE(script.adopt(0, {"b"}));
    EXPECT_THAT(script.done(), IsEmpty());
}

TEST_F(SubscribingTest, AfterStopEverybodyWhoWaitsIsTold) {
    script.subscribe(0, "room");
    script.subscribe(1, "room");
    (void)script.done();

    script.routing.stop();
    EXPECT_EQ(script.said, (Lines{"confirm 0 room: the router is stopping",
                                  "confirm 1 room: the router is stopping"}));
}

}  // namespace
}  // namespace ringcast::router::test
