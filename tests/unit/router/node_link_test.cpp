#include "node_link.hpp"

#include "in_process_node.hpp"
#include "manual_scheduler.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/null_sink.h>

#include <string>
#include <vector>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Purpose = NodeConnection::Purpose;

/// Writes down what a link tells.
class Told final : public NodeLink::Observer {
public:
    void publishing_up(LinkId) override { said.push_back("up"); }
    void publishing_down(LinkId) override { said.push_back("down"); }
    void answered(LinkId, const PublishAnswer& answer) override {
        said.push_back(answer.kind == PublishAnswer::Kind::accepted ? "accepted" : "refused");
    }
    void subscribed(LinkId, std::string_view channel) override { note("subscribed", channel); }
    void left(LinkId, std::string_view channel) override { note("left", channel); }
    void lost(LinkId, std::string_view channel) override { note("lost", channel); }
    void message(LinkId, std::string_view channel, std::string_view payload,
                 ViewNumber after) override {
        note(channel, payload);
        last_after = after;
    }
    void fenced(LinkId, ViewNumber view) override { note("fenced", text(view)); }
    void view_heard(LinkId, ViewNumber view) override { note("view", text(view)); }
    void view_read(LinkId, std::string_view record) override { note("record", record); }
    void reachability_changed(LinkId) override { ++changes; }

    static std::string text(ViewNumber view) {
        return std::to_string(static_cast<std::uint64_t>(view));
    }

    void note(std::string_view what, std::string_view name) {
        said.push_back(std::string(what) + " " + std::string(name));
    }
    std::vector<std::string> take() { return std::exchange(said, {}); }

    std::vector<std::string> said;
    ViewNumber last_after{};  // of the last message
    int changes = 0;
};

/// A client of the node that publishes and nothing else.
class Indifferent final : public NodeConnection::Observer {
public:
    void opened() override {}
    void closed(std::string_view) override {}
    void answered(const PublishAnswer&) override {}
    void confirmed(std::string_view) override {}
    void left(std::string_view) override {}
    void message(std::string_view, std::string_view) override {}
    void view_read(std::string_view) override {}
};

/// As if nobody answered.
class Unopened final : public NodeConnection {
public:
    void publish(ViewNumber, std::span<const Publication>) override {}
    void probe(std::string_view) override {}
    void read_view() override {}
    void subscribe(std::span<const SharedText>) override {}
    void unsubscribe(std::span<const SharedText>) override {}
};

/// The way to the nodes, which can be barred for those who publish.
class Door final : public ConnectionFactory {
public:
    explicit Door(ConnectionFactory& links) : links_(links) {}

    std::unique_ptr<NodeConnection> connect(const Address& address, Purpose purpose,
                                            NodeConnection::Observer& observer) override {
        if (barred && purpose == Purpose::publishing) return std::make_unique<Unopened>();
        return links_.connect(address, purpose, observer);
    }

    bool barred = false;

private:
    ConnectionFactory& links_;
};

class NodeLinkTest : public testing::Test {
protected:
    NodeLinkTest() : links(scheduler), door(links), node(links.at(address)) {
        options.gateway_id = "g";
        options.channels_per_connection_max = 3;
    }

    void connect() {
        link.emplace(LinkId{0}, "redis-1", address, door, scheduler, options, log, told);
        scheduler.run_ready();
        EXPECT_THAT(told.take(), ElementsAre("up"));
    }
    void subscribe(const std::string& name) {
        link->subscribe(std::make_shared<const std::string>(name));
    }
    void unsubscribe(const std::string& name) {
        link->unsubscribe(std::make_shared<const std::string>(name));
    }
    void publish(const std::string& channel, const std::string& payload) {
        const Publication one{channel, payload, {}, 0, {}};
        link->publish(ViewNumber{1}, {&one, 1});
    }

    ringcast::test::ManualScheduler scheduler;
    InProcessLinks links;
    Door door;
    const Address address{"10.0.0.1", 6379};
    InProcessNode& node;
    RouterOptions options;
    std::shared_ptr<spdlog::logger> log =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_st>());
    Told told;
    std::optional<NodeLink> link;
};

TEST_F(NodeLinkTest, APublishComesBackToWhoeverIsSubscribed) {
    connect();
    subscribe("room");
    scheduler.run_ready();
    publish("room", "phello");
    scheduler.run_ready();

    EXPECT_THAT(told.take(),
                testing::UnorderedElementsAre("subscribed room", "room phello", "accepted"));
    EXPECT_TRUE(link->status().publishing);
    EXPECT_TRUE(link->status().subscribing);
}

TEST_F(NodeLinkTest, EachConnectionCarriesABoundedNumberOfChannels) {
    connect();
    for (const char* name : {"a", "b", "c", "d"}) subscribe(name);
    scheduler.run_ready();

    EXPECT_THAT(told.take(),
                ElementsAre("subscribed a", "subscribed b", "subscribed c", "subscribed d"));
    EXPECT_EQ(link->status().channels, 4U);
    EXPECT_EQ(node.subscribers("\xffringcast:control"), 2U);
}

TEST_F(NodeLinkTest, ABrokenSubscriptionIsToldAndAskedForAgain) {
    connect();
    subscribe("room");
    scheduler.run_ready();
    (void)told.take();

    node.break_connections(Purpose::subscribing);
    scheduler.run_ready();
    EXPECT_THAT(told.take(), ElementsAre("lost room"));
    scheduler.advance(100ms);
    EXPECT_THAT(told.take(), ElementsAre("subscribed room"));
    EXPECT_EQ(link->status().reconnects, 1U);
}

TEST_F(NodeLinkTest, WhatIsUnsubscribedIsLeft) {
    connect();
    subscribe("room");
    scheduler.run_ready();
    unsubscribe("room");
    scheduler.run_ready();

    EXPECT_THAT(told.take(), ElementsAre("subscribed room", "left room"));
    EXPECT_EQ(node.subscribers("room"), 0U);
}

TEST_F(NodeLinkTest, AProbeEverySecondKeepsAHealthyLinkUp) {
    connect();
    scheduler.advance(60s);

    EXPECT_THAT(told.take(), IsEmpty());
    EXPECT_EQ(link->status().reconnects, 0U);
    EXPECT_EQ(told.changes, 0);
}

TEST_F(NodeLinkTest, ANodeThatAnswersButDeliversNothingIsDeafWithinTheProbeTimeout) {
    connect();
    subscribe("room");
    scheduler.run_ready();
    (void)told.take();

    node.set_deaf(true);
    scheduler.advance(2'900ms);
    EXPECT_THAT(told.take(), IsEmpty());
    scheduler.advance(1'300ms);  // up to one interval until the next probe is due, and the watch
    EXPECT_EQ(told.take().front(), "lost room");
    EXPECT_TRUE(link->status().deaf);
    EXPECT_FALSE(link->status().subscribing);

    node.set_deaf(false);
    scheduler.advance(5s);
    EXPECT_FALSE(link->status().deaf);
    EXPECT_TRUE(link->status().subscribing);
}

TEST_F(NodeLinkTest, ASkippedProbeMeansThatMessagesMayHaveBeenSkipped) {
    connect();
    subscribe("room");
    scheduler.advance(500ms);
    (void)told.take();

    node.set_deaf(true);
    scheduler.advance(1s);
    node.set_deaf(false);
    scheduler.advance(1s);
    EXPECT_THAT(told.take(), ElementsAre("lost room", "subscribed room"));
}

TEST_F(NodeLinkTest, AProbeThatWasLostWithItsPublishingConnectionProvesNothing) {
    connect();
    for (int i = 0; i < 20; ++i) {
        node.freeze();  // so that the probe is still under way when the connection breaks
        scheduler.advance(300ms);
        node.break_connections(Purpose::publishing);
        node.thaw();
        scheduler.advance(700ms);
    }
    scheduler.advance(5s);

    EXPECT_FALSE(link->status().deaf);
    EXPECT_TRUE(link->status().subscribing);
    EXPECT_THAT(told.take(), testing::Not(testing::Contains(testing::StartsWith("lost"))));
}

TEST_F(NodeLinkTest, APublishUnansweredForTooLongBreaksThePublishingConnection) {
    connect();
    node.freeze();
    publish("room", "px");
    scheduler.advance(1'900ms);
    EXPECT_THAT(told.take(), IsEmpty());
    scheduler.advance(300ms);
    EXPECT_THAT(told.take(), ElementsAre("down"));
}

TEST_F(NodeLinkTest, AFrozenNodeIsUnreachableUntilItThaws) {
    connect();
    node.freeze();
    scheduler.advance(5s);
    EXPECT_TRUE(link->status().unreachable);
    EXPECT_EQ(told.changes, 1);

    node.thaw();
    scheduler.advance(5s);
    EXPECT_FALSE(link->status().unreachable);
    EXPECT_TRUE(link->status().publishing);
    EXPECT_TRUE(link->status().subscribing);
}

TEST_F(NodeLinkTest, AShortInterruptionIsNoUnreachability) {
    connect();
    node.break_connections(Purpose::publishing);
    node.break_connections(Purpose::subscribing);
    scheduler.advance(2s);
    EXPECT_EQ(told.changes, 0);
    EXPECT_THAT(told.take(), ElementsAre("down", "up"));
}

TEST_F(NodeLinkTest, ANodeThatWasNeverThereIsUnreachableAndTriedForEver) {
    node.cut();
    link.emplace(LinkId{0}, "redis-1", address, door, scheduler, options, log, told);
    scheduler.advance(1min);
    EXPECT_TRUE(link->status().unreachable);
    EXPECT_EQ(link->status().reconnects, 0U);

    node.heal();
    scheduler.advance(options.node.backoff_max);
    EXPECT_THAT(told.take(), ElementsAre("up"));
}

TEST_F(NodeLinkTest, WhatIsAskedWhileItIsDownIsDoneWhenItIsUp) {
    node.cut();
    link.emplace(LinkId{0}, "redis-1", address, door, scheduler, options, log, told);
    scheduler.run_ready();
    subscribe("a");
    subscribe("b");
    unsubscribe("b");
    node.heal();
    scheduler.advance(5s);
    EXPECT_THAT(told.take(), testing::UnorderedElementsAre("up", "subscribed a"));
}

TEST_F(NodeLinkTest, AFenceIsToldOnceEverySubscribingConnectionHasHeardIt) {
    connect();
    for (const char* name : {"a", "b", "c", "d"}) subscribe(name);  // two connections
    scheduler.run_ready();
    (void)told.take();

    node.fence(ViewNumber{5}, ViewNumber{5}, "record");
    scheduler.run_ready();
    EXPECT_THAT(told.take(), ElementsAre("view 5", "fenced 5"));
}

TEST_F(NodeLinkTest, AConnectionThatMissedTheMarkerHearsTheFenceWithTheNextProbe) {
    connect();
    subscribe("a");
    scheduler.run_ready();
    node.break_connections(Purpose::subscribing);
    node.fence(ViewNumber{5}, ViewNumber{6}, "record");
    scheduler.run_ready();
    (void)told.take();

    scheduler.advance(options.node.backoff_max);
    EXPECT_THAT(told.take(), testing::IsSupersetOf({"fenced 5", "view 6"}));
}

/// Its connections break, and the one that subscribes is made anew while it cannot send a probe.
class UnplacedNodeLinkTest : public NodeLinkTest {
protected:
    UnplacedNodeLinkTest() {
        connect();
        subscribe("a");
        scheduler.run_ready();
    }

    /// To subscribe. The link's own probe, which would tell where the fence stands, does not come.
    void connect_anew() {
        door.barred = true;
        node.break_connections(Purpose::publishing);
        node.break_connections(Purpose::subscribing);
        scheduler.run_ready();
        while (node.subscribers("a") == 0) scheduler.advance(1ms);
        somebody = node.connect(Purpose::publishing, other);
        scheduler.run_ready();
        (void)told.take();
    }
    void somebody_publishes(ViewNumber view) {
        const Publication one{"a", "hello", {}, 0, {}};
        somebody->publish(view, {&one, 1});
        scheduler.run_ready();
    }
    void somebody_probes() {
        somebody->probe("probe other 1");
        scheduler.run_ready();
    }
    void fence(ViewNumber view) {
        node.fence(view, view, "record");
        scheduler.run_ready();
    }

    Indifferent other;
    std::unique_ptr<NodeConnection> somebody;
};

TEST_F(UnplacedNodeLinkTest, NothingIsToldBeforeItIsKnownWhereTheFenceStood) {
    node.break_connections(Purpose::subscribing);
    fence(ViewNumber{5});
    connect_anew();
    somebody_publishes(ViewNumber{5});
    EXPECT_THAT(told.take(), IsEmpty());

    somebody_probes();
    EXPECT_THAT(told.take(), ElementsAre("fenced 5", "a hello", "view 5"));
    EXPECT_EQ(told.last_after, ViewNumber{5});
}

TEST_F(UnplacedNodeLinkTest, WhatComesBeforeAMarkerWasSaidWhereTheFenceStoodUntilThen) {
    connect_anew();
    somebody_publishes(ViewNumber{1});
    EXPECT_THAT(told.take(), IsEmpty());

    fence(ViewNumber{5});
    EXPECT_THAT(told.take(), ElementsAre("a hello", "fenced 5", "view 5"));
    EXPECT_EQ(told.last_after, ViewNumber{});
}

TEST_F(UnplacedNodeLinkTest, AMarkerMayRepeatWhatThisConnectionCameTooLateFor) {
    node.break_connections(Purpose::subscribing);
    fence(ViewNumber{5});
    connect_anew();
    somebody_publishes(ViewNumber{5});
    fence(ViewNumber{5});
    EXPECT_THAT(told.take(), ElementsAre("fenced 5", "a hello", "view 5"));
    EXPECT_EQ(told.last_after, ViewNumber{5});
}

TEST_F(UnplacedNodeLinkTest, ANodeThatHasForgottenItsFenceTakesNothingEarlierAllTheSame) {
    fence(ViewNumber{5});
    node.restart();
    node.set_lease(true);
    connect_anew();
    somebody_publishes(ViewNumber{5});
    somebody_probes();
    EXPECT_THAT(told.take(), ElementsAre("a hello"));
    EXPECT_EQ(told.last_after, ViewNumber{5});
}

TEST_F(UnplacedNodeLinkTest, WhatIsLeftMeanwhileIsToldNoMore) {
    connect_anew();
    somebody_publishes(ViewNumber{1});
    unsubscribe("a");
    scheduler.run_ready();
    somebody_probes();
    EXPECT_THAT(told.take(), ElementsAre("left a"));
}

TEST_F(UnplacedNodeLinkTest, MoreThanIsKeptBreaksTheConnection) {
    options.early_bytes_max = 11;
    connect_anew();
    somebody_publishes(ViewNumber{1});
    EXPECT_THAT(told.take(), IsEmpty());
    somebody_publishes(ViewNumber{1});
    EXPECT_THAT(told.take(), ElementsAre("lost a"));
}

TEST_F(NodeLinkTest, TheRecordThatTheNodeWasToldOfCanBeRead) {
    connect();
    link->read_view();
    scheduler.run_ready();
    EXPECT_THAT(told.take(), ElementsAre("record "));

    node.fence(ViewNumber{}, ViewNumber{6}, "bytes");
    link->read_view();
    scheduler.run_ready();
    EXPECT_THAT(told.take(), ElementsAre("record bytes"));
}

}  // namespace
}  // namespace ringcast::router
