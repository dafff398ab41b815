#include "in_process_node.hpp"
#include "manual_scheduler.hpp"
#include "node_keys.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;
using Purpose = NodeConnection::Purpose;
using Way = InProcessPath::Way;
using Kind = PublishAnswer::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

/// Writes down what one connection tells.
class Client final : public NodeConnection::Observer {
public:
    void opened() override { heard.emplace_back("opened"); }
    void closed(std::string_view why) override { heard.emplace_back(why); }
    void answered(const PublishAnswer& answer) override {
        heard.emplace_back(answer.kind == Kind::accepted ? "accepted" : "refused");
    }
    void confirmed(std::string_view channel) override { heard.emplace_back(channel); }
    void left(std::string_view) override {}
    void message(std::string_view, std::string_view payload) override {
        heard.emplace_back(payload);
    }
    void view_read(std::string_view) override {}

    std::vector<std::string> take() { return std::exchange(heard, {}); }

    std::vector<std::string> heard;
};

class InProcessPathTest : public testing::Test {
protected:
    void publish(NodeConnection& connection, const std::string& payload) {
        std::vector<Publication> batch(1);
        batch[0].channel = "news";
        batch[0].payload = payload;
        connection.publish(ViewNumber{1}, batch);
    }

    ringcast::test::ManualScheduler scheduler;
    ringcast::test::ManualScheduler elsewhere;  // another process
    InProcessNode node{scheduler};
    std::shared_ptr<InProcessPath> near = std::make_shared<InProcessPath>(scheduler);
    std::shared_ptr<InProcessPath> far = std::make_shared<InProcessPath>(scheduler);
    Client one;
    Client two;
};

TEST_F(InProcessPathTest, EachPathHasALatencyOfItsOwn) {
    far->set_latency([] { return 10ms; });
    const auto first = node.connect(Purpose::publishing, one, near);
    const auto second = node.connect(Purpose::publishing, two, far);

    scheduler.advance(19ms);

    EXPECT_THAT(one.take(), ElementsAre("opened"));
    EXPECT_THAT(two.take(), IsEmpty());
    scheduler.advance(1ms);
    EXPECT_THAT(two.take(), ElementsAre("opened"));
}

TEST_F(InProcessPathTest, WhatIsStuckInOneDirectionGoesOnInOrder) {
    const auto first = node.connect(Purpose::publishing, one, near);
    scheduler.run_ready();
    one.heard.clear();
    std::vector<std::string> decided;
    node.set_witness([&](ViewNumber, const std::string&, const std::string& payload, Kind) {
        decided.push_back(payload);
    });

    near->block(Way::to_client, true);
    publish(*first, "a");
    scheduler.run_ready();
    near->block(Way::to_node, true);
    publish(*first, "b");
    publish(*first, "c");
    scheduler.run_ready();

    EXPECT_THAT(decided, ElementsAre("a"));
    EXPECT_THAT(one.take(), IsEmpty());
    near->block(Way::to_client, false);
    scheduler.run_ready();
    EXPECT_THAT(one.take(), ElementsAre("accepted"));
    near->block(Way::to_node, false);
    scheduler.run_ready();
    EXPECT_THAT(decided, ElementsAre("a", "b", "c"));
    EXPECT_THAT(one.take(), ElementsAre("accepted", "accepted"));
}

TEST_F(InProcessPathTest, OnlyTheConnectionsOfABrokenPathBreak) {
    const auto first = node.connect(Purpose::publishing, one, near);
    const auto second = node.connect(Purpose::subscribing, two, far);
    scheduler.run_ready();

    node.break_connections(*near);
    scheduler.run_ready();

    EXPECT_THAT(one.take(), ElementsAre("opened", "cut"));
    EXPECT_THAT(two.take(), ElementsAre("opened"));
}

TEST_F(InProcessPathTest, TheClientHearsOnItsOwnScheduler) {
    const auto path = std::make_shared<InProcessPath>(elsewhere);
    const auto first = node.connect(Purpose::publishing, one, path);

    scheduler.run_ready();

    EXPECT_THAT(one.take(), IsEmpty());
    elsewhere.run_ready();
    EXPECT_THAT(one.take(), ElementsAre("opened"));
}

/// As a Redis does: whoever is late to tell that nodes are being fenced for a view comes after the
/// view itself, which has the same number.
TEST_F(InProcessPathTest, OfTwoRecordsWithOneNumberOnlyAFenceAtItBringsTheLaterOne) {
    node.fence(ViewNumber{2}, ViewNumber{3}, "being fenced for");
    EXPECT_EQ(node.record(), "being fenced for");
    node.fence(ViewNumber{3}, ViewNumber{3}, "in force");
    EXPECT_EQ(node.record(), "in force");
    node.fence(ViewNumber{2}, ViewNumber{3}, "being fenced for");
    EXPECT_EQ(node.record(), "in force");
    node.fence(ViewNumber{2}, ViewNumber{4}, "later");
    EXPECT_EQ(node.record(), "later");
    EXPECT_EQ(node.told(), ViewNumber{4});
}

TEST_F(InProcessPathTest, ARestartedNodeKnowsNothingAnyMore) {
    const auto before = node.connect(Purpose::publishing, one, near);
    node.fence(ViewNumber{2});
    scheduler.run_ready();

    node.restart();
    const auto after = node.connect(Purpose::publishing, two, near);
    scheduler.run_ready();
    publish(*after, "a");
    scheduler.run_ready();

    EXPECT_THAT(one.take(), ElementsAre("opened", "cut"));
    EXPECT_THAT(two.take(), ElementsAre("opened", "refused"));  // no lease
    node.set_lease(true);
    publish(*after, "b");  // which the fence would refuse
    scheduler.run_ready();
    EXPECT_THAT(two.take(), ElementsAre("accepted"));
}

}  // namespace
}  // namespace ringcast::router
