#include "ringcast/membership/registry.hpp"
#include "znodes_conformance.hpp"

#include <algorithm>
#include <array>
#include <random>

/// Announcing and discovering: the registry over any tree of znodes.

namespace ringcast::test {
namespace {

using membership::Announcement;
using membership::Errc;
using membership::Roster;
using membership::SessionState;
using State = membership::Announcement::State;

const std::error_code ok;

class RegistryConformance : public ZnodesConformance {
protected:
    static Announcement::Options fixed(const std::string& instance) {
        return {.parent = "/nodes", .name = "redis-1", .sequential = false, .instance = instance};
    }
    static Announcement::Options sequential(const std::string& instance) {
        return {.parent = "/deep/gateways", .name = "g-", .sequential = true, .instance = instance};
    }

    bool announced(const Announcement& announcement) {
        return eventually([&] { return announcement.state() == State::announced; });
    }
};

TEST_F(RegistryConformance, AnAnnouncementIsAnEntryOfItsSession) {
    const Announcement announcement(*one, scheduler(), fixed("i1"), "here i1");

    ASSERT_TRUE(announced(announcement));

    const auto read = get(*two, "/nodes/redis-1");
    EXPECT_EQ(read.data, "here i1");
    EXPECT_EQ(read.stat.owner, one->session().id);
    EXPECT_EQ(announcement.name(), "redis-1");
}

TEST_F(RegistryConformance, ASequentialAnnouncementMakesItsParentsAndIsNumbered) {
    const Announcement announcement(*one, scheduler(), sequential("i1"), "here");

    ASSERT_TRUE(announced(announcement));

    EXPECT_EQ(announcement.name(), "g-i1-0000000000");
    EXPECT_EQ(get(*two, "/deep/gateways/g-i1-0000000000").data, "here");
}

TEST_F(RegistryConformance, LeavingScopeWithdraws) {
    {
        const Announcement announcement(*one, scheduler(), fixed("i1"), "here");
        ASSERT_TRUE(announced(announcement));
    }

    EXPECT_TRUE(eventually([&] { return children(*two, "/nodes").names.empty(); }));
}

TEST_F(RegistryConformance, AnAnnouncementDroppedAtOnceLeavesNothingBehind) {
    ASSERT_EQ(create(*one, "/deep"), ok);
    ASSERT_EQ(create(*one, "/deep/gateways"), ok);
    for (int i = 0; i < 20; ++i) {
        const Announcement announcement(*one, scheduler(), sequential("i" + std::to_string(i)), "");
        int turns = i;
        (void)eventually([&] { return turns-- <= 0; });
    }

    settle();
    EXPECT_TRUE(eventually([&] { return children(*two, "/deep/gateways").names.empty(); }));
}

TEST_F(RegistryConformance, WithdrawingTellsWhenTheEntryIsGone) {
    Announcement announcement(*one, scheduler(), fixed("i1"), "here");
    ASSERT_TRUE(announced(announcement));
    bool gone = false;

    announcement.withdraw([&] { gone = true; });

    EXPECT_FALSE(gone);
    ASSERT_TRUE(eventually([&] { return gone; }));
    EXPECT_FALSE(exists(*one, "/nodes/redis-1"));
}

TEST_F(RegistryConformance, AnUpdateIsReadByOthersAndKeepsTheIncarnation) {
    Announcement announcement(*one, scheduler(), fixed("i1"), "0");
    ASSERT_TRUE(announced(announcement));
    const auto before = get(*one, "/nodes/redis-1").stat.created;

    for (int i = 1; i <= 10; ++i) announcement.update(std::to_string(i));

    EXPECT_TRUE(eventually([&] { return get(*two, "/nodes/redis-1").data == "10"; }));
    EXPECT_EQ(get(*one, "/nodes/redis-1").stat.created, before);
    announcement.update("11");
    EXPECT_TRUE(eventually([&] { return get(*two, "/nodes/redis-1").data == "11"; }));
}

TEST_F(RegistryConformance, AfterExpiryTheEntryIsMadeAgainUnderTheNewSessionWithTheLatestData) {
    std::vector<State> states;
    Announcement announcement(*one, scheduler(), sequential("i1"), "0",
                              [&](State state) { states.push_back(state); });
    ASSERT_TRUE(announced(announcement));
    announcement.update("1");
    const auto before = one->session().id;

    world->expire(*one);

    ASSERT_TRUE(eventually(
        [&] { return one->session().id != before && announcement.state() == State::announced; }));
    ASSERT_TRUE(eventually([&] { return children(*two, "/deep/gateways").names.size() == 1; }));
    const auto names = children(*two, "/deep/gateways").names;
    const auto read = get(*two, "/deep/gateways/" + names.at(0));
    EXPECT_EQ(read.data, "1");
    EXPECT_EQ(read.stat.owner, one->session().id);
    EXPECT_EQ(states, (std::vector{State::announced, State::pending, State::announced}));
}

TEST_F(RegistryConformance, AnEntryThatSomebodyRemovedIsMadeAgain) {
    const Announcement announcement(*one, scheduler(), fixed("i1"), "here");
    ASSERT_TRUE(announced(announcement));
    const auto before = get(*two, "/nodes/redis-1").stat.created;

    ASSERT_EQ(remove(*two, "/nodes/redis-1"), ok);

    EXPECT_TRUE(eventually([&] {
        const auto now = exists(*two, "/nodes/redis-1");
        return now && now->created > before;
    }));
}

TEST_F(RegistryConformance, ANameHeldByAnotherInstanceIsRefusedAndTakenWhenThatOneGoes) {
    auto first = std::make_unique<Announcement>(*one, scheduler(), fixed("i1"), "i1");
    ASSERT_TRUE(announced(*first));
    Announcement second(*two, scheduler(), fixed("i2"), "i2");
    ASSERT_TRUE(eventually([&] { return second.state() == State::held; }));
    EXPECT_EQ(get(*two, "/nodes/redis-1").data, "i1");

    first.reset();

    ASSERT_TRUE(announced(second));
    EXPECT_EQ(get(*two, "/nodes/redis-1").data, "i2");
}

TEST_F(RegistryConformance, AnEntryLeftByAnEarlierSessionOfTheSameInstanceIsReplacedAtOnce) {
    ASSERT_EQ(create(*one, "/nodes"), ok);
    ASSERT_EQ(create(*one, "/nodes/redis-1", "instance=i7 old", Mode::ephemeral), ok);

    const Announcement announcement(*two, scheduler(), fixed("i7"), "instance=i7 new");

    ASSERT_TRUE(announced(announcement));
    const auto read = get(*two, "/nodes/redis-1");
    EXPECT_EQ(read.data, "instance=i7 new");
    EXPECT_EQ(read.stat.owner, two->session().id);
}

TEST_F(RegistryConformance, ACreationOfUnknownOutcomeLeavesExactlyOneEntry) {
    ASSERT_EQ(create(*one, "/deep"), ok);
    ASSERT_EQ(create(*one, "/deep/gateways"), ok);
    ASSERT_EQ(create(*one, "/nodes"), ok);
    for (const bool done : {true, false}) {
        for (const bool numbered : {true, false}) {
            SCOPED_TRACE(testing::Message() << "done " << done << " numbered " << numbered);
            if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
            const std::string parent = numbered ? "/deep/gateways" : "/nodes";
            {
                const Announcement announcement(*one, scheduler(),
                                                numbered ? sequential("i1") : fixed("i1"), "here");
                ASSERT_TRUE(announced(announcement));
                EXPECT_EQ(children(*one, parent).names,
                          std::vector<std::string>{announcement.name()});
            }
            ASSERT_TRUE(eventually([&] { return children(*one, parent).names.empty(); }));
        }
    }
}

TEST_F(RegistryConformance, AnAnnouncementDroppedWhileItsCreationIsUnknownLeavesNothingBehind) {
    ASSERT_EQ(create(*one, "/deep"), ok);
    ASSERT_EQ(create(*one, "/deep/gateways"), ok);
    if (!world->break_next_write(*one, true)) GTEST_SKIP() << "cannot be arranged";
    {
        const Announcement announcement(*one, scheduler(), sequential("i1"), "here");
        ASSERT_TRUE(eventually([&] { return one->session().state == SessionState::suspended; }));
    }
    ASSERT_TRUE(connected(*one));

    EXPECT_TRUE(eventually([&] { return children(*two, "/deep/gateways").names.empty(); }));
}

TEST_F(RegistryConformance, AnAnnouncementMayBeDestroyedByItsOwnObserver) {
    std::optional<Announcement> announcement;
    announcement.emplace(*one, scheduler(), fixed("i1"), "here",
                         [&](State) { announcement.reset(); });

    EXPECT_TRUE(eventually([&] { return !announcement.has_value(); }));
    EXPECT_TRUE(eventually([&] { return children(*two, "/nodes").names.empty(); }));
}

TEST_F(RegistryConformance, ClientsMayGoWhileAnAnnouncementIsBeingWithdrawn) {
    auto client = another();
    {
        const Announcement announcement(*client, scheduler(), fixed("i1"), "here");
        ASSERT_TRUE(announced(announcement));
    }
    client.reset();

    EXPECT_TRUE(eventually([&] { return children(*two, "/nodes").names.empty(); }));
}

TEST_F(RegistryConformance, ARosterShowsNothingUntilItHasReadEverything) {
    ASSERT_EQ(create(*one, "/nodes"), ok);
    ASSERT_EQ(create(*one, "/nodes/a", "1"), ok);
    ASSERT_EQ(create(*one, "/nodes/b", "2"), ok);
    settle();
    int told = 0;
    const Roster roster(*two, scheduler(), "/nodes", [&] { ++told; });
    EXPECT_FALSE(roster.complete());
    EXPECT_TRUE(roster.entries().empty());

    ASSERT_TRUE(eventually([&] { return told > 0; }));

    EXPECT_TRUE(roster.complete());
    ASSERT_EQ(roster.entries().size(), 2U);
    EXPECT_EQ(roster.entries().at("a").data, "1");
    EXPECT_EQ(roster.entries().at("b").data, "2");
    EXPECT_EQ(roster.changed(), children(*two, "/nodes").stat.children_changed);
    settle();
    EXPECT_EQ(told, 1);
}

TEST_F(RegistryConformance, ARosterFollowsEntriesThatComeChangeAndGo) {
    const Roster roster(*two, scheduler(), "/deep/nodes");
    ASSERT_TRUE(eventually([&] { return roster.complete(); }));
    EXPECT_TRUE(roster.entries().empty());

    ASSERT_EQ(create(*one, "/deep/nodes/a", "1"), ok);
    ASSERT_TRUE(eventually([&] { return roster.entries().contains("a"); }));
    const auto created = roster.entries().at("a").created;
    const auto changed = roster.changed();
    ASSERT_EQ(set(*one, "/deep/nodes/a", "2"), ok);
    ASSERT_TRUE(eventually([&] { return roster.entries().at("a").data == "2"; }));
    EXPECT_EQ(roster.entries().at("a").created, created);
    EXPECT_EQ(roster.changed(), changed);
    ASSERT_EQ(remove(*one, "/deep/nodes/a"), ok);
    ASSERT_TRUE(eventually([&] { return roster.entries().empty(); }));
    EXPECT_GT(roster.changed(), changed);
}

TEST_F(RegistryConformance, ARosterTellsANewIncarnationOfANameFromTheOldOne) {
    ASSERT_EQ(create(*one, "/nodes"), ok);
    ASSERT_EQ(create(*one, "/nodes/a", "same"), ok);
    settle();
    const Roster roster(*two, scheduler(), "/nodes");
    ASSERT_TRUE(eventually([&] { return roster.complete(); }));
    const auto created = roster.entries().at("a").created;

    ASSERT_EQ(remove(*one, "/nodes/a"), ok);
    ASSERT_EQ(create(*one, "/nodes/a", "same"), ok);

    EXPECT_TRUE(eventually([&] {
        const auto found = roster.entries().find("a");
        return found != roster.entries().end() && found->second.created > created;
    }));
}

TEST_F(RegistryConformance, ARosterShowsTheLastStateWhileSuspendedAndCatchesUpAfterwards) {
    ASSERT_EQ(create(*one, "/nodes"), ok);
    ASSERT_EQ(create(*one, "/nodes/a", "1"), ok);
    settle();
    const Roster roster(*two, scheduler(), "/nodes");
    ASSERT_TRUE(eventually([&] { return roster.complete(); }));

    world->suspend(*two);
    ASSERT_TRUE(eventually([&] { return two->session().state == SessionState::suspended; }));
    ASSERT_EQ(set(*one, "/nodes/a", "2"), ok);
    ASSERT_EQ(create(*one, "/nodes/b", "3"), ok);
    EXPECT_EQ(roster.entries().size(), 1U);
    EXPECT_EQ(roster.entries().at("a").data, "1");
    world->resume(*two);

    EXPECT_TRUE(eventually(
        [&] { return roster.entries().size() == 2 && roster.entries().at("a").data == "2"; }));
}

TEST_F(RegistryConformance, ARosterGoesOnUnderTheNextSession) {
    ASSERT_EQ(create(*one, "/nodes"), ok);
    settle();
    const Roster roster(*two, scheduler(), "/nodes");
    ASSERT_TRUE(eventually([&] { return roster.complete(); }));
    const auto before = two->session().id;

    world->expire(*two);
    ASSERT_EQ(create(*one, "/nodes/a", "1"), ok);

    EXPECT_TRUE(eventually([&] { return roster.entries().contains("a"); }));
    ASSERT_TRUE(eventually([&] { return two->session().id != before; }));
    ASSERT_TRUE(connected(*two));
    ASSERT_EQ(create(*one, "/nodes/b", "2"), ok);
    EXPECT_TRUE(eventually([&] { return roster.entries().contains("b"); }));
}

TEST_F(RegistryConformance, ARosterWhoseParentIsRemovedMakesItAgain) {
    const Roster roster(*two, scheduler(), "/nodes");
    ASSERT_TRUE(eventually([&] { return roster.complete(); }));

    ASSERT_EQ(remove(*one, "/nodes"), ok);
    ASSERT_TRUE(eventually([&] { return create(*one, "/nodes/a", "1") != Errc::no_node; }));

    EXPECT_TRUE(eventually([&] { return roster.entries().contains("a"); }));
}

TEST_F(RegistryConformance, ARosterShowsRubbishAsItIs) {
    const std::string rubbish("\0\xff{", 3);
    const Roster roster(*two, scheduler(), "/nodes");
    ASSERT_TRUE(eventually([&] { return roster.complete(); }));

    ASSERT_EQ(create(*one, "/nodes/\xc3\xa4 b", rubbish), ok);
    ASSERT_EQ(create(*one, "/nodes/large", std::string(300'000, 'x')), ok);

    ASSERT_TRUE(eventually([&] { return roster.entries().size() == 2; }));
    EXPECT_EQ(roster.entries().at("\xc3\xa4 b").data, rubbish);
    EXPECT_EQ(roster.entries().at("large").data.size(), 300'000U);
}

TEST_F(RegistryConformance, ARosterMayBeDestroyedByItsOwnObserver) {
    std::optional<Roster> roster;
    roster.emplace(*one, scheduler(), "/nodes", [&] { roster.reset(); });

    EXPECT_TRUE(eventually([&] { return !roster.has_value(); }));
    ASSERT_EQ(create(*two, "/nodes/a"), ok);
    settle();
}

// Random comings, goings, updates, suspensions and expiries; afterwards the roster of each client
// shows exactly what stands in the tree.
TEST_F(RegistryConformance, RostersConvergeToTheTreeAfterAnyHistory) {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return random() % n; };
        const std::string parent = "/seed" + std::to_string(seed);
        const std::array clients{one.get(), two.get()};
        const Roster first(*one, scheduler(), parent);
        const Roster second(*two, scheduler(), parent);
        std::vector<std::unique_ptr<Announcement>> all(4);

        for (int step = 0; step < 40; ++step) {
            const auto which = below(all.size());
            auto& announcement = all[which];
            switch (below(6)) {
                case 0:
                case 1:
                    if (announcement) {
                        announcement->update(std::to_string(step));
                        break;
                    }
                    announcement = std::make_unique<Announcement>(
                        *clients[which % 2], scheduler(),
                        Announcement::Options{.parent = parent,
                                              .name = "n" + std::to_string(which),
                                              .sequential = which < 2,
                                              .instance = "s" + std::to_string(step)},
                        std::to_string(step));
                    break;
                case 2:
                    announcement.reset();
                    break;
                case 3:
                    world->suspend(*clients[which % 2]);
                    break;
                case 4:
                    world->resume(*clients[which % 2]);
                    break;
                default:
                    if (below(4) == 0) world->expire(*clients[which % 2]);
            }
            auto turns = below(12);
            (void)eventually([&] { return turns-- == 0; });
        }
        for (auto* client : clients) world->resume(*client);
        for (auto* client : clients) ASSERT_TRUE(connected(*client));

        const auto standing = static_cast<std::size_t>(
            std::ranges::count_if(all, [](const auto& one_of) { return one_of != nullptr; }));
        const auto agree = [&] {
            const auto names = children(*one, parent).names;
            if (names.size() != standing) return false;
            for (const auto* roster : {&first, &second}) {
                if (roster->entries().size() != names.size()) return false;
                for (const auto& name : names) {
                    const auto read = get(*one, parent + "/" + name);  // it may change meanwhile
                    const auto found = roster->entries().find(name);
                    if (found == roster->entries().end() || found->second.data != read.data ||
                        found->second.created != read.stat.created) {
                        return false;
                    }
                }
            }
            return true;
        };
        EXPECT_TRUE(eventually(agree));
    }
}

}  // namespace
}  // namespace ringcast::test
