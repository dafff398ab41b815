// Subscribe, unsubscribe, publish and sub_refresh: docs/protocol.md sections 7.2 to 7.4, 7.6
// and 10.
#include "client_machine.hpp"
#include "machine_world.hpp"
#include "token_maker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ringcast::gateway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string error(int id, int code, const std::string& message) {
    return R"({"id":)" + std::to_string(id) + R"(,"error":{"code":)" + std::to_string(code) +
           R"(,"message":")" + message + R"("}})";
}

std::string subscribe(const std::string& fields) {
    return R"({"id":3,"subscribe":{)" + fields + "}}";
}

// User 42; without namespace everything is open to clients; `open` to all, `own` to those listed,
// `read` to subscribers, `low` wants lower case.
Options rich_options() {
    Options options = MachineWorld::token_options();
    options.limits.channels_per_client_max = 3;
    const auto add = [&options](const char* name) -> NamespaceOptions& {
        options.namespaces.emplace_back().name = name;
        return options.namespaces.back();
    };
    NamespaceOptions& open = add("open");
    open.subscribe_for_clients = open.subscribe_for_anonymous = true;
    open.publish_for_clients = open.publish_for_anonymous = true;
    add("own").user_limited_channels = true;
    NamespaceOptions& read = add("read");
    read.subscribe_for_clients = read.publish_for_subscribers = true;
    NamespaceOptions& low = add("low");
    low.subscribe_for_clients = true;
    low.channel_pattern = "low:[a-z]+";
    add("shut");
    return options;
}

TEST(SubscribeTest, TheReplyFollowsTheConfirmation) {
    MachineWorld world;
    world.connect();

    EXPECT_THAT(world.receive(subscribe(R"("channel":"a","flag":1)")), ElementsAre("join a"));
    EXPECT_THAT(world.subscribed("a"), ElementsAre(R"({"id":3,"subscribe":{}})"));
}

TEST(SubscribeTest, EachFaultIsAnsweredAsTheTableSays) {
    const std::string long_name(256, 'x');
    const std::vector<std::pair<std::string, std::string>> rows = {
        {R"("channel":"")", "close 3501"},
        {R"("channel":7)", "close 3501"},
        {R"("channel":"a","delta":"zip")", "close 3501"},
        {R"("channel":"a","recover":"yes")", "close 3501"},
        {R"("channel":")" + long_name + '"', error(3, 107, "bad request")},
        {R"("channel":"there")", error(3, 105, "already subscribed")},
        {R"("channel":"coming")", error(3, 105, "already subscribed")},
        {R"("channel":"nosuch:x")", error(3, 102, "unknown channel")},
        {R"("channel":"$nosuch:x")", error(3, 102, "unknown channel")},
        {R"("channel":":x")", error(3, 102, "unknown channel")},
        {R"("channel":"caf\u00e9")", error(3, 107, "bad request")},
        {R"("channel":"low:ABC")", error(3, 107, "bad request")},
        {R"("channel":"a","tf":{"op":"x"})", error(3, 107, "bad request")},
        {R"("channel":"a","type":1)", error(3, 108, "not available")},
        {R"("channel":"$a")", error(3, 103, "permission denied")},
        {R"("channel":"shut:a")", error(3, 103, "permission denied")},
        {R"("channel":"own:a")", error(3, 103, "permission denied")},
        {R"("channel":"own:a#41,43")", error(3, 103, "permission denied")},
        {R"("channel":"own:a#420")", error(3, 103, "permission denied")},
        {R"("channel":"own:a#41,42")", "join own:a#41,42"},
        {R"("channel":"a","delta":"fossil")", "join a"},
        {R"("channel":"low:abc")", "join low:abc"},
        {R"("channel":"$a","token":")" + make_token(R"({"sub":"42","channel":"$a"})") + '"',
         "join $a"},
        {R"("channel":"shut:a","token":")" + make_token(R"({"sub":"42","channel":"shut:a"})") + '"',
         "join shut:a"},
        {R"("channel":"a","token":")" + make_token(R"({"sub":"42","channel":"a"})", "wrong") + '"',
         error(3, 103, "permission denied")},
        {R"("channel":"a","token":"x")", error(3, 103, "permission denied")},
        {R"("channel":"a","token":")" + make_token(R"({"sub":"42"})") + '"',
         error(3, 103, "permission denied")},
        {R"("channel":"a","token":")" +
             make_token(R"({"sub":"42","channel":"a","exp":1700000000})") + '"',
         error(3, 109, "token expired")},
        {R"("channel":"a","token":")" +
             make_token(R"({"sub":"42","channel":"a","expire_at":1700000000})") + '"',
         error(3, 110, "expired")},
        {R"("channel":"a","token":")" + make_token(R"({"sub":"7","channel":"a"})") + '"',
         "close 3500"},
        {R"("channel":"a","token":")" + make_token(R"({"sub":"42","channel":"b"})") + '"',
         "close 3500"},
        {R"("channel":"a","token":")" +
             make_token(R"({"sub":"42","channel":"a","client":"other"})") + '"',
         "close 3500"},
    };
    for (const auto& [fields, answer] : rows) {
        MachineWorld world(rich_options());
        world.connect(make_token(R"({"sub":"42"})"));
        world.join("there");
        world.receive(subscribe(R"("channel":"coming")"));

        EXPECT_THAT(world.receive(subscribe(fields)), ElementsAre(answer)) << fields;
    }
}

TEST(SubscribeTest, MoreChannelsThanAllowedAreRefused) {
    MachineWorld world(rich_options());
    world.connect(make_token(R"({"sub":"42"})"));
    world.join("a");
    world.join("b");
    world.receive(subscribe(R"("channel":"c")"));

    EXPECT_THAT(world.receive(subscribe(R"("channel":"nosuch:d")")),
                ElementsAre(error(3, 106, "limit exceeded")));
    world.receive(R"({"id":4,"unsubscribe":{"channel":"a"}})");
    EXPECT_THAT(world.receive(subscribe(R"("channel":"d")")), ElementsAre("join d"));
}

TEST(SubscribeTest, AnonymousClientsNeedTheirOwnFlag) {
    MachineWorld world(rich_options());
    world.connect(make_token("{}"));

    EXPECT_THAT(world.receive(subscribe(R"("channel":"open:a")")), ElementsAre("join open:a"));
    EXPECT_THAT(world.receive(subscribe(R"("channel":"read:a")")),
                ElementsAre(error(3, 103, "permission denied")));
    EXPECT_THAT(world.receive(subscribe(R"("channel":"own:a#")")),
                ElementsAre(error(3, 103, "permission denied")))
        << "an empty name in the list is nobody";
}

TEST(SubscribeTest, WhenInsecureAllButPrivateChannelsAreOpen) {
    MachineWorld world;
    world.connect();
    EXPECT_THAT(world.receive(subscribe(R"("channel":"a")")), ElementsAre("join a"));
    EXPECT_THAT(world.receive(subscribe(R"("channel":"$a")")),
                ElementsAre(error(3, 103, "permission denied")));
}

TEST(SubscribeTest, RecoveryIsNotGrantedWithoutHistory) {
    MachineWorld world;
    world.connect();
    world.receive(subscribe(
        R"("channel":"a","recover":true,"offset":7,"epoch":"x","positioned":true,"flag":3)"));
    EXPECT_THAT(world.subscribed("a"),
                ElementsAre(R"({"id":3,"subscribe":{"was_recovering":true}})"));
}

TEST(SubscribeTest, TheTokenBringsDataAndExpiry) {
    MachineWorld world(rich_options());
    world.connect(make_token(R"({"sub":"42"})"));
    world.receive(subscribe(
        R"("channel":"a","token":")" +
        make_token(R"({"sub":"42","channel":"a","exp":1800000600,"data":{"motd":1}})") + '"'));

    EXPECT_THAT(
        world.subscribed("a"),
        ElementsAre(R"({"id":3,"subscribe":{"expires":true,"ttl":600,"data":{"motd":1}}})"));
}

TEST(SubscribeTest, AFailedSubscribeIsATemporaryErrorAndMayBeTriedAgain) {
    MachineWorld world;
    world.connect();
    world.receive(subscribe(R"("channel":"a")"));

    EXPECT_THAT(world.subscribed("a", false),
                ElementsAre(R"({"id":3,"error":{"code":100,"message":"internal server error",)"
                            R"("temporary":true}})"));
    EXPECT_THAT(world.receive(subscribe(R"("channel":"a")")), ElementsAre("join a"));
}

TEST(SubscribeTest, AnUnansweredSubscribeFailsBeforeTheClientGivesUp) {
    MachineWorld world;
    world.connect();
    world.receive(subscribe(R"("channel":"a")"));

    EXPECT_THAT(world.pass(3'999ms), IsEmpty());
    EXPECT_THAT(world.pass(1ms), ElementsAre("leave a", HasSubstr(R"("code":100)")));
    EXPECT_THAT(world.subscribed("a"), IsEmpty()) << "a late confirmation changes nothing";
}

TEST(SubscribeTest, AGapEndsTheSubscriptionSoThatTheClientSubscribesAgain) {
    MachineWorld world;
    world.connect();
    world.join("a");

    EXPECT_THAT(world.lost("a"), ElementsAre(R"({"push":{"channel":"a","unsubscribe":{"code":2500,)"
                                             R"("reason":"insufficient state"}}})"));
    EXPECT_THAT(world.receive(subscribe(R"("channel":"a")")), ElementsAre("join a"));
}

TEST(UnsubscribeTest, ItAlwaysSucceeds) {
    MachineWorld world;
    world.connect();
    world.join("a");
    const std::string unsubscribe = R"({"id":4,"unsubscribe":{"channel":"a"}})";

    EXPECT_THAT(world.receive(unsubscribe), ElementsAre("leave a", R"({"id":4,"unsubscribe":{}})"));
    EXPECT_THAT(world.receive(unsubscribe), ElementsAre(R"({"id":4,"unsubscribe":{}})"));
}

TEST(UnsubscribeTest, ItWaitsForTheSubscribeInFlight) {
    MachineWorld world;
    world.connect();
    world.receive(subscribe(R"("channel":"a")"));

    EXPECT_THAT(world.receive(R"({"id":4,"unsubscribe":{"channel":"a"}})"), IsEmpty());
    EXPECT_THAT(world.subscribed("a"), ElementsAre(R"({"id":3,"subscribe":{}})", "leave a",
                                                   R"({"id":4,"unsubscribe":{}})"));
}

TEST(UnsubscribeTest, CommandsOnOneChannelKeepTheirOrderWhileItsSubscribeIsInFlight) {
    MachineWorld world;
    world.connect();
    world.receive(subscribe(R"("channel":"a")"));
    const auto unsubscribe = [](int id) {
        return R"({"id":)" + std::to_string(id) + R"(,"unsubscribe":{"channel":"a"}})";
    };

    EXPECT_THAT(world.receive(unsubscribe(4)), IsEmpty());
    EXPECT_THAT(world.receive(R"({"id":5,"subscribe":{"channel":"a"}})"), IsEmpty());
    EXPECT_THAT(world.receive(unsubscribe(6)), IsEmpty());
    EXPECT_THAT(world.receive(R"({"id":7,"subscribe":{"channel":"a"}})"), IsEmpty());
    EXPECT_THAT(world.receive(R"({"id":8,"subscribe":{"channel":"a"}})"), IsEmpty());
    EXPECT_THAT(world.subscribed("a"), ElementsAre(R"({"id":3,"subscribe":{}})", "leave a",
                                                   R"({"id":4,"unsubscribe":{}})", "join a"));
    EXPECT_THAT(world.subscribed("a", false),
                ElementsAre(R"({"id":5,"error":{"code":100,"message":"internal server error",)"
                            R"("temporary":true}})",
                            R"({"id":6,"unsubscribe":{}})", "join a",
                            R"({"id":8,"error":{"code":105,"message":"already subscribed"}})"));
    EXPECT_THAT(world.subscribed("a"), ElementsAre(R"({"id":7,"subscribe":{}})"));
}

TEST(UnsubscribeTest, TooManyCommandsThatWaitForOneChannelAreAFlood) {
    Options unlimited = MachineWorld::insecure_options();
    unlimited.limits.commands_per_second = 0;
    MachineWorld world(unlimited);
    world.connect();
    world.receive(subscribe(R"("channel":"a")"));

    for (int i = 0; i < 256; ++i) {
        ASSERT_THAT(world.receive(R"({"id":4,"unsubscribe":{"channel":"a"}})"), IsEmpty()) << i;
    }
    EXPECT_THAT(world.receive(R"({"id":4,"unsubscribe":{"channel":"a"}})"),
                ElementsAre(HasSubstr("3013")));
}

TEST(UnsubscribeTest, ItIsAnsweredAlsoWhenTheSubscribeFails) {
    MachineWorld world;
    world.connect();
    world.receive(subscribe(R"("channel":"a")"));
    world.receive(R"({"id":4,"unsubscribe":{"channel":"a"}})");

    EXPECT_THAT(world.subscribed("a", false),
                ElementsAre(HasSubstr(R"("code":100)"), R"({"id":4,"unsubscribe":{}})"));
}

TEST(PublishTest, ThePublicationCarriesItsPublisherAndTheExactData) {
    MachineWorld world(rich_options());
    world.connect(make_token(R"({"sub":"42","info":{"n":1}})"));
    world.receive(subscribe(R"("channel":"a","token":")" +
                            make_token(R"({"sub":"42","channel":"a","info":[7]})") + '"'));
    world.subscribed("a");

    EXPECT_THAT(
        world.receive("{\"id\":5,\"publish\":{\"channel\":\"a\",\"data\":{ \"x\" :\n 1.0 }}}"),
        ElementsAre(R"(publish 5 a {"data":{ "x" : 1.0 },"info":{"user":"42","client":"client-1",)"
                    R"("conn_info":{"n":1},"chan_info":[7]}})"));
    EXPECT_THAT(world.published(5), ElementsAre(R"({"id":5,"publish":{}})"));
}

TEST(PublishTest, EachFaultIsAnsweredAsTheTableSays) {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {R"("channel":"","data":1)", "close 3501"},
        {R"("channel":"a")", error(5, 107, "bad request")},
        {R"("channel":"nosuch:a","data":1)", error(5, 102, "unknown channel")},
        {R"("channel":"caf\u00e9","data":1)", error(5, 107, "bad request")},
        {R"("channel":")" + std::string(256, 'x') + R"(","data":1)", error(5, 107, "bad request")},
        {R"("channel":"shut:a","data":1)", error(5, 103, "permission denied")},
        {R"("channel":"read:other","data":1)", error(5, 103, "permission denied")},
        {R"("channel":"read:coming","data":1)", error(5, 103, "permission denied")},
    };
    for (const auto& [fields, answer] : rows) {
        MachineWorld world(rich_options());
        world.connect(make_token(R"({"sub":"42"})"));
        world.join("read:there");
        world.receive(subscribe(R"("channel":"read:coming")"));

        EXPECT_THAT(world.receive(R"({"id":5,"publish":{)" + fields + "}}"), ElementsAre(answer))
            << fields;
    }
}

TEST(PublishTest, SubscribersMayPublishWhereThatIsAllowed) {
    MachineWorld world(rich_options());
    world.connect(make_token(R"({"sub":"42"})"));
    world.join("read:a");
    EXPECT_THAT(world.receive(R"({"id":5,"publish":{"channel":"read:a","data":null}})"),
                ElementsAre(HasSubstr(R"(publish 5 read:a {"data":null,)")));
}

TEST(PublishTest, AnonymousClientsNeedTheirOwnFlag) {
    MachineWorld world(rich_options());
    world.connect(make_token("{}"));
    EXPECT_THAT(world.receive(R"({"id":5,"publish":{"channel":"a","data":1}})"),
                ElementsAre(error(5, 103, "permission denied")));
    EXPECT_THAT(world.receive(R"({"id":5,"publish":{"channel":"open:a","data":1}})"),
                ElementsAre(HasSubstr("publish 5 open:a")));
}

TEST(PublishTest, AFailureOfTheRouterIsATemporaryError) {
    MachineWorld world;
    world.connect();
    world.receive(R"({"id":5,"publish":{"channel":"a","data":1}})");
    EXPECT_THAT(
        world.published(5, ErrorCode::internal),
        ElementsAre(HasSubstr(R"("code":100,"message":"internal server error","temporary":true)")));
}

TEST(PublishTest, TooManyPublishesAreRefusedOneByOne) {
    MachineWorld world;
    world.options.limits.publishes_per_second = 2;
    world.remake();
    world.connect();
    const std::string publish = R"({"id":5,"publish":{"channel":"a","data":1}})";
    world.receive(publish);
    world.receive(publish);

    EXPECT_THAT(world.receive(publish), ElementsAre(HasSubstr(R"("code":111)")));
    EXPECT_THAT(world.refused_publishes, ElementsAre(ErrorCode::too_many_requests));
    world.pass(500ms);
    EXPECT_THAT(world.receive(publish), ElementsAre(HasSubstr("publish 5 a")));
}

class SubRefreshTest : public testing::Test {
protected:
    SubRefreshTest() : world(rich_options()) {
        world.connect(make_token(R"({"sub":"42"})"));
        world.receive(subscribe(R"("channel":"a","token":")" +
                                make_token(R"({"sub":"42","channel":"a","exp":1800000010})") +
                                '"'));
        world.subscribed("a");
    }

    MachineWorld::Said refresh(const std::string& channel, const std::string& token) {
        return world.receive(R"({"id":6,"sub_refresh":{"channel":")" + channel + R"(","token":")" +
                             token + R"("}})");
    }

    MachineWorld world;
};

TEST_F(SubRefreshTest, ASubscriptionThatIsNotRefreshedEndsAfterTheGrace) {
    world.pass(20s);  // a ping
    world.receive("{}");
    EXPECT_THAT(world.pass(14'999ms), IsEmpty());
    EXPECT_THAT(world.pass(1ms),
                ElementsAre("leave a", R"({"push":{"channel":"a","unsubscribe":{"code":2501,)"
                                       R"("reason":"subscription expired"}}})"));
}

TEST_F(SubRefreshTest, ARefreshedSubscriptionStays) {
    EXPECT_THAT(refresh("a", make_token(R"({"sub":"42","channel":"a","exp":1800000100})")),
                ElementsAre(R"({"id":6,"sub_refresh":{"expires":true,"ttl":100}})"));
    world.pass(20s);
    world.receive("{}");
    EXPECT_THAT(world.pass(24s), IsEmpty());
}

TEST_F(SubRefreshTest, AChannelThatIsNotJoinedIsDenied) {
    EXPECT_THAT(refresh("b", "x"), ElementsAre(error(6, 103, "permission denied")));
}

TEST_F(SubRefreshTest, WithoutATokenItIsABadRequest) {
    EXPECT_THAT(refresh("a", ""), ElementsAre(error(6, 107, "bad request")));
}

TEST_F(SubRefreshTest, AnExpiredTokenCloses) {
    EXPECT_THAT(refresh("a", make_token(R"({"sub":"42","channel":"a","exp":1700000000})")),
                ElementsAre("close 3006"));
}

TEST_F(SubRefreshTest, ATokenOfAnotherUserCloses) {
    EXPECT_THAT(refresh("a", make_token(R"({"sub":"41","channel":"a"})")),
                ElementsAre("close 3500"));
}

}  // namespace
}  // namespace ringcast::gateway
