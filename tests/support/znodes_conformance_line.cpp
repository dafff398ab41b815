#include "ringcast/membership/election.hpp"
#include "ringcast/membership/lock.hpp"
#include "znodes_conformance.hpp"

#include <algorithm>
#include <array>
#include <random>

/// Standing in line: elections and locks over any tree of znodes.

namespace ringcast::test {
namespace {

using membership::Election;
using membership::Errc;
using membership::Lock;
using membership::SessionState;

const std::error_code ok;

class ElectionConformance : public ZnodesConformance {
protected:
    struct Candidate {
        std::unique_ptr<Election> election;
        std::vector<bool> told;
    };

    std::unique_ptr<Candidate> stand(Znodes& client, const std::string& id) {
        auto candidate = std::make_unique<Candidate>();
        candidate->election = std::make_unique<Election>(
            client, scheduler(),
            Election::Options{
                .path = "/deep/coordinator", .prefix = "c-", .id = id, .data = "I am " + id},
            [told = &candidate->told](bool leading) { told->push_back(leading); });
        return candidate;
    }

    bool leads(const std::unique_ptr<Candidate>& candidate) {
        return eventually([&] { return candidate->election->leading(); });
    }

    std::optional<std::string> leader_by(Election& election) {
        std::optional<std::optional<std::string>> answer;
        election.leader([&](std::error_code error, std::optional<std::string> data) {
            EXPECT_EQ(error, ok);
            answer = std::move(data);
        });
        EXPECT_TRUE(eventually([&] { return answer.has_value(); }));
        return answer.value_or(std::nullopt);
    }
};

TEST_F(ElectionConformance, TheFirstCandidateLeadsAndItsTermIsItsEntrysTransaction) {
    const auto first = stand(*one, "first");

    ASSERT_TRUE(leads(first));

    const auto stat = get(*one, "/deep/coordinator/c-first-0000000000").stat;
    EXPECT_EQ(first->election->term(), stat.created);
    EXPECT_EQ(stat.owner, one->session().id);
    EXPECT_EQ(first->told, std::vector<bool>{true});
}

TEST_F(ElectionConformance, OthersWaitAndFollowInOrderWithGreaterTerms) {
    auto client = another();
    auto first = stand(*one, "z");  // names must not decide
    ASSERT_TRUE(leads(first));
    auto second = stand(*two, "m");
    ASSERT_TRUE(eventually([&] { return children(*one, "/deep/coordinator").names.size() == 2; }));
    auto third = stand(*client, "a");
    ASSERT_TRUE(eventually([&] { return children(*one, "/deep/coordinator").names.size() == 3; }));
    settle();
    EXPECT_FALSE(second->election->leading());
    EXPECT_FALSE(third->election->leading());
    EXPECT_EQ(third->election->term(), 0);
    EXPECT_EQ(leader_by(*third->election), "I am z");
    const auto first_term = first->election->term();

    first.reset();
    ASSERT_TRUE(leads(second));
    const auto second_term = second->election->term();
    EXPECT_GT(second_term, first_term);
    EXPECT_FALSE(third->election->leading());

    second.reset();
    ASSERT_TRUE(leads(third));
    EXPECT_GT(third->election->term(), second_term);
    third.reset();
}

TEST_F(ElectionConformance, ACandidateThatLeavesTheMiddleOfTheLineElectsNobody) {
    auto client = another();
    const auto first = stand(*one, "1");
    ASSERT_TRUE(leads(first));
    auto second = stand(*two, "2");
    ASSERT_TRUE(eventually([&] { return children(*one, "/deep/coordinator").names.size() == 2; }));
    auto third = stand(*client, "3");
    ASSERT_TRUE(eventually([&] { return children(*one, "/deep/coordinator").names.size() == 3; }));

    second.reset();
    ASSERT_TRUE(eventually([&] { return children(*one, "/deep/coordinator").names.size() == 2; }));
    settle();

    EXPECT_TRUE(first->election->leading());
    EXPECT_FALSE(third->election->leading());
    third.reset();
}

TEST_F(ElectionConformance, ALeaderStepsDownWhileSuspendedAndResumesWithItsTerm) {
    const auto first = stand(*one, "1");
    ASSERT_TRUE(leads(first));
    const auto second = stand(*two, "2");
    const auto term = first->election->term();

    world->suspend(*one);
    ASSERT_TRUE(eventually([&] { return one->session().state == SessionState::suspended; }));
    EXPECT_FALSE(first->election->leading());
    EXPECT_EQ(first->election->term(), 0);
    world->resume(*one);

    ASSERT_TRUE(leads(first));
    EXPECT_EQ(first->election->term(), term);
    EXPECT_EQ(first->told, (std::vector<bool>{true, false, true}));
    EXPECT_FALSE(second->election->leading());
}

TEST_F(ElectionConformance, ALeaderWhoseSessionExpiresStartsAtTheEndOfTheLine) {
    const auto first = stand(*one, "1");
    ASSERT_TRUE(leads(first));
    const auto second = stand(*two, "2");
    ASSERT_TRUE(eventually([&] { return children(*two, "/deep/coordinator").names.size() == 2; }));

    world->expire(*one);

    ASSERT_TRUE(leads(second));
    ASSERT_TRUE(eventually([&] { return children(*two, "/deep/coordinator").names.size() == 2; }));
    settle();
    EXPECT_FALSE(first->election->leading());
    EXPECT_TRUE(second->election->leading());
}

TEST_F(ElectionConformance, ALeaderWhoseEntryIsRemovedStepsDownAndStandsAgain) {
    const auto first = stand(*one, "1");
    ASSERT_TRUE(leads(first));
    const auto term = first->election->term();

    ASSERT_EQ(remove(*two, "/deep/coordinator/c-1-0000000000"), ok);

    ASSERT_TRUE(eventually([&] { return first->told.size() == 3; }));
    EXPECT_EQ(first->told, (std::vector<bool>{true, false, true}));
    EXPECT_GT(first->election->term(), term);
}

TEST_F(ElectionConformance, RubbishInTheLineIsPassedOver) {
    ASSERT_EQ(create(*one, "/deep"), ok);
    ASSERT_EQ(create(*one, "/deep/coordinator"), ok);
    for (const auto* name : {"0000000000", "c-", "c-x", "c-1-000000000x", "d-1-0000000001"}) {
        ASSERT_EQ(create(*one, std::string("/deep/coordinator/") + name, "rubbish"), ok);
    }
    // Like one's own, of another session.
    ASSERT_EQ(create(*two, "/deep/coordinator/c-1-", "", Mode::ephemeral_sequential), ok);
    settle();

    const auto first = stand(*one, "1");

    ASSERT_TRUE(eventually([&] { return children(*two, "/deep/coordinator").names.size() == 7; }));
    settle();
    EXPECT_FALSE(first->election->leading());
    ASSERT_EQ(remove(*two, "/deep/coordinator/c-1-0000000005"), ok);
    EXPECT_TRUE(leads(first));
}

TEST_F(ElectionConformance, ACandidacyOfUnknownOutcomeIsOneEntry) {
    ASSERT_EQ(create(*one, "/deep"), ok);
    ASSERT_EQ(create(*one, "/deep/coordinator"), ok);
    for (const bool done : {true, false}) {
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
        auto first = stand(*one, "1");

        ASSERT_TRUE(leads(first));

        EXPECT_EQ(children(*one, "/deep/coordinator").names.size(), 1U);
        first.reset();
        ASSERT_TRUE(eventually([&] { return children(*one, "/deep/coordinator").names.empty(); }));
    }
}

TEST_F(ElectionConformance, ResigningWithAnUnknownOutcomeStillClearsTheWay) {
    for (const bool done : {true, false}) {
        auto first = stand(*one, "1");
        ASSERT_TRUE(leads(first));
        auto second = stand(*two, "2");
        ASSERT_TRUE(
            eventually([&] { return children(*one, "/deep/coordinator").names.size() == 2; }));
        settle();
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";

        first.reset();

        EXPECT_TRUE(leads(second));
        second.reset();
        ASSERT_TRUE(connected(*one));
        ASSERT_TRUE(eventually([&] { return children(*one, "/deep/coordinator").names.empty(); }));
    }
}

TEST_F(ElectionConformance, AnElectionMayBeDestroyedByItsOwnObserver) {
    std::unique_ptr<Election> election;
    election = std::make_unique<Election>(
        *one, scheduler(),
        Election::Options{.path = "/coordinator", .prefix = "c-", .id = "1", .data = ""},
        [&](bool) { election.reset(); });

    ASSERT_TRUE(eventually([&] { return election == nullptr; }));
    EXPECT_TRUE(eventually([&] { return children(*two, "/coordinator").names.empty(); }));
}

// Random standing, resigning, suspension and expiry. At every moment, of those that believe to lead
// at most one holds the greatest term; in the end exactly one leads, and it is the first entry.
TEST_F(ElectionConformance, AfterAnyHistoryExactlyOneLeads) {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return random() % n; };
        const std::array clients{one.get(), two.get()};
        std::vector<std::unique_ptr<Candidate>> all(4);

        for (int step = 0; step < 40; ++step) {
            const auto which = below(all.size());
            switch (below(7)) {
                case 0:
                case 1:
                case 2:
                    if (!all[which]) {
                        all[which] = stand(*clients[which % 2], "s" + std::to_string(step));
                    }
                    break;
                case 3:
                    all[which].reset();
                    break;
                case 4:
                    world->suspend(*clients[which % 2]);
                    break;
                case 5:
                    world->resume(*clients[which % 2]);
                    break;
                default:
                    if (below(3) == 0) world->expire(*clients[which % 2]);
            }
            auto turns = below(12);
            (void)eventually([&] { return turns-- == 0; });
            std::vector<std::int64_t> terms;
            for (const auto& candidate : all) {
                if (candidate && candidate->election->leading()) {
                    terms.push_back(candidate->election->term());
                }
            }
            std::ranges::sort(terms);
            EXPECT_EQ(std::ranges::adjacent_find(terms), terms.end());
        }
        for (auto* client : clients) world->resume(*client);
        for (auto* client : clients) ASSERT_TRUE(connected(*client));
        if (!all[0]) all[0] = stand(*one, "last");

        const auto standing = static_cast<std::size_t>(
            std::ranges::count_if(all, [](const auto& candidate) { return candidate != nullptr; }));
        const auto leading = [&] {
            return std::ranges::count_if(all, [](const auto& candidate) {
                return candidate && candidate->election->leading();
            });
        };
        EXPECT_TRUE(eventually([&] {
            return children(*one, "/deep/coordinator").names.size() == standing && leading() == 1;
        }));
        settle();
        EXPECT_EQ(leading(), 1);
        all.clear();
        EXPECT_TRUE(eventually([&] { return children(*one, "/deep/coordinator").names.empty(); }));
    }
}

class LockConformance : public ZnodesConformance {
protected:
    static Lock::Options options(const std::string& id) {
        return {.path = "/lock", .prefix = "l-", .id = id, .data = "held by " + id};
    }
};

TEST_F(LockConformance, OneHoldsTheOthersAreToldWho) {
    auto first = std::make_unique<Lock>(*one, scheduler(), options("ann"), nullptr);
    ASSERT_TRUE(eventually([&] { return first->held(); }));
    Lock second(*two, scheduler(), options("bob"), nullptr);
    std::optional<std::string> holder;
    second.holder([&](std::error_code, std::optional<std::string> data) { holder = data; });
    ASSERT_TRUE(eventually([&] { return holder.has_value(); }));
    EXPECT_EQ(holder, "held by ann");
    EXPECT_FALSE(second.held());
    EXPECT_EQ(second.token(), 0);
    const auto token = first->token();

    first.reset();

    ASSERT_TRUE(eventually([&] { return second.held(); }));
    EXPECT_GT(second.token(), token);
}

TEST_F(LockConformance, NobodyHoldsALockThatNobodyWants) {
    auto first = std::make_unique<Lock>(*one, scheduler(), options("ann"), nullptr);
    ASSERT_TRUE(eventually([&] { return first->held(); }));
    bool released = false;
    first->release([&] { released = true; });
    ASSERT_TRUE(eventually([&] { return released; }));
    EXPECT_TRUE(children(*one, "/lock").names.empty());

    std::optional<std::optional<std::string>> holder;
    first->holder([&](std::error_code error, std::optional<std::string> data) {
        EXPECT_EQ(error, ok);
        holder = data;
    });

    ASSERT_TRUE(eventually([&] { return holder.has_value(); }));
    EXPECT_EQ(*holder, std::nullopt);
}

TEST_F(LockConformance, ALockIsLostWithItsSession) {
    std::vector<bool> told;
    const Lock first(*one, scheduler(), options("ann"), [&](bool held) { told.push_back(held); });
    ASSERT_TRUE(eventually([&] { return first.held(); }));
    const Lock second(*two, scheduler(), options("bob"), nullptr);
    ASSERT_TRUE(eventually([&] { return children(*two, "/lock").names.size() == 2; }));

    world->expire(*one);

    ASSERT_TRUE(eventually([&] { return second.held(); }));
    EXPECT_TRUE(eventually([&] { return !first.held(); }));
    EXPECT_EQ(told, (std::vector<bool>{true, false}));
}

}  // namespace
}  // namespace ringcast::test
