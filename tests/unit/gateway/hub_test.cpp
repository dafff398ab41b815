#include "hub.hpp"

#include "fake_router.hpp"
#include "manual_scheduler.hpp"
#include "ringcast/gateway/protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace ringcast::gateway {
namespace {

using test::FakeRouter;
using test::ManualScheduler;
using testing::ElementsAre;
using testing::IsEmpty;

// Notes what it is told: "+a" subscribed, "-a" failed, "?a" lost, else the push.
class Listener final : public Subscriber {
public:
    void subscribed(const std::string& channel, boost::system::error_code failure) override {
        heard.push_back((failure ? '-' : '+') + channel);
        if (on_subscribed) on_subscribed();
    }
    void deliver(const router::SharedText& push) override {
        heard.push_back(*push);
        if (on_deliver) on_deliver();
    }
    void lost(const std::string& channel) override { heard.push_back('?' + channel); }

    std::vector<std::string> heard;
    std::function<void()> on_subscribed;
    std::function<void()> on_deliver;
};

class HubTest : public testing::Test {
protected:
    // Lets both threads run until neither has anything to do.
    void settle() {
        while (here.run_ready() + there.run_ready() > 0) {
        }
    }

    static std::string push(const std::string& channel, const std::string& text) {
        return channel + '=' + text;
    }

    ManualScheduler here;   // the hub's thread
    ManualScheduler there;  // the router's
    FakeRouter router{there, [](std::string_view channel, std::string_view payload) {
                          return std::string(channel) + '=' + std::string(payload);
                      }};
    std::unique_ptr<Hub> hub = std::make_unique<Hub>(here, router, there, 1'000);
    Listener ann;
    Listener bob;
};

TEST_F(HubTest, ASubscriberIsToldAndThenGetsWhatIsPublished) {
    const auto place = hub->subscribe(ann, "a");
    EXPECT_THAT(ann.heard, IsEmpty());
    settle();
    router.publish_elsewhere("a", "1");
    router.publish_elsewhere("a", "2");
    settle();

    EXPECT_THAT(ann.heard, ElementsAre("+a", "a=1", "a=2"));
    EXPECT_EQ(hub->messages_in(), 2U);
}

TEST_F(HubTest, OnlyTheFirstJoinsAtTheRouterAndOnlyTheLastLeaves) {
    auto anns = hub->subscribe(ann, "a");
    settle();
    auto bobs = hub->subscribe(bob, "a");
    settle();
    EXPECT_THAT(bob.heard, ElementsAre("+a"));
    EXPECT_EQ(router.subscribes(), 1U);
    EXPECT_EQ(hub->subscriptions(), 2U);

    anns.leave();
    settle();
    EXPECT_EQ(router.unsubscribes(), 0U);
    bobs.leave();
    settle();
    EXPECT_EQ(router.unsubscribes(), 1U);
    EXPECT_EQ(router.listeners_on("a"), 0U);
    EXPECT_EQ(hub->channels(), 0U);
    EXPECT_EQ(hub->subscriptions(), 0U);
}

TEST_F(HubTest, EverybodyWhoWaitsIsToldByOneConfirmation) {
    router.hold_confirmations();
    const auto anns = hub->subscribe(ann, "a");
    settle();
    const auto bobs = hub->subscribe(bob, "a");
    settle();
    EXPECT_THAT(bob.heard, IsEmpty());

    router.release_confirmations();
    settle();

    EXPECT_THAT(ann.heard, ElementsAre("+a"));
    EXPECT_THAT(bob.heard, ElementsAre("+a"));
    EXPECT_EQ(router.subscribes(), 1U);
}

TEST_F(HubTest, NothingIsDeliveredBeforeTheSubscriberWasTold) {
    const auto anns = hub->subscribe(ann, "a");
    settle();
    router.publish_elsewhere("a", "1");
    there.run_ready();  // on its way to the hub
    const auto bobs = hub->subscribe(bob, "a");
    settle();

    EXPECT_THAT(ann.heard, ElementsAre("+a", "a=1"));
    EXPECT_THAT(bob.heard, ElementsAre("+a"));
}

TEST_F(HubTest, WhoLeftHearsNothingMore) {
    auto anns = hub->subscribe(ann, "a");
    settle();
    router.publish_elsewhere("a", "1");
    there.run_ready();
    anns.leave();
    settle();
    EXPECT_THAT(ann.heard, ElementsAre("+a"));
}

TEST_F(HubTest, WhoLeavesBeforeBeingToldIsNotTold) {
    const auto anns = hub->subscribe(ann, "a");
    settle();
    { const auto bobs = hub->subscribe(bob, "a"); }
    settle();
    EXPECT_THAT(bob.heard, IsEmpty());
}

TEST_F(HubTest, ALateConfirmationIsNotTakenForThatOfTheNextSubscription) {
    auto first = hub->subscribe(ann, "a");
    here.run_ready();
    there.run_ready();  // confirmed, and the news is on its way
    first.leave();
    router.hold_confirmations();
    const auto second = hub->subscribe(ann, "a");
    settle();
    EXPECT_THAT(ann.heard, IsEmpty());

    router.release_confirmations();
    settle();
    EXPECT_THAT(ann.heard, ElementsAre("+a"));
}

TEST_F(HubTest, AFailedSubscribeLeavesNothingBehind) {
    router.fail_subscribes(router::Errc::unreachable);
    const auto anns = hub->subscribe(ann, "a");
    settle();
    EXPECT_THAT(ann.heard, ElementsAre("-a"));
    EXPECT_EQ(hub->channels(), 0U);
    EXPECT_EQ(hub->subscriptions(), 0U);
    EXPECT_EQ(router.unsubscribes(), 0U) << "a subscription that fails is none";

    router.recover();
    const auto again = hub->subscribe(ann, "a");
    settle();
    EXPECT_THAT(ann.heard, ElementsAre("-a", "+a"));
}

TEST_F(HubTest, WhoTriesAgainAtOnceAfterAFailureJoinsAnew) {
    router.fail_subscribes(router::Errc::unreachable);
    Hub::Place again;
    ann.on_subscribed = [&] {
        router.recover();
        ann.on_subscribed = nullptr;
        again = hub->subscribe(ann, "a");
    };
    const auto place = hub->subscribe(ann, "a");
    settle();
    EXPECT_THAT(ann.heard, ElementsAre("-a", "+a"));
    EXPECT_EQ(hub->subscriptions(), 1U);
}

TEST_F(HubTest, AGapIsToldToAllAndMakesTheirPlacesVoid) {
    const auto anns = hub->subscribe(ann, "a");
    const auto bobs = hub->subscribe(bob, "a");
    const auto other = hub->subscribe(bob, "b");
    settle();
    router.publish_elsewhere("a", "1");
    router.lose("a");
    router.publish_elsewhere("a", "2");
    settle();

    EXPECT_THAT(ann.heard, ElementsAre("+a", "a=1", "?a"));
    EXPECT_THAT(bob.heard, ElementsAre("+a", "+b", "a=1", "?a"));
    EXPECT_EQ(hub->channels(), 1U);
    EXPECT_EQ(hub->gaps(), 1U);
}

TEST_F(HubTest, OthersMayLeaveWhileAMessageIsFannedOut) {
    auto anns = hub->subscribe(ann, "a");
    auto bobs = hub->subscribe(bob, "a");
    settle();
    ann.on_deliver = [&] {
        anns.leave();
        bobs.leave();
    };
    router.publish_elsewhere("a", "1");
    settle();

    EXPECT_THAT(ann.heard, ElementsAre("+a", "a=1"));
    EXPECT_THAT(bob.heard, ElementsAre("+a"));
    EXPECT_EQ(hub->channels(), 0U);
    EXPECT_EQ(router.listeners_on("a"), 0U);
}

TEST_F(HubTest, PublishesKeepTheirOrderAndAreAnsweredOnTheHubsThread) {
    std::vector<int> answered;
    for (int i = 0; i < 3; ++i) {
        hub->publish("a", std::to_string(i), [&answered, i](boost::system::error_code failure) {
            EXPECT_FALSE(failure);
            answered.push_back(i);
        });
    }
    here.run_ready();
    there.run_ready();
    EXPECT_THAT(answered, IsEmpty());
    settle();

    EXPECT_THAT(answered, ElementsAre(0, 1, 2));
    ASSERT_EQ(router.published().size(), 3U);
    EXPECT_EQ(router.published()[2].second, "2");
    EXPECT_EQ(hub->publishes(0), 3U);
}

TEST_F(HubTest, AFailedPublishSaysWhyAndIsCounted) {
    router.fail_publishes(router::Errc::hold_full);
    boost::system::error_code answer;
    hub->publish("a", "1", [&](boost::system::error_code failure) { answer = failure; });
    settle();
    EXPECT_EQ(answer, router::Errc::hold_full);
    EXPECT_EQ(hub->publishes(static_cast<std::size_t>(router::Errc::hold_full)), 1U);
}

TEST_F(HubTest, MoreThanTheInboxHoldsBecomesAGapThatIsTold) {
    const auto anns = hub->subscribe(ann, "a");
    settle();
    router.publish_elsewhere("a", std::string(600, 'x'));
    router.publish_elsewhere("a", std::string(600, 'y'));
    settle();

    EXPECT_THAT(ann.heard, ElementsAre("+a", "a=" + std::string(600, 'x'), "?a"));
    const auto again = hub->subscribe(ann, "a");
    settle();
    router.publish_elsewhere("a", std::string(600, 'z'));
    settle();
    EXPECT_EQ(ann.heard.back(), "a=" + std::string(600, 'z')) << "what was handled makes room";
}

TEST_F(HubTest, HoweverMuchIsLostOneGapWaitsToBeTold) {
    const auto anns = hub->subscribe(ann, "a");
    const auto bobs = hub->subscribe(bob, "b");
    settle();
    const std::string text(600, 'x');
    for (int i = 0; i < 101; ++i) {
        router.publish_elsewhere(i % 2 == 0 ? "a" : "b", text);
        there.run_ready();
    }

    EXPECT_LE(here.run_ready(), 4U) << "the message, two gaps, and that both have left";
    EXPECT_EQ(ann.heard.back(), "?a");
    EXPECT_THAT(bob.heard, ElementsAre("+b", "?b"));

    const auto again = hub->subscribe(ann, "a");
    settle();
    router.publish_elsewhere("a", std::string(1'001, 'x'));
    settle();
    EXPECT_EQ(ann.heard.back(), "?a") << "the one before was seen";
}

TEST_F(HubTest, WhoJoinsAfterAGapIsToldOfTheNext) {
    auto anns = hub->subscribe(ann, "a");
    settle();
    const auto lose_one = [&] {
        router.publish_elsewhere("a", std::string(1'001, 'x'));
        there.run_ready();
    };
    anns.leave();
    const auto bobs = hub->subscribe(bob, "a");
    lose_one();
    ASSERT_TRUE(here.run_one()) << "asks, and does not see the gap yet";
    there.run_ready();
    lose_one();
    settle();
    EXPECT_THAT(bob.heard, ElementsAre("+a", "?a"));
}

TEST_F(HubTest, OneTurnSendsOneBatchToTheRouter) {
    std::vector<Hub::Place> places;
    for (int i = 0; i < 100; ++i) places.push_back(hub->subscribe(ann, std::to_string(i)));
    here.run_ready();

    EXPECT_TRUE(there.run_one());  // attaches
    EXPECT_TRUE(there.run_one());  // all hundred
    EXPECT_EQ(router.subscribes(), 100U);
}

TEST_F(HubTest, ItMayGoBeforeItsPlacesAndWhatIsUnderWay) {
    auto place = hub->subscribe(ann, "a");
    settle();
    router.publish_elsewhere("a", "1");
    there.run_ready();
    hub.reset();
    here.run_ready();
    place.leave();
    EXPECT_THAT(ann.heard, ElementsAre("+a"));
}

}  // namespace
}  // namespace ringcast::gateway
