#include "faulty_znodes.hpp"

#include "manual_scheduler.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/election.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/registry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace ringcast::membership {
namespace {

using namespace std::chrono_literals;

/// How recipes bear a service that is connected and yet fails, or lags.
class FaultyZnodesTest : public testing::Test {
protected:
    FaultyZnodesTest() { scheduler.run_ready(); }

    void create(const std::string& path, const std::string& data) {
        writer->create(path, data, Mode::persistent, [](auto error, auto) { EXPECT_FALSE(error); });
        scheduler.run_ready();
    }
    void set(const std::string& path, const std::string& data) {
        writer->set(path, data, any_version, [](auto error, auto) { EXPECT_FALSE(error); });
    }

    test::ManualScheduler scheduler;
    InProcessEnsemble ensemble;
    std::unique_ptr<Znodes> writer = ensemble.attach(scheduler);
    std::unique_ptr<Znodes> real = ensemble.attach(scheduler);
    test::FaultyZnodes faulty{*real};
};

TEST_F(FaultyZnodesTest, AReadThatFailsIsRepeatedWithoutAnyEvent) {
    create("/config", "0");
    create("/nodes", "");
    create("/nodes/a", "0");
    const Configuration configuration(faulty, scheduler, "/config");
    const Roster roster(faulty, scheduler, "/nodes");
    scheduler.run_ready();
    ASSERT_TRUE(configuration.known());
    ASSERT_TRUE(roster.complete());

    for (int i = 1; i <= 5; ++i) {
        faulty.fail_reads(6);
        set("/config", std::to_string(i));
        set("/nodes/a", std::to_string(i));
        scheduler.advance(10s);

        EXPECT_EQ(configuration.value()->data, std::to_string(i));
        EXPECT_EQ(roster.entries().at("a").data, std::to_string(i));
    }
}

TEST_F(FaultyZnodesTest, TroubleThatLastsIsMetWithPatience) {
    create("/config", "0");
    faulty.fail_reads(1'000'000);
    const Configuration configuration(faulty, scheduler, "/config");

    scheduler.advance(60s);

    faulty.fail_reads(0);
    EXPECT_FALSE(configuration.known());
    scheduler.advance(2s);
    EXPECT_TRUE(configuration.known());
}

TEST_F(FaultyZnodesTest, ACandidateIsElectedInTheEnd) {
    faulty.fail_reads(9);
    const Election election(faulty, scheduler, {"/coordinator", "c-", "1", ""}, nullptr);

    scheduler.advance(20s);

    EXPECT_TRUE(election.leading());
}

TEST_F(FaultyZnodesTest, AServerThatLagsTakesNothingBack) {
    create("/config", "old");
    create("/nodes", "");
    create("/nodes/a", "old");
    std::vector<std::string> shown;
    std::unique_ptr<Configuration> configuration;
    configuration = std::make_unique<Configuration>(
        faulty, scheduler, "/config", [&] { shown.push_back(configuration->value()->data); });
    const Roster roster(faulty, scheduler, "/nodes");
    scheduler.run_ready();
    set("/config", "new");
    set("/nodes/a", "new");
    create("/nodes/b", "new");
    ASSERT_EQ(roster.entries().size(), 2U);
    const auto changed = roster.changed();

    faulty.lag("/config", 3);
    faulty.lag("/nodes", 2);
    faulty.lag("/nodes/a", 2);
    ensemble.suspend(*real);
    ensemble.resume(*real);
    for (int i = 0; i < 100; ++i) {
        scheduler.advance(100ms);
        ASSERT_EQ(configuration->value()->data, "new");
        ASSERT_EQ(roster.entries().at("a").data, "new");
        ASSERT_EQ(roster.entries().size(), 2U);
        ASSERT_GE(roster.changed(), changed);
    }

    EXPECT_EQ(shown, (std::vector<std::string>{"old", "new"}));
}

TEST_F(FaultyZnodesTest, AnItemThatWasRemovedIsNotShownAgainByAServerThatLags) {
    create("/requests", "");
    create("/requests/r-a.1-0000000000", "do it");
    int seen = 0;
    QueueConsumer consumer(faulty, scheduler, "/requests", "r-",
                           [&] { seen += static_cast<int>(consumer.items().size()); });
    scheduler.run_ready();
    ASSERT_EQ(seen, 1);

    // What is read because of the removal is from before it.
    faulty.lag("/requests", 1);
    faulty.lag("/requests/r-a.1-0000000000", 1);
    bool removed = false;
    consumer.remove("r-a.1-0000000000", [&](std::error_code error) { removed = !error; });
    scheduler.advance(10s);

    EXPECT_TRUE(removed);
    EXPECT_EQ(seen, 1);
    EXPECT_TRUE(consumer.items().empty());
}

TEST_F(FaultyZnodesTest, WatchesDoNotPileUpOverReconnects) {
    create("/nodes", "");
    create("/nodes/a", "");
    const Configuration present(faulty, scheduler, "/nodes");
    const Configuration absent(faulty, scheduler, "/absent");
    const Roster roster(faulty, scheduler, "/nodes");
    const Announcement announcement(faulty, scheduler, {"/nodes", "b", false, "i1"}, "i1");
    const Election election(faulty, scheduler, {"/coordinator", "c-", "1", ""}, nullptr);
    scheduler.advance(1s);
    const auto before = faulty.watches_set();

    for (int i = 0; i < 50; ++i) {
        ensemble.suspend(*real);
        ensemble.resume(*real);
        scheduler.advance(1s);
    }

    // An absent znode is asked for twice, of which only the second sets a watch that stays.
    EXPECT_LE(faulty.watches_set(), before + 2);
}

}  // namespace
}  // namespace ringcast::membership
