#include "router_world.hpp"

#include <gmock/gmock.h>

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using testing::ElementsAre;

/// One router on one node, and what its first listener saw, as words.
class RouterTest : public testing::Test {
protected:
    RouterTest() : world(1, 2, 1) {
        for (std::size_t i = 0; i < 2; ++i) world.node(i).set_latency({});
    }

    Router& router() { return *world.sites[0].router; }
    Diary& diary() { return *world.sites[0].diaries[0]; }

    std::vector<std::string> seen(const std::string& channel) {
        std::vector<std::string> words;
        for (const Seen& one : diary().pages[channel]) {
            switch (one.what) {
                case Seen::What::confirmed:
                    words.emplace_back("confirmed");
                    break;
                case Seen::What::unsubscribed:
                    words.emplace_back("unsubscribed");
                    break;
                case Seen::What::gap:
                    words.emplace_back("gap");
                    break;
                case Seen::What::message:
                    words.push_back(one.text);
                    break;
            }
        }
        return words;
    }

    RouterWorld world;
};

TEST_F(RouterTest, BeforeTheFirstViewEverythingFailsWithNoView) {
    std::vector<error_code> heard;
    router().subscribe(0, "room", [&](error_code error) { heard.push_back(error); });
    router().publish("room", "x", [&](error_code error) { heard.push_back(error); });
    EXPECT_TRUE(heard.empty());  // never from inside the call
    world.scheduler.run_ready();

    EXPECT_THAT(heard, ElementsAre(Errc::no_view, Errc::no_view));
    EXPECT_EQ(router().owner_of("room"), "");
    EXPECT_EQ(router().status().view, ViewNumber{0});
}

TEST_F(RouterTest, MessagesFollowTheConfirmation) {
    world.change_view({0});
    world.scheduler.advance(100ms);
    world.subscribe(0, 0, "room");
    world.publish(0, "room");
    world.publish(0, "room");
    world.scheduler.run_ready();

    EXPECT_EQ(seen("room").front(), "confirmed");
    world.publish(0, "room");
    world.scheduler.run_ready();
    EXPECT_EQ(seen("room").back(), "0:3");
}

TEST_F(RouterTest, TheChannelsOfAnArcAreToldByTheirPointsEachOnce) {
    const auto points_on = [this](ring::Arc arc) {
        std::vector<std::uint64_t> points;
        router().channels_on(arc, points);
        return points;
    };
    const std::uint64_t room = ring::point("room", 0);
    EXPECT_THAT(points_on(ring::arc_at(room)), ElementsAre()) << "without a view";

    world.change_view({0});
    world.scheduler.advance(100ms);
    world.subscribe(0, 0, "room");
    world.subscribe(0, 1, "room");
    world.scheduler.run_ready();
    EXPECT_THAT(points_on(ring::arc_at(room)), ElementsAre(room));
    EXPECT_THAT(points_on(static_cast<ring::Arc>(ring::arc_at(room) + 1)), ElementsAre());

    world.unsubscribe(0, 0, "room");
    world.unsubscribe(0, 1, "room");
    world.scheduler.advance(10s);
    EXPECT_THAT(points_on(ring::arc_at(room)), ElementsAre()) << "it has lingered long enough";
}

TEST_F(RouterTest, AfterUnsubscribeNothingComesAnyMore) {
    world.change_view({0});
    world.scheduler.advance(100ms);
    world.subscribe(0, 0, "room");
    world.subscribe(0, 1, "room");
    world.scheduler.run_ready();
    // Turn by turn, so that it is hit at every moment of the message's way.
    for (int turns = 0; turns < 12; ++turns) {
        world.publish(0, "room");
        for (int i = 0; i < turns; ++i) (void)world.scheduler.run_one();
        world.unsubscribe(0, 0, "room");
        world.scheduler.run_ready();
        ASSERT_EQ(seen("room").back(), "unsubscribed") << "after " << turns << " turns";
        world.subscribe(0, 0, "room");
        world.scheduler.run_ready();
        ASSERT_EQ(seen("room").back(), "confirmed");
    }
}

TEST_F(RouterTest, ASubscribeGivenUpInTheTurnOfItsConfirmationIsNotConfirmed) {
    world.change_view({0});
    world.scheduler.advance(100ms);
    world.subscribe(0, 1, "room");  // keeps it subscribed, so the next is confirmed at once
    world.scheduler.run_ready();

    world.subscribe(0, 0, "room");
    world.unsubscribe(0, 0, "room");
    world.scheduler.run_ready();
    EXPECT_TRUE(seen("room").empty());
}

TEST_F(RouterTest, AListenerMaySubscribeAndPublishFromItsHandlers) {
    world.change_view({0});
    world.scheduler.advance(100ms);
    bool done = false;
    router().subscribe(0, "a", [&](error_code) {
        router().subscribe(0, "b", [&](error_code) {
            router().publish("b", "x", [&](error_code error) { done = !error; });
        });
    });
    world.scheduler.run_ready();
    EXPECT_TRUE(done);
    EXPECT_EQ(diary().pages["b"].size(), 1U);
}

TEST_F(RouterTest, TheEncoderRunsOnceForAllListeners) {
    world.change_view({0});
    world.scheduler.advance(100ms);
    world.subscribe(0, 0, "room");
    world.subscribe(0, 1, "room");
    world.scheduler.run_ready();
    world.publish(0, "room");
    world.scheduler.run_ready();

    EXPECT_EQ(router().status().messages_in, 1U);
    EXPECT_EQ(seen("room"), (std::vector<std::string>{"confirmed", "0:1"}));
}

TEST_F(RouterTest, ChangesOfViewAndReachabilityAreTold) {
    int changes = 0;
    router().on_change([&] { ++changes; });
    world.change_view({0, 1});
    world.scheduler.run_ready();
    EXPECT_EQ(changes, 1);

    world.node(1).cut();
    world.scheduler.advance(1s);
    EXPECT_EQ(changes, 2);
    const RouterStatus status = router().status();
    ASSERT_EQ(status.links.size(), 2U);
    EXPECT_FALSE(status.links[0].unreachable);
    EXPECT_TRUE(status.links[1].unreachable);
}

TEST_F(RouterTest, StopAnswersEverythingAndWhatComesLaterToo) {
    world.change_view({0});
    world.scheduler.advance(100ms);
    world.node(0).freeze();
    std::vector<error_code> heard;
    const auto hear = [&](error_code error) { heard.push_back(error); };
    router().subscribe(0, "room", hear);
    router().publish("room", "x", hear);
    world.scheduler.run_ready();

    router().stop();
    EXPECT_THAT(heard, ElementsAre(Errc::stopped, Errc::stopped));
    router().publish("room", "y", hear);
    router().subscribe(0, "hall", hear);
    world.scheduler.run_ready();
    EXPECT_EQ(heard.size(), 4U);
    world.node(0).thaw();
    world.scheduler.advance(10s);
    EXPECT_EQ(heard.size(), 4U);
}

TEST_F(RouterTest, APublishWhileTheNodeIsAwayIsSentWhenItIsBack) {
    world.change_view({0});
    world.scheduler.advance(100ms);
    world.node(0).cut();
    world.scheduler.run_ready();
    world.publish(0, "room");
    world.scheduler.advance(1s);
    EXPECT_EQ(world.published[0]->answers, 0U);
    EXPECT_EQ(router().status().publishes_held, 1U);

    world.node(0).heal();
    world.scheduler.advance(2s);
    EXPECT_EQ(world.published[0]->answers, 1U);
    EXPECT_FALSE(world.published[0]->outcome);
}

TEST_F(RouterTest, APublishOnANodeThatStaysAwayFailsWithinTheHoldTime) {
    world.change_view({0});
    world.scheduler.advance(100ms);
    world.node(0).cut();
    world.scheduler.run_ready();
    world.publish(0, "room");
    world.scheduler.advance(RouterOptions{}.hold_time_max);
    EXPECT_EQ(world.published[0]->outcome, Errc::unreachable);
}

}  // namespace
}  // namespace ringcast::router::test
