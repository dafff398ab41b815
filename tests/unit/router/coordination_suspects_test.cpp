#include "coordination_suspects.hpp"


#include <string>
#include <vector>

namespace ringcast::router::detail {
namespace {

using namespace std::chrono_literals;

/// One member of which every gateway complains, so that it is probed whether its entry is there or
/// not.
class SuspectsTest : public testing::Test {
protected:
    SuspectsTest() {
        NodeEntry entry;
        entry.address = address;
        with_entry.emplace(member, entry);
        GatewayEntry complaint;
        complaint.unreachable = {member};
        gateways.emplace("g1", complaint);
    }

    std::vector<Suspects::Probing> review(Time now, const Nodes& nodes) {
        return suspects.review(now, {{member, address}}, nodes, gateways);
    }
    void probed(Time now, ProbeOutcome outcome) {
        (void)suspects.probed(now, member, address, outcome);
    }

    const std::string member = "redis-2";
    const Address address{"127.0.0.1", 7002};
    const Nodes without_entry;
    Nodes with_entry;
    Gateways gateways;
    Suspects suspects{CoordinatorOptions{}};
    const Time start{};
};

TEST_F(SuspectsTest, WhatWasRefusedWhileItsEntryStoodShowsNoEnd) {
    EXPECT_EQ(review(start, with_entry).size(), 1U);
    probed(start + 1ms, ProbeOutcome::refused);
    EXPECT_EQ(review(start + 2ms, without_entry).size(), 1U);
    EXPECT_FALSE(suspects.ended_since(member, start));
    probed(start + 3ms, ProbeOutcome::refused);
    EXPECT_TRUE(suspects.ended_since(member, start));
    EXPECT_FALSE(suspects.ended_since(member, start + 3ms));
}

TEST_F(SuspectsTest, WhoAnsweredAndHasNoEntryNowCountsAsGoneUntilItAnswersAgain) {
    EXPECT_EQ(review(start, with_entry).size(), 1U);
    probed(start, ProbeOutcome::answered);
    EXPECT_EQ(suspects.gone(), 0U);
    EXPECT_EQ(review(start + 9ms, without_entry).size(), 1U);
    EXPECT_EQ(suspects.gone(), 1U);
    probed(start + 10ms, ProbeOutcome::answered);
    EXPECT_EQ(suspects.gone(), 0U);
}

TEST_F(SuspectsTest, WhoseEntryGoesWhileAProbeIsUnderWayIsAskedAgainAtOnce) {
    for (const auto outcome : {ProbeOutcome::answered, ProbeOutcome::silent}) {
        suspects = Suspects{CoordinatorOptions{}};
        EXPECT_EQ(review(start, with_entry).size(), 1U);
        EXPECT_TRUE(review(start + 2ms, without_entry).empty());
        probed(start + 3ms, outcome);
        EXPECT_EQ(review(start + 3ms, without_entry).size(), 1U);
        probed(start + 4ms, outcome);
        EXPECT_TRUE(review(start + 4ms, without_entry).empty());
    }
}

}  // namespace
}  // namespace ringcast::router::detail
