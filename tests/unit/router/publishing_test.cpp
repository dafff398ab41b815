#include "routing_script.hpp"

#include <gmock/gmock.h>

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using Kind = PublishAnswer::Kind;

constexpr auto unknown = "the link to the node broke before it answered";
constexpr auto unreachable = "the channel's node did not answer in time";
constexpr auto refused = "the node refuses publishes";

/// `room` on member a (link L0), `hall` on b (link L1), both up.
class PublishingTest : public testing::Test {
protected:
    explicit PublishingTest(RouterOptions options = {}) : script(std::move(options)) {
        script.adopt(1, {"a", "b"}, {{"room", "a"}, {"hall", "b"}});
        script.routing.publishing_up(L0);
        script.routing.publishing_up(L1);
        (void)script.done();
    }

    /// A view by which `room` belongs to b.
    void move_to_b() { script.adopt(2, {"a", "b"}, {{"room", "b"}, {"hall", "b"}}); }

    RoutingScript script;
};

TEST_F(PublishingTest, WhatOneTurnCollectsTravelsInOneCall) {
    script.publish("room", "1");
    script.publish("hall", "2");
    script.publish("room", "3");
    EXPECT_EQ(script.done(), (Lines{"publish L0 by 1: 1 3", "publish L1 by 1: 2"}));

    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "3: ok"}));
    EXPECT_EQ(script.routing.publishing().published(), 2U);
}

TEST_F(PublishingTest, ACallIsBoundedInNumberAndBytes) {
    for (int i = 0; i < 70; ++i) script.publish("room", "x");
    EXPECT_EQ(script.done().size(), 2U);

    script.publish("room", std::string(200'000, 'a'));
    script.publish("room", std::string(200'000, 'b'));
    EXPECT_EQ(script.done().size(), 2U);
}

TEST_F(PublishingTest, WithoutAViewOrTooLargeItFailsAtOnce) {
    RoutingScript fresh;
    fresh.publish("room", "1");
    EXPECT_EQ(fresh.done(), Lines{"1: no view of the ring is known yet"});

    script.publish("room", std::string(script.options.node.reply_bytes_max, 'x'));
    EXPECT_EQ(script.routing.publishing().failed(Errc::too_large), 1U);
}

TEST_F(PublishingTest, ABrokenLinkLeavesWhatWasSentUnknownAndHoldsTheRest) {
    script.publish("room", "1");
    (void)script.done();
    script.routing.publishing_down(L0);
    script.publish("room", "2");
    EXPECT_EQ(script.done(), Lines{std::string("1: ") + unknown});

    script.routing.publishing_up(L0);
    EXPECT_EQ(script.done(), Lines{"publish L0 by 1: 2"});
}

TEST_F(PublishingTest, ALinkThatBreaksBeforeTheTurnEndsHoldsWhatItCollected) {
    script.publish("room", "1");
    script.routing.publishing_down(L0);
    EXPECT_THAT(script.done(), IsEmpty());
    script.routing.publishing_up(L0);
    EXPECT_EQ(script.done(), Lines{"publish L0 by 1: 1"});
}

TEST_F(PublishingTest, WhatIsHeldTooLongFails) {
    script.routing.publishing_down(L0);
    script.publish("room", "1");
    script.advance(script.options.hold_time_max - 1ms);
    EXPECT_THAT(script.done(), IsEmpty());
    EXPECT_EQ(script.routing.next_deadline(), script.now + 1ms);

    script.advance(1ms);
    EXPECT_EQ(script.done(), Lines{std::string("1: ") + unreachable});
    EXPECT_EQ(script.routing.next_deadline(), std::nullopt);
}

TEST_F(PublishingTest, AnotherOwnerGetsWhatWasHeldInOrder) {
    script.routing.publishing_down(L0);
    script.publish("room", "1");
    script.publish("room", "2");
    script.adopt(2, {"b"});
    EXPECT_EQ(script.done(), (Lines{"publish L1 by 2: 1 2", "close L0"}));
}

TEST_F(PublishingTest, TheNewOwnerGetsNothingBeforeTheOldHasAnswered) {
    script.publish("room", "1");
    (void)script.done();
    move_to_b();
    script.publish("room", "2");
    script.publish("hall", "3");
    EXPECT_EQ(script.done(), Lines{"publish L1 by 2: 3"});

    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "publish L1 by 2: 2"}));
}

TEST_F(PublishingTest, ABreakOfTheOldLinkFreesWhatWaitedForIt) {
    script.publish("room", "1");
    (void)script.done();
    move_to_b();
    script.publish("room", "2");
    script.routing.publishing_down(L0);
    EXPECT_EQ(script.done(), (Lines{std::string("1: ") + unknown, "publish L1 by 2: 2"}));
}

TEST_F(PublishingTest, WhereTheOwnerStaysTheNewViewWaitsForTheAnswersByTheOld) {
    script.publish("hall", "1");
    (void)script.done();
    move_to_b();
    script.publish("hall", "2");
    EXPECT_THAT(script.done(), IsEmpty());

    script.accept(L1);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "publish L1 by 2: 2"}));
}

TEST_F(PublishingTest, TwoMovesInARowWaitForBothFormerOwners) {
    script.publish("room", "1");
    (void)script.done();
    script.adopt(2, {"a", "b", "c"}, {{"room", "b"}, {"hall", "b"}});
    script.publish("hall", "2");
    (void)script.done();
    script.adopt(3, {"a", "b", "c"}, {{"room", "c"}, {"hall", "b"}});
    script.routing.publishing_up(L2);
    script.publish("room", "3");
    (void)script.done();

    script.accept(L1);
    EXPECT_EQ(script.done(), Lines{"2: ok"});
    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "publish L2 by 3: 3"}));
}

TEST_F(PublishingTest, AFencedNodeHoldsEverythingUntilThatViewComes) {
    script.publish("room", "1");
    (void)script.done();
    script.publish("room", "2");
    (void)script.done();

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    script.publish("room", "3");
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_THAT(script.done(), IsEmpty());
    EXPECT_EQ(script.routing.publishing().held(), 3U);

    move_to_b();
    EXPECT_EQ(script.done(), Lines{"publish L1 by 2: 1 2 3"});
}

TEST_F(PublishingTest, WhatWasRefusedByAViewThatIsKnownMeanwhileGoesToTheNewOwnerFirst) {
    script.publish("room", "1");
    (void)script.done();
    script.publish("room", "2");
    (void)script.done();
    move_to_b();
    script.publish("room", "3");

    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_THAT(script.done(), IsEmpty());
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{2}});
    EXPECT_EQ(script.done(), Lines{"publish L1 by 2: 1 2 3"});
}

TEST_F(PublishingTest, AFenceByAViewThatDoesNotComeIsARefusal) {
    script.publish("room", "1");
    (void)script.done();
    script.answer(L0, {.kind = Kind::stale, .view = ViewNumber{9}});
    script.advance(script.options.hold_time_max);
    EXPECT_EQ(script.done(), (Lines{std::string("1: ") + refused, "read view L0"}));
}

TEST_F(PublishingTest, WithoutLeaseOneBatchAtATimeTriesAgain) {
    script.publish("room", "1");
    (void)script.done();
    script.answer(L0, {.kind = Kind::again, .retry_after = 100ms});
    script.publish("room", "2");
    EXPECT_THAT(script.done(), IsEmpty());

    script.advance(100ms);
    EXPECT_EQ(script.done(), Lines{"publish L0 by 1: 1 2"});
    script.publish("room", "3");
    EXPECT_THAT(script.done(), IsEmpty());
    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "2: ok", "publish L0 by 1: 3"}));
}

TEST_F(PublishingTest, WhatThisTurnCollectedDoesNotOvertakeWhatWasRefused) {
    script.publish("room", "1");
    (void)script.done();
    script.publish("room", "2");  // in the turn in which the refusal arrives
    script.answer(L0, {.kind = Kind::again});
    EXPECT_EQ(script.done(), Lines{"publish L0 by 1: 1 2"});
}

TEST_F(PublishingTest, WhatWasOvertakenAfterARefusalFailsInsteadOfComingLate) {
    script.publish("room", "1");
    (void)script.done();
    script.publish("room", "2");
    (void)script.done();

    script.answer(L0, {.kind = Kind::again});
    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{std::string("1: ") + refused, "2: ok"}));
}

TEST_F(PublishingTest, WhatMayHaveBeenOvertakenWhenTheLinkBreaksFailsToo) {
    script.publish("room", "1");
    (void)script.done();
    script.publish("room", "2");
    (void)script.done();

    script.answer(L0, {.kind = Kind::again});
    script.routing.publishing_down(L0);
    EXPECT_EQ(script.done(), (Lines{std::string("1: ") + refused, std::string("2: ") + unknown}));
}

TEST_F(PublishingTest, AnErrorThatSaysNothingLeavesTheOutcomeUnknown) {
    script.publish("room", "1");
    (void)script.done();
    script.answer(L0, {.kind = Kind::unknown});
    EXPECT_EQ(script.done(), Lines{std::string("1: ") + unknown});
}

TEST_F(PublishingTest, StopAnswersEverythingOnce) {
    script.publish("room", "in flight");
    (void)script.done();
    script.publish("room", "collected");
    script.routing.publishing_down(L1);
    script.publish("hall", "held");
    script.routing.stop();

    EXPECT_THAT(script.said, testing::UnorderedElementsAre("in flight: the router is stopping",
                                                           "collected: the router is stopping",
                                                           "held: the router is stopping"));
}

class BoundedPublishingTest : public PublishingTest {
protected:
    static RouterOptions tight() {
        RouterOptions options;
        options.publishes_in_flight_max = 3;
        options.hold_bytes_max = 20;
        return options;
    }
    BoundedPublishingTest() : PublishingTest(tight()) {}
};

TEST_F(BoundedPublishingTest, MoreThanMayBeInFlightIsHeldUntilSomethingIsAnswered) {
    for (const char* text : {"1", "2", "3", "4"}) script.publish("room", text);
    EXPECT_EQ(script.done(), Lines{"publish L0 by 1: 1 2 3"});
    script.accept(L0);
    EXPECT_EQ(script.done(), (Lines{"1: ok", "2: ok", "3: ok", "publish L0 by 1: 4"}));
}

TEST_F(BoundedPublishingTest, MoreThanMayBeHeldFailsAtOnce) {
    script.routing.publishing_down(L0);
    for (const char* text : {"1", "2", "3", "4"}) script.publish("room", text);  // 6 bytes each
    EXPECT_EQ(script.done(), Lines{"4: too many publishes are held back"});

    script.advance(script.options.hold_time_max);
    (void)script.done();
    script.publish("room", "5");
    EXPECT_THAT(script.done(), IsEmpty());  // there is room again
}

}  // namespace
}  // namespace ringcast::router::test
