#include "latest_view.hpp"

#include "manual_scheduler.hpp"
#include "ringcast/membership/in_process.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace ringcast::router {
namespace {

using Voters = std::map<std::string, Address>;

class LatestViewTest : public testing::Test {
protected:
    test::ManualScheduler scheduler;
    membership::InProcessEnsemble ensemble;
    std::unique_ptr<membership::Znodes> znodes = ensemble.attach(scheduler);
    LatestView latest{*znodes, scheduler, "a", {"h", 1}, [](const AgentEvent&) {}, [] {}};

    static ViewRecord record() {
        auto ring = ring::Ring::genesis({{"a", 100, ""}, {"b", 100, ""}, {"c", 100, ""}});
        return {{ViewNumber{3}, *std::move(ring), {{"h", 1}, {"h", 2}, {"h", 3}}}, {}, ""};
    }
};

TEST_F(LatestViewTest, NobodyVouchesBeforeAViewIsKnown) {
    EXPECT_TRUE(latest.voters().empty());
}

TEST_F(LatestViewTest, AllMembersVouchTheOwnRedisAmongThem) {
    latest.learn(record());
    EXPECT_EQ(latest.voters(), (Voters{{"a", {"h", 1}}, {"b", {"h", 2}}, {"c", {"h", 3}}}));
}

/// Who was told that nodes are being fenced for it cannot tell whether it is in force by now.
TEST_F(LatestViewTest, SoDoThoseOfTheNextViewFromTheFirstFenceOn) {
    ViewRecord growing = record();
    auto ring =
        ring::Ring::next(growing.in_force.ring, {{"b", 100, ""}, {"c", 100, ""}, {"d", 100, ""}});
    growing.proposal = ViewRecord::Proposal{
        {ViewNumber{4}, *std::move(ring), {{"h", 2}, {"h", 3}, {"h", 4}}}, Stage::prepare, 0};
    latest.learn(growing);
    EXPECT_EQ(latest.voters(), (Voters{{"a", {"h", 1}}, {"b", {"h", 2}}, {"c", {"h", 3}}}));

    growing.proposal->stage = Stage::fence;
    latest.learn(growing);
    EXPECT_EQ(latest.voters(),
              (Voters{{"a", {"h", 1}}, {"b", {"h", 2}}, {"c", {"h", 3}}, {"d", {"h", 4}}}));
}

TEST_F(LatestViewTest, WhoIsToBeRemovedDoesNot) {
    ViewRecord announced = record();
    announced.removals = {{"b", ViewNumber{4}}};
    announced.removals_changed = ViewNumber{4};
    latest.learn(announced);
    EXPECT_EQ(latest.voters(), (Voters{{"a", {"h", 1}}, {"c", {"h", 3}}}));
}

}  // namespace
}  // namespace ringcast::router
