// When an agent grants its node a lease, and when it gives it up.
#include "agent_script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {
namespace {

TEST(AgentLeaseTest, TheLeaseEndsSoLongAfterItWasProvenHoweverLateItIsRenewed) {
    Agent agent;
    agent.serve();
    EXPECT_EQ(agent.machine.deadline(), agent.now + 1s);
    agent.pass(1s);
    const auto proven = agent.now;
    agent.zookeeper = false;

    agent.pass(1s);
    EXPECT_EQ(agent.lease_until(), proven + 5s);
    agent.pass(2s);
    EXPECT_EQ(agent.lease_until(), proven + 5s) << "the same proof";
    EXPECT_EQ(agent.asked<action::Keep>()->stamp, ViewNumber{3});
    EXPECT_TRUE(agent.renews());
    agent.pass(2s);
    EXPECT_FALSE(agent.renews());

    agent.zookeeper = true;
    agent.pass(1s);
    EXPECT_EQ(agent.lease_until(), agent.now + 5s) << "renewed as soon as it is proven";
}

TEST(AgentLeaseTest, TheEndOfTheLeaseIsToldByTheClockOfRedisAsItWasHeardLast) {
    Agent agent;
    agent.serve();
    agent.pass(1s);
    const auto proven = agent.now;
    agent.zookeeper = false;
    agent.tell(Kept{agent.redis_time() - 40ms});  // its clock goes after
    agent.pass(2s);
    EXPECT_EQ(agent.lease_until(), proven + 5s - 40ms);
}

/// Of three members two have to say so, of which the own Redis may be one; and so on.
TEST(AgentLeaseTest, WithoutZooKeeperTheLeaseNeedsTheWordOfMostMembers) {
    struct Case {
        std::vector<Ids> voters;
        bool member;
        std::set<std::string> answer;
        std::uint64_t told;
        bool renewed;
    };
    const std::vector<Ids> one{{"own"}};
    const std::vector<Ids> two{{"own", "b"}};
    const std::vector<Ids> three{{"own", "b", "c"}};
    const std::vector<Ids> five{{"own", "b", "c", "d", "e"}};
    for (const auto& each : {
             Case{three, true, {"own", "b"}, 3, true},
             Case{three, true, {"own"}, 3, false},
             Case{three, true, {"b"}, 3, false},        // the own Redis was told something later
             Case{three, true, {"own", "b"}, 2, true},  // nothing later
             Case{three, true, {"b", "c"}, 4, false},   // something later, which is yet to be read
             Case{three, true, {"own", "x"}, 3, false},
             Case{two, true, {"own"}, 3, false},
             Case{two, true, {"own", "b"}, 3, true},
             Case{five, true, {"own", "b"}, 3, false},
             Case{five, true, {"own", "b", "c"}, 3, true},
             Case{one, true, {"own"}, 3, true},
             Case{one, true, {}, 3, false},
             Case{three, false, {"b"}, 3, false},
             Case{three, false, {"b", "c"}, 3, true},
             Case{{}, false, {"b", "c"}, 3, false},
             // While the next view is being fenced for: c and d come.
             Case{{{"own", "b"}, {"own", "b", "c", "d"}}, true, {"own", "b"}, 3, false},
             Case{{{"own", "b"}, {"own", "b", "c", "d"}}, true, {"own", "c", "d"}, 3, false},
             Case{{{"own", "b"}, {"own", "b", "c", "d"}}, true, {"own", "b", "c"}, 3, true},
             // c goes.
             Case{{{"own", "b", "c"}, {"own", "b"}}, true, {"own", "c"}, 3, false},
             Case{{{"own", "b", "c"}, {"own", "b"}}, true, {"own", "b"}, 3, true},
         }) {
        Agent agent;
        ViewKnown known = Agent::membership();
        known.voters = each.voters;
        known.member = each.member;
        agent.serve(known);
        agent.pass(1s);
        agent.zookeeper = false;
        agent.members_that_answer = each.answer;
        agent.told = ViewNumber{each.told};

        agent.pass(20s);

        EXPECT_EQ(agent.renews(), each.renewed)
            << testing::PrintToString(each.voters) << ", of whom "
            << testing::PrintToString(each.answer) << " answer " << each.told;
    }
}

TEST(AgentLeaseTest, MembersAreAskedOnlyWhenZooKeeperIsSilent) {
    Agent agent;
    agent.serve();
    agent.pass(10s);
    EXPECT_EQ(agent.count<action::AskMembers>(), 0);
    agent.zookeeper = false;
    agent.pass(3s);
    EXPECT_GE(agent.count<action::AskMembers>(), 1);
}

TEST(AgentLeaseTest, ALateAnswerOfAMemberToAnEarlierQuestionDoesNotCount) {
    Agent agent;
    agent.serve();
    agent.zookeeper = false;
    agent.pass(2s);
    const auto earlier = agent.asked<action::AskMembers>()->asked;
    agent.pass(20s);
    ASSERT_FALSE(agent.renews());
    agent.tell(MemberAnswered{earlier, "redis-2", ViewNumber{3}});
    agent.pass(1s);
    EXPECT_FALSE(agent.renews());
}

TEST(AgentLeaseTest, TheLeaseIsRenewedAtOnceWhenTheSessionIsBack) {
    Agent agent;
    agent.serve();
    agent.zookeeper = false;
    agent.tell(SessionChanged{SessionState::lost});
    agent.pass(6500ms);
    ASSERT_FALSE(agent.asked<action::Keep>()->renew_lease);

    agent.zookeeper = true;
    agent.tell(SessionChanged{SessionState::connected});
    agent.pass(0s);

    ASSERT_TRUE(agent.asked<action::Keep>());
    EXPECT_TRUE(agent.asked<action::Keep>()->renew_lease);
}

TEST(AgentLeaseTest, ARedisThatWasAwayForLongHasItsLeaseBeforeItIsAnnounced) {
    Agent agent;
    agent.serve();
    agent.tell(Disconnected{"no answer", false});
    agent.pass(10s);
    ASSERT_TRUE(agent.asked<action::Withdraw>());

    agent.tell(Connected{"7.0.15", "run-1", agent.redis_time()});
    EXPECT_FALSE(agent.renews()) << "what was proven is of long ago";
    agent.tell(Kept{agent.redis_time()});
    EXPECT_TRUE(agent.renews()) << "it is asked anew at once";
    agent.tell(ScriptLoaded{});
    EXPECT_TRUE(agent.asked<action::Announce>());
}

TEST(AgentLeaseTest, OneThatWasRemovedMeanwhileHasItsLeaseOnceItIsFenced) {
    Agent agent;
    agent.serve();
    agent.tell(Disconnected{"no answer", false});
    agent.pass(10s);
    ViewKnown without = Agent::membership();
    without.fence = without.stamp = ViewNumber{9};
    without.member = false;
    agent.tell(without);

    agent.tell(Connected{"7.0.15", "run-1", agent.redis_time()});
    agent.tell(Kept{agent.redis_time()});
    ASSERT_TRUE(agent.asked<action::RestoreFence>());
    EXPECT_FALSE(agent.renews());
    agent.tell(FenceRestored{});
    EXPECT_TRUE(agent.renews());
}

// --- Its removal is announced.

TEST(AgentLeaseTest, TheLeaseIsGivenUpAtOnceAndAcknowledgedWhenRedisDidSo) {
    Agent agent;
    agent.serve();
    agent.tell(Agent::announcement());
    ASSERT_TRUE(agent.asked<action::Yield>());
    EXPECT_EQ(agent.asked<action::Yield>()->number, ViewNumber{4});
    EXPECT_FALSE(agent.asked<action::Acknowledge>());

    agent.tell(Yielded{ViewNumber{4}});
    ASSERT_TRUE(agent.asked<action::Acknowledge>());
    EXPECT_EQ(agent.asked<action::Acknowledge>()->number, ViewNumber{4});

    agent.pass(20s);
    EXPECT_GE(agent.count<action::Keep>(), 19) << "the claim is kept";
    for (const auto& asked : agent.last) {
        const auto* keep = std::get_if<action::Keep>(&asked);
        EXPECT_FALSE(keep != nullptr && keep->renew_lease);
    }
    EXPECT_EQ(agent.count<action::Acknowledge>(), 0) << "once is enough";
}

/// The coordinator may not reach it: it would not know, and vouch for another that is removed.
TEST(AgentLeaseTest, ItsRedisIsToldOfTheRemovalBeforeItGivesUpTheLease) {
    Agent agent;
    agent.serve();
    ViewKnown announced = Agent::announcement();
    announced.record = "with the removal";

    agent.tell(announced);

    const auto place = [&agent](auto wanted) {
        return std::ranges::find_if(agent.last, [wanted](const AgentAction& each) {
            return each.index() == AgentAction(wanted).index();
        });
    };
    ASSERT_TRUE(agent.asked<action::Tell>());
    EXPECT_EQ(agent.asked<action::Tell>()->view, ViewNumber{4});
    EXPECT_EQ(agent.asked<action::Tell>()->record, "with the removal");
    EXPECT_LT(place(action::Tell{}), place(action::Yield{}));
}

/// What its agent knows may be long past, and others would take its word for that.
TEST(AgentLeaseTest, ARedisThatWasStartedAgainIsToldOfItOnlyOnTheWordOfZooKeeper) {
    Agent agent;
    agent.serve();
    agent.tell(Agent::announcement());
    agent.tell(Disconnected{"connection reset", false});
    agent.zookeeper = false;
    agent.pass(1s);
    agent.tell(Connected{"7.0.15", "run-2", agent.redis_time()});
    agent.tell(Kept{agent.redis_time()});
    EXPECT_TRUE(agent.asked<action::Yield>());
    EXPECT_FALSE(agent.asked<action::Tell>());
    agent.zookeeper = true;
    agent.pass(1s);
    EXPECT_TRUE(agent.asked<action::RestoreFence>());
}

TEST(AgentLeaseTest, AnAnswerToAnEarlierYieldDoesNotAcknowledgeALaterRemoval) {
    Agent agent;
    agent.serve();
    agent.tell(Agent::announcement(4));
    agent.tell(Agent::lifted(5));
    agent.tell(Agent::announcement(6));
    agent.tell(Yielded{ViewNumber{4}});
    EXPECT_FALSE(agent.asked<action::Acknowledge>());
    agent.tell(Yielded{ViewNumber{6}});
    EXPECT_TRUE(agent.asked<action::Acknowledge>());
}

TEST(AgentLeaseTest, ARedisThatDoesNotAnswerIsAcknowledgedWhenItsLeaseIsOver) {
    Agent agent;
    agent.serve();
    agent.pass(10s);
    const auto granted = agent.now - 1s;  // on the proof of the last renewal but one
    agent.tell(Disconnected{"no answer", false});
    agent.tell(Agent::announcement());
    EXPECT_FALSE(agent.asked<action::Yield>());
    EXPECT_FALSE(agent.asked<action::Acknowledge>());

    agent.now = granted + 5'499ms;
    agent.tell(Tick{});
    EXPECT_FALSE(agent.asked<action::Acknowledge>());
    agent.now = granted + 5'500ms;
    agent.tell(Tick{});
    EXPECT_TRUE(agent.asked<action::Acknowledge>());
}

TEST(AgentLeaseTest, OneThatFreezesBeforeItGaveUpTheLeaseIsWaitedForToo) {
    Agent agent;
    agent.serve();
    agent.pass(10s);
    agent.tell(Agent::announcement());
    ASSERT_TRUE(agent.asked<action::Yield>());
    agent.tell(Disconnected{"no answer", false});
    EXPECT_FALSE(agent.asked<action::Acknowledge>());
    agent.pass(6s);
    EXPECT_EQ(agent.count<action::Acknowledge>(), 1);
}

TEST(AgentLeaseTest, ALeaseThatAnEarlierAgentGrantedIsWaitedForToo) {
    Agent agent;
    agent.tell(Started{});
    agent.tell(Agent::announcement());
    agent.tell(Disconnected{"no answer", false});
    agent.pass(5'499ms);
    EXPECT_EQ(agent.count<action::Acknowledge>(), 0);
    agent.pass(1ms);
    EXPECT_EQ(agent.count<action::Acknowledge>(), 1);
}

TEST(AgentLeaseTest, ARedisThatHasEndedHasNoLease) {
    Agent agent;
    agent.serve();
    agent.tell(Disconnected{"connection reset", false});
    agent.tell(Agent::announcement());
    EXPECT_FALSE(agent.asked<action::Acknowledge>());
    agent.pass(0s);
    agent.tell(Disconnected{"connection refused", true});
    EXPECT_TRUE(agent.asked<action::Acknowledge>());
}

TEST(AgentLeaseTest, ARedisThatIsBackWhileItsRemovalIsAnnouncedGivesUpTheLeaseFirst) {
    Agent agent;
    agent.serve();
    agent.pass(10s);
    agent.tell(Disconnected{"connection reset", false});
    agent.tell(Agent::announcement());
    agent.pass(0s);
    agent.tell(Connected{"7.0.15", "run-1", agent.redis_time()});
    EXPECT_FALSE(agent.renews());
    agent.tell(Kept{agent.redis_time()});
    EXPECT_TRUE(agent.asked<action::Yield>());
}

TEST(AgentLeaseTest, WhenTheRemovalIsLiftedTheFenceComesBeforeTheLease) {
    Agent agent;
    agent.serve();
    agent.tell(Agent::announcement());
    agent.tell(Yielded{ViewNumber{4}});

    agent.tell(Agent::lifted());
    EXPECT_TRUE(agent.asked<action::Recall>());
    ASSERT_TRUE(agent.asked<action::RestoreFence>());
    EXPECT_EQ(agent.asked<action::RestoreFence>()->fence, ViewNumber{3});
    EXPECT_FALSE(agent.renews()) << "it may have missed a fence";

    agent.tell(FenceRestored{});
    EXPECT_TRUE(agent.renews());
    EXPECT_EQ(agent.asked<action::Keep>()->stamp, ViewNumber{5})
        << "later than what it yielded for";
}

TEST(AgentLeaseTest, WhoIsNoMemberAnyMoreIsFencedBeforeItsNextLease) {
    Agent agent;
    agent.serve();
    ViewKnown without = Agent::membership();
    without.fence = without.stamp = ViewNumber{9};
    without.member = false;
    agent.zookeeper = false;
    agent.tell(without);
    ASSERT_TRUE(agent.asked<action::RestoreFence>());
    EXPECT_EQ(agent.asked<action::RestoreFence>()->fence, ViewNumber{9});
    agent.pass(1s);
    EXPECT_FALSE(agent.renews());
    agent.tell(FenceRestored{});
    EXPECT_TRUE(agent.renews()) << "on standby it takes no publishes, and is ready to";
}

TEST(AgentLeaseTest, WhatARecordSaysToAnAgent) {
    const auto ring = *ring::Ring::genesis({{"a", 100, ""}, {"b", 100, ""}});
    ViewRecord record{{ViewNumber{3}, ring, {{"h", 1}, {"h", 2}}}, std::nullopt, ""};
    const auto of = [&](std::string_view id, std::uint16_t port = 1) {
        return view_known(record, id, {"h", port});
    };
    EXPECT_EQ(of("a").fence, ViewNumber{3});
    EXPECT_EQ(of("a").voters, (std::vector<Ids>{{"a", "b"}}));
    EXPECT_TRUE(of("a").member);
    EXPECT_FALSE(of("c").member);
    EXPECT_FALSE(of("a", 2).member) << "that is where the node was, or is to be";

    record.proposal = ViewRecord::Proposal{record.in_force, Stage::prepare, 0};
    record.proposal->next.number = ViewNumber{7};
    record.proposal->next.ring =
        *ring::Ring::next(ring, {{"a", 100, ""}, {"b", 100, ""}, {"c", 100, ""}});
    record.proposal->next.addresses.push_back({"h", 3});
    EXPECT_EQ(of("a").fence, ViewNumber{3});
    EXPECT_EQ(of("a").voters, (std::vector<Ids>{{"a", "b"}})) << "it may be dropped";
    record.proposal->stage = Stage::fence;
    EXPECT_EQ(of("a").voters, (std::vector<Ids>{{"a", "b"}, {"a", "b", "c"}}));
    EXPECT_FALSE(of("c").member);
    EXPECT_EQ(of("a").fence, ViewNumber{7});
    EXPECT_EQ(of("a").stamp, ViewNumber{7});

    record.removals = {{"b", ViewNumber{8}}};
    record.removals_changed = ViewNumber{8};
    EXPECT_EQ(of("a").removal, ViewNumber{});
    EXPECT_EQ(of("b", 2).removal, ViewNumber{8});
    EXPECT_EQ(of("b", 3).removal, ViewNumber{}) << "it speaks for another Redis";
    EXPECT_EQ(of("a").stamp, ViewNumber{8});
}

}  // namespace
}  // namespace ringcast::router
