#include "measurement.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

/// Two nodes, one channel that moves from one to the other, a gateway that publishes three messages
/// before that. No servers: what takes time here is that a measurement waits.
class FakeCluster final : public LoadedCluster {
public:
    std::vector<std::string> node_names() const override { return {"a", "b"}; }
    void subscribe() override {}
    std::vector<NodeIndex> owners() override {
        return {static_cast<NodeIndex>(phases_.done == 0 ? 0 : 1)};
    }
    void publish() override {
        for (std::uint32_t sequence = 0; sequence < 3; ++sequence) {
            Sent one;
            one.sequence = sequence;
            one.at_ns = now_ns();
            one.answered_ns = one.at_ns + 1;
            one.outcome = sequence == 1 ? second : Sent::Outcome::accepted;
            sent_.push_back(one);
            heard_.push_back({0, sequence, 0, one.at_ns, one.at_ns + 2});
        }
    }
    void stop_publishing() override {}
    Moment look() override {
        Moment moment;
        for (int node = 0; node < 2; ++node) moment.nodes.emplace_back().bytes_in = 1;
        moment.published = sent_.size();
        moment.answered = answered;
        moment.heard = heard_.size();
        moment.at_ns = now_ns();
        return moment;
    }
    void change(Way) override {
        phases_.asked = now_ns();
        phases_.done = phases_.asked + 1;
    }
    Phases phases() override { return phases_; }
    std::optional<std::int64_t> settled_at(const Moment& now, const Cost&) override {
        return now.at_ns;
    }
    Remarks remarks() override { return {}; }
    Histories take() override {
        Histories histories{{sent_}, {heard_}};
        histories.sent.resize(gateways);
        histories.heard.resize(gateways);
        return histories;
    }

    std::size_t gateways = 1;  ///< the first of which does all
    Sent::Outcome second = Sent::Outcome::accepted;
    std::uint64_t answered = 3;

private:
    Phases phases_;
    std::vector<Sent> sent_;
    std::vector<Heard> heard_;
};

Measurement measurement_of(FakeCluster& cluster, std::chrono::seconds patience) {
    Trial trial;
    trial.load.channels = 1;
    trial.load.spread = {cluster.gateways, 1};
    trial.before_s = trial.after_s = 0.1;
    trial.patience = patience;
    Cost plan;
    plan.channels_moved = 1;
    plan.subscriptions_moved = 1'300;
    return measure(cluster, trial, Way::handoff, plan);
}

TEST(MeasurementTest, APublishThatIsNeverAnsweredIsAFinding) {
    FakeCluster cluster;
    cluster.second = Sent::Outcome::pending;
    cluster.answered = 2;

    const Measurement one = measurement_of(cluster, 2s);

    EXPECT_EQ(one.verdict.unanswered, 1U);
    EXPECT_EQ(one.verdict.accepted, 2U);
    EXPECT_EQ(one.verdict.lost, 0U);
    EXPECT_EQ(one.channels_moved, 1U);
}

/// Two full commands for 1,300 subscriptions, and four more of each gateway at each node: the rest
/// of them, and what connections name by themselves.
TEST(MeasurementTest, CommandsAreBoundByWhatMovesAndAFewForEachNodeAndGateway) {
    FakeCluster cluster;
    cluster.gateways = 3;

    EXPECT_EQ(measurement_of(cluster, 60s).subscribes_max, 2U + 4U * 2U * 3U);
}

TEST(MeasurementTest, ItEndsWhenAllIsAnsweredAndNothingIsHeardAnyMore) {
    FakeCluster cluster;
    const auto begin = std::chrono::steady_clock::now();

    const Measurement one = measurement_of(cluster, 60s);

    EXPECT_TRUE(one.verdict.spotless());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s) << "before its patience ends";
}

}  // namespace
}  // namespace ringcast::bench
