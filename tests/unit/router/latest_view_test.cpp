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

TEST_F(LatestViewTest, WhoIsToBeRemovedDoesNot) {
    ViewRecord announced = record();
    announced.removals = {{"b", ViewNumber{4}}};
    announced.removals_changed = ViewNumber{4};
    latest.learn(announced);
    EXPECT_EQ(latest.voters(), (Voters{{"a", {"h", 1}}, {"c", {"h", 3}}}));
}

}  // namespace
}  // namespace ringcast::router
