#include "agent_machine.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::router {
namespace {

using namespace std::chrono_literals;
using namespace agent_event;
using membership::SessionState;
namespace action = agent_action;

/// An agent on a hand-turned clock; `last` holds what it asked for in the latest step.
struct Agent {
    AgentOptions options = [] {
        AgentOptions made;
        made.node.id = "redis-1";
        made.node.address = {"127.0.0.1", 7001};
        made.node.instance = "aaaa";
        return made;
    }();
    AgentMachine machine{options};
    AgentMachine::Time now{1h};
    std::vector<AgentAction> last;
    /// What ZooKeeper says whenever it is asked: that nothing changed, unless it is away.
    bool zookeeper = true;
    std::set<std::string> members_that_answer;
    ViewNumber told{3};  ///< ... under which number

    void tell(const AgentEvent& event) {
        last = machine.on(event, now);
        answer(0);
    }

    /// What others say to what was asked from there on.
    void answer(std::size_t from) {
        for (auto at = from; at < last.size(); ++at) {
            const auto and_then = [&](const AgentEvent& event) {
                for (auto& asked : machine.on(event, now)) last.push_back(std::move(asked));
            };
            if (const auto* view = std::get_if<action::AskView>(&last[at]); view && zookeeper) {
                and_then(ViewConfirmed{view->asked});
            } else if (const auto* members = std::get_if<action::AskMembers>(&last[at])) {
                const auto asked = members->asked;
                for (const auto& id : members_that_answer)
                    and_then(MemberAnswered{asked, id, told});
            }
        }
    }

    /// Lets time pass, with a tick at each deadline; `last` collects all that was asked meanwhile.
    void pass(std::chrono::milliseconds time) {
        const auto until = now + time;
        last.clear();
        while (machine.deadline() && *machine.deadline() <= until) {
            now = std::max(now, *machine.deadline());
            const auto before = last.size();
            for (auto& asked : machine.on(Tick{}, now)) last.push_back(std::move(asked));
            answer(before);
        }
        now = until;
    }

    template <typename Wanted>
    const Wanted* asked() const {
        const Wanted* found = nullptr;
        for (const auto& each : last) {
            if (const auto* wanted = std::get_if<Wanted>(&each)) found = wanted;
        }
        return found;
    }

    template <typename Wanted>
    int count() const {
        int found = 0;
        for (const auto& each : last) found += std::holds_alternative<Wanted>(each) ? 1 : 0;
        return found;
    }

    /// One of three members, by view 3.
    static ViewKnown membership() {
        return {.fence = ViewNumber{3},
                .stamp = ViewNumber{3},
                .record = "record",
                .members = 3,
                .member = true,
                .removal = {}};
    }
    /// It is to be removed as dead.
    static ViewKnown announcement(std::uint64_t number = 4) {
        ViewKnown known = membership();
        known.stamp = known.removal = ViewNumber{number};
        return known;
    }
    /// It is not any more.
    static ViewKnown lifted(std::uint64_t number = 5) {
        ViewKnown known = membership();
        known.stamp = ViewNumber{number};
        return known;
    }

    void serve(const ViewKnown& known = membership()) {
        tell(Started{});
        tell(SessionChanged{SessionState::connected});
        tell(known);
        tell(Connected{"7.0.15", "run-1", redis_time()});
        tell(Kept{redis_time()});
        tell(FenceRestored{});
        tell(ScriptLoaded{});
    }

    /// The clock of Redis is a day ahead.
    [[nodiscard]] std::chrono::milliseconds redis_time() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch() + 24h);
    }
    /// By the same clock as `now`, when the lease ends that was asked for last.
    [[nodiscard]] AgentMachine::Time lease_until() const {
        return AgentMachine::Time(asked<action::Keep>()->lease_until - 24h);
    }
    [[nodiscard]] bool renews() const {
        return asked<action::Keep>() != nullptr && asked<action::Keep>()->renew_lease;
    }
};

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

    agent.members_that_answer = {"redis-2", "redis-3"};
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

TEST(AgentMachineTest, TheLeaseEndsSoLongAfterItWasProvenHoweverLateItIsRenewed) {
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

TEST(AgentMachineTest, TheEndOfTheLeaseIsToldByTheClockOfRedisAsItWasHeardLast) {
    Agent agent;
    agent.serve();
    agent.pass(1s);
    const auto proven = agent.now;
    agent.zookeeper = false;
    agent.tell(Kept{agent.redis_time() - 40ms});  // its clock goes after
    agent.pass(2s);
    EXPECT_EQ(agent.lease_until(), proven + 5s - 40ms);
}

/// Of three members two have to say so, of which this is one; and so on.
TEST(AgentMachineTest, WithoutZooKeeperTheLeaseNeedsTheWordOfMostMembers) {
    struct Case {
        std::size_t members;
        bool member;
        std::set<std::string> answer;
        std::uint64_t told;
        bool renewed;
    };
    for (const auto& each : {
             Case{3, true, {"b"}, 3, true},
             Case{3, true, {}, 3, false},
             Case{3, true, {"b"}, 2, true},        // nothing later
             Case{3, true, {"b", "c"}, 4, false},  // something later, which is yet to be read
             Case{2, true, {}, 3, false},
             Case{2, true, {"b"}, 3, true},
             Case{5, true, {"b"}, 3, false},
             Case{5, true, {"b", "c"}, 3, true},
             Case{1, true, {}, 3, true},
             Case{3, false, {"b"}, 3, false},
             Case{3, false, {"b", "c"}, 3, true},
         }) {
        Agent agent;
        ViewKnown known = Agent::membership();
        known.members = each.members;
        known.member = each.member;
        agent.serve(known);
        agent.pass(1s);
        agent.zookeeper = false;
        agent.members_that_answer = each.answer;
        agent.told = ViewNumber{each.told};

        agent.pass(20s);

        EXPECT_EQ(agent.renews(), each.renewed)
            << each.members << " members, " << each.answer.size() << " answer " << each.told;
    }
}

TEST(AgentMachineTest, MembersAreAskedOnlyWhenZooKeeperIsSilent) {
    Agent agent;
    agent.serve();
    agent.pass(10s);
    EXPECT_EQ(agent.count<action::AskMembers>(), 0);
    agent.zookeeper = false;
    agent.pass(3s);
    EXPECT_GE(agent.count<action::AskMembers>(), 1);
}

TEST(AgentMachineTest, ALateAnswerOfAMemberToAnEarlierQuestionDoesNotCount) {
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

TEST(AgentMachineTest, TheLeaseIsRenewedAtOnceWhenTheSessionIsBack) {
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

// --- Its removal is announced.

TEST(AgentMachineTest, TheLeaseIsGivenUpAtOnceAndAcknowledgedWhenRedisDidSo) {
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

TEST(AgentMachineTest, AnAnswerToAnEarlierYieldDoesNotAcknowledgeALaterRemoval) {
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

TEST(AgentMachineTest, ARedisThatDoesNotAnswerIsAcknowledgedWhenItsLeaseIsOver) {
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

TEST(AgentMachineTest, OneThatFreezesBeforeItGaveUpTheLeaseIsWaitedForToo) {
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

TEST(AgentMachineTest, ALeaseThatAnEarlierAgentGrantedIsWaitedForToo) {
    Agent agent;
    agent.tell(Started{});
    agent.tell(Agent::announcement());
    agent.tell(Disconnected{"no answer", false});
    agent.pass(5'499ms);
    EXPECT_EQ(agent.count<action::Acknowledge>(), 0);
    agent.pass(1ms);
    EXPECT_EQ(agent.count<action::Acknowledge>(), 1);
}

TEST(AgentMachineTest, ARedisThatHasEndedHasNoLease) {
    Agent agent;
    agent.serve();
    agent.tell(Disconnected{"connection reset", false});
    agent.tell(Agent::announcement());
    EXPECT_FALSE(agent.asked<action::Acknowledge>());
    agent.pass(0s);
    agent.tell(Disconnected{"connection refused", true});
    EXPECT_TRUE(agent.asked<action::Acknowledge>());
}

TEST(AgentMachineTest, ARedisThatIsBackWhileItsRemovalIsAnnouncedGivesUpTheLeaseFirst) {
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

TEST(AgentMachineTest, WhenTheRemovalIsLiftedTheFenceComesBeforeTheLease) {
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

TEST(AgentMachineTest, WhoIsNoMemberAnyMoreIsFencedBeforeItsNextLease) {
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

TEST(AgentMachineTest, WhatARecordSaysToAnAgent) {
    const auto ring = *ring::Ring::genesis({{"a", 100, ""}, {"b", 100, ""}});
    ViewRecord record{{ViewNumber{3}, ring, {{"h", 1}, {"h", 2}}}, std::nullopt, ""};
    EXPECT_EQ(view_known(record, "a").fence, ViewNumber{3});
    EXPECT_EQ(view_known(record, "a").members, 2U);
    EXPECT_TRUE(view_known(record, "a").member);
    EXPECT_FALSE(view_known(record, "c").member);

    record.proposal = ViewRecord::Proposal{record.in_force, Stage::prepare, 0};
    record.proposal->next.number = ViewNumber{7};
    EXPECT_EQ(view_known(record, "a").fence, ViewNumber{3});
    record.proposal->stage = Stage::fence;
    EXPECT_EQ(view_known(record, "a").fence, ViewNumber{7});
    EXPECT_EQ(view_known(record, "a").stamp, ViewNumber{7});

    record.removals = {{"b", ViewNumber{8}}};
    record.removals_changed = ViewNumber{8};
    EXPECT_EQ(view_known(record, "a").removal, ViewNumber{});
    EXPECT_EQ(view_known(record, "b").removal, ViewNumber{8});
    EXPECT_EQ(view_known(record, "a").stamp, ViewNumber{8});
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
