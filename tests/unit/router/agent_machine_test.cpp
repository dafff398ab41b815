#include "agent_machine.hpp"

#include "agent_script.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace ringcast::router {
namespace {

TEST(AgentMachineTest, ClaimsTheNodeThenLoadsTheScriptThenAnnounces) {
    Agent agent;

    agent.tell(Started{});
    EXPECT_TRUE(agent.asked<action::Connect>());

    agent.tell(SessionChanged{SessionState::connected});
    agent.tell(Connected{"7.0.15", "run-1"});
    ASSERT_TRUE(agent.asked<action::Keep>());
    EXPECT_EQ(*agent.asked<action::Keep>(), (action::Keep{.take_over = true})) << "no lease yet";
    EXPECT_FALSE(agent.asked<action::Announce>());

    agent.zookeeper = false;
    agent.tell(Kept{});
    ASSERT_TRUE(agent.asked<action::AskView>());
    const auto asked = agent.asked<action::AskView>()->asked;
    ViewKnown known = Agent::membership();
    known.fence = ViewNumber{7};
    known.stamp = ViewNumber{8};
    agent.tell(known);
    EXPECT_FALSE(agent.asked<action::RestoreFence>()) << "it may have been read before";
    agent.tell(ViewConfirmed{asked});
    ASSERT_TRUE(agent.asked<action::RestoreFence>());
    EXPECT_EQ(agent.asked<action::RestoreFence>()->fence, ViewNumber{7});
    EXPECT_EQ(agent.asked<action::RestoreFence>()->view, ViewNumber{8});
    EXPECT_EQ(agent.asked<action::RestoreFence>()->record, "record");
    EXPECT_FALSE(agent.asked<action::LoadScript>());

    agent.tell(FenceRestored{});
    ASSERT_EQ(agent.last.size(), 3U) << "the lease after the fence, and before anything else";
    EXPECT_TRUE(agent.asked<action::LoadScript>());
    EXPECT_TRUE(agent.renews());
    EXPECT_FALSE(agent.asked<action::Keep>()->take_over);
    EXPECT_FALSE(agent.asked<action::Announce>());

    agent.tell(ScriptLoaded{});
    ASSERT_TRUE(agent.asked<action::Announce>());
    EXPECT_EQ(agent.asked<action::Announce>()->entry.id, "redis-1");
    EXPECT_EQ(agent.asked<action::Announce>()->entry.version, "7.0.15");
}

TEST(AgentMachineTest, RenewsClaimAndLeaseEverySecondAndTakesNothingOverAgain) {
    Agent agent;
    agent.serve();

    agent.pass(5s);

    EXPECT_EQ(agent.count<action::Keep>(), 5);
    EXPECT_TRUE(agent.renews());
    EXPECT_FALSE(agent.asked<action::Keep>()->take_over);
}

TEST(AgentMachineTest, RefusesARedisHeldUnderAnotherId) {
    Agent agent;
    agent.tell(Started{});
    agent.tell(Connected{"7.0.15"});

    agent.tell(HeldByOther{"redis-9", "bbbb"});
    EXPECT_FALSE(agent.asked<action::Release>()) << "the claim is not ours to release";
    EXPECT_FALSE(agent.asked<action::Announce>());
    ASSERT_TRUE(agent.asked<action::Say>());
    EXPECT_NE(agent.asked<action::Say>()->text.find("redis-9"), std::string::npos);

    agent.tell(Finished{});
    ASSERT_TRUE(agent.asked<action::Exit>());
    EXPECT_EQ(agent.asked<action::Exit>()->code, AgentMachine::exit_held_by_other);
}

TEST(AgentMachineTest, EndsWhenALaterInstanceTookItsPlace) {
    Agent agent;
    agent.serve();

    agent.tell(HeldByOther{"redis-1", "bbbb"});

    EXPECT_TRUE(agent.asked<action::Withdraw>());
    EXPECT_FALSE(agent.asked<action::Release>());
    agent.pass(10s);
    EXPECT_EQ(agent.count<action::Keep>(), 0);
}

TEST(AgentMachineTest, WithdrawsAtOnceWhenRedisRefusesConnections) {
    Agent agent;
    agent.serve();
    agent.pass(10s);

    agent.tell(Disconnected{"connection reset", false});
    EXPECT_FALSE(agent.asked<action::Withdraw>());
    agent.pass(0s);
    EXPECT_TRUE(agent.asked<action::Connect>()) << "tried at once";

    agent.tell(Disconnected{"connection refused", true});
    EXPECT_TRUE(agent.asked<action::Withdraw>());
}

TEST(AgentMachineTest, WithdrawsWithinHalfASecondWhenRedisOnlyFallsSilent) {
    Agent agent;
    agent.serve();
    agent.pass(10s);

    agent.tell(Disconnected{"no answer", false});
    agent.pass(500ms);

    EXPECT_EQ(agent.count<action::Withdraw>(), 1);
}

TEST(AgentMachineTest, AConnectionThatComesBackInTimeIsNoNews) {
    Agent agent;
    agent.serve();
    agent.pass(10s);

    agent.tell(Disconnected{"connection reset", false});
    agent.pass(100ms);
    agent.tell(Connected{"7.0.15", "run-1"});
    agent.tell(Kept{});
    agent.tell(ScriptLoaded{});
    agent.pass(10s);

    EXPECT_EQ(agent.count<action::Withdraw>(), 0);
}

TEST(AgentMachineTest, ARedisThatRestartedGetsNoLeaseBeforeItsFenceIsRestored) {
    Agent agent;
    agent.serve();
    agent.pass(10s);
    agent.tell(Disconnected{"connection reset", false});
    agent.pass(0s);
    agent.zookeeper = false;
    agent.tell(Connected{"7.0.15", "run-2"});
    EXPECT_EQ(*agent.asked<action::Keep>(), (action::Keep{.take_over = true}));
    agent.tell(Kept{});
    EXPECT_TRUE(agent.asked<action::AskView>());
    agent.tell(ViewConfirmed{agent.now - 1ms});
    EXPECT_FALSE(agent.asked<action::RestoreFence>()) << "asked before it restarted";

    agent.members_that_answer = {"b", "c"};
    agent.pass(10s);
    EXPECT_EQ(agent.count<action::Keep>(), 10) << "the claim is kept meanwhile";
    for (const auto& asked : agent.last) {
        const auto* keep = std::get_if<action::Keep>(&asked);
        EXPECT_FALSE(keep != nullptr && keep->renew_lease);
    }
    agent.tell(SessionChanged{SessionState::lost});
    agent.tell(SessionChanged{SessionState::connected});
    agent.pass(0s);
    EXPECT_EQ(agent.count<action::Keep>(), 0);

    agent.zookeeper = true;
    agent.pass(1s);
    EXPECT_TRUE(agent.asked<action::RestoreFence>());
    agent.tell(FenceRestored{});
    EXPECT_TRUE(agent.renews());
}

TEST(AgentMachineTest, ARedisThatOnlyLostItsConnectionKeepsFenceAndLease) {
    Agent agent;
    agent.serve();
    agent.pass(10s);
    agent.tell(Disconnected{"connection reset", false});
    agent.pass(0s);
    agent.tell(Connected{"7.0.15", "run-1", agent.redis_time()});
    EXPECT_TRUE(agent.renews());
    EXPECT_TRUE(agent.asked<action::Keep>()->take_over);
    agent.tell(Kept{agent.redis_time()});
    EXPECT_TRUE(agent.asked<action::LoadScript>());
    EXPECT_FALSE(agent.asked<action::RestoreFence>());
}

TEST(AgentMachineTest, ARedisThatDoesNotSayWhichRunItIsIsTakenForRestarted) {
    Agent agent;
    agent.tell(Started{});
    agent.tell(Agent::membership());
    for (int i = 0; i != 2; ++i) {
        agent.tell(Connected{"7.0.15", ""});
        agent.tell(Kept{});
        EXPECT_TRUE(agent.asked<action::RestoreFence>());
        agent.tell(FenceRestored{});
        EXPECT_TRUE(agent.asked<action::LoadScript>());
        agent.tell(Disconnected{"connection reset", false});
        agent.pass(5s);
    }
}

TEST(AgentMachineTest, KeepsTryingWithBackoffAndAnnouncesAgainWhenRedisIsBack) {
    Agent agent;
    agent.serve();
    agent.pass(10s);

    int attempts = 0;
    agent.tell(Disconnected{"connection refused", true});
    for (int i = 0; i < 1'000; ++i) {
        agent.pass(10ms);
        if (agent.asked<action::Connect>()) {
            ++attempts;
            agent.tell(Disconnected{"connection refused", true});
        }
    }
    EXPECT_GE(attempts, 10);
    EXPECT_LE(attempts, 20) << "10 s at one a second, after the first quick ones";

    agent.pass(1s);
    ASSERT_TRUE(agent.asked<action::Connect>());
    agent.tell(Connected{"7.0.16", "run-2"});
    agent.tell(Kept{});
    agent.tell(FenceRestored{});
    agent.tell(ScriptLoaded{});
    ASSERT_TRUE(agent.asked<action::Announce>());
    EXPECT_EQ(agent.asked<action::Announce>()->entry.version, "7.0.16");
}

TEST(AgentMachineTest, SaysTheSameTroubleOnce) {
    Agent agent;
    agent.tell(Started{});

    int said = 0;
    for (int i = 0; i < 5; ++i) {
        agent.tell(Disconnected{"connection refused", true});
        said += agent.count<action::Say>();
        agent.pass(2s);
    }

    EXPECT_EQ(said, 1);
}

TEST(AgentMachineTest, ReportsTheLoadOnlyWhenItChanged) {
    Agent agent;
    agent.serve();
    agent.pass(4s);
    EXPECT_EQ(agent.count<action::Announce>(), 0);

    NodeEntry::Load load;
    load.channels = 7;
    agent.tell(Surveyed{load, {}});
    agent.pass(4s);

    EXPECT_EQ(agent.count<action::Announce>(), 1);
    EXPECT_EQ(agent.asked<action::Announce>()->entry.load.channels, 7U);
}

TEST(AgentMachineTest, StoppingWithdrawsBeforeItReleasesAndExitsWhenBothAreDone) {
    Agent agent;
    agent.serve();

    agent.tell(StopAsked{});
    ASSERT_EQ(agent.last.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<action::Withdraw>(agent.last[0]));
    EXPECT_TRUE(std::holds_alternative<action::Release>(agent.last[1]));
    EXPECT_TRUE(std::holds_alternative<action::Finish>(agent.last[2]));

    agent.tell(Disconnected{"closed", false});
    EXPECT_TRUE(agent.last.empty());
    agent.tell(Finished{});
    ASSERT_TRUE(agent.asked<action::Exit>());
    EXPECT_EQ(agent.asked<action::Exit>()->code, AgentMachine::exit_stopped);
}

TEST(AgentMachineTest, StoppingEndsInTimeEvenIfNothingAnswers) {
    Agent agent;
    agent.serve();
    agent.tell(StopAsked{});

    agent.pass(2s);

    EXPECT_EQ(agent.count<action::Exit>(), 1);
    EXPECT_EQ(agent.count<action::Keep>(), 0);
}

TEST(AgentMachineTest, ALateAnswerOfAnEarlierConnectionChangesNothing) {
    Agent agent;
    agent.serve();
    agent.pass(10s);
    agent.tell(Disconnected{"connection refused", true});

    agent.tell(Kept{});
    EXPECT_TRUE(agent.last.empty());
    agent.tell(ScriptLoaded{});
    EXPECT_TRUE(agent.last.empty());
}

}  // namespace
}  // namespace ringcast::router
