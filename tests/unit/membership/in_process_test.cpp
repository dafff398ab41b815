#include "ringcast/membership/in_process.hpp"

#include "manual_scheduler.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ringcast::membership {
namespace {

using namespace std::chrono_literals;
using test::ManualScheduler;

/// What only the in-process service has: its faults. That it keeps the rules of the service is in
/// the conformance suite.
class InProcessTest : public testing::Test {
protected:
    std::error_code create(Znodes& client, std::string path, Mode mode = Mode::persistent) {
        std::error_code outcome = Errc::unavailable;
        client.create(std::move(path), "", mode, [&](auto error, auto) { outcome = error; });
        scheduler.run_ready();
        return outcome;
    }

    bool exists(Znodes& client, std::string path) {
        bool found = false;
        client.exists(std::move(path), {}, [&](auto, auto stat) { found = stat.has_value(); });
        scheduler.run_ready();
        return found;
    }

    ManualScheduler scheduler;
    InProcessEnsemble ensemble;
    std::unique_ptr<Znodes> one = ensemble.attach(scheduler);
    std::unique_ptr<Znodes> two = ensemble.attach(scheduler);
};

TEST_F(InProcessTest, AWriteCutBeforeItIsDoneIsNotDone) {
    scheduler.run_ready();
    ensemble.cut_next_write(*one, InProcessEnsemble::Cut::before);

    EXPECT_EQ(create(*one, "/a"), Errc::unknown_outcome);

    EXPECT_EQ(one->session().state, SessionState::suspended);
    EXPECT_FALSE(exists(*two, "/a"));
    ensemble.resume(*one);
    scheduler.run_ready();
    EXPECT_EQ(one->session().state, SessionState::connected);
    EXPECT_EQ(create(*one, "/a"), std::error_code{});
}

TEST_F(InProcessTest, AWriteCutAfterItIsDoneIsDone) {
    scheduler.run_ready();
    ensemble.cut_next_write(*one, InProcessEnsemble::Cut::after);

    EXPECT_EQ(create(*one, "/a"), Errc::unknown_outcome);

    EXPECT_TRUE(exists(*two, "/a"));
}

TEST_F(InProcessTest, ASuspendedSessionKeepsItsEntriesAndHearsOfChangesWhenItIsBack) {
    scheduler.run_ready();
    ASSERT_EQ(create(*one, "/mine", Mode::ephemeral), std::error_code{});
    int fired = 0;
    one->exists(
        "/theirs", [&] { ++fired; }, [](auto, auto) {});
    scheduler.run_ready();

    ensemble.suspend(*one);
    ASSERT_EQ(create(*two, "/theirs"), std::error_code{});

    EXPECT_TRUE(exists(*two, "/mine"));
    EXPECT_EQ(fired, 0);
    ensemble.resume(*one);
    scheduler.run_ready();
    EXPECT_EQ(fired, 1);
}

TEST_F(InProcessTest, AnExpiredSessionIsToldBeforeTheNextOneBegins) {
    scheduler.run_ready();
    const auto before = one->session().id;
    std::vector<Session> told;
    const auto token = one->observe([&](const Session& session) { told.push_back(session); });
    ASSERT_EQ(create(*one, "/mine", Mode::ephemeral), std::error_code{});

    ensemble.expire(*one);
    scheduler.run_ready();

    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0], (Session{SessionState::lost, before}));
    EXPECT_EQ(told[1].state, SessionState::connected);
    EXPECT_NE(told[1].id, before);
    EXPECT_FALSE(exists(*two, "/mine"));
}

TEST_F(InProcessTest, WhatIsCalledBetweenLossAndItsNewsFails) {
    scheduler.run_ready();

    ensemble.expire(*one);

    EXPECT_EQ(create(*one, "/a"), Errc::session_lost);
    EXPECT_EQ(create(*one, "/a"), std::error_code{});
}

TEST_F(InProcessTest, ASessionExpiredWhileSuspendedIsLostUntilItIsBack) {
    scheduler.run_ready();
    ASSERT_EQ(create(*one, "/mine", Mode::ephemeral), std::error_code{});

    ensemble.suspend(*one);
    ensemble.expire(*one);
    scheduler.run_ready();

    EXPECT_EQ(one->session().state, SessionState::lost);
    EXPECT_FALSE(exists(*two, "/mine"));
    ensemble.resume(*one);
    scheduler.run_ready();
    EXPECT_EQ(one->session().state, SessionState::connected);
}

TEST_F(InProcessTest, ASessionExpiredUnheardIsSuspendedUntilItIsBack) {
    scheduler.run_ready();
    ASSERT_EQ(create(*one, "/mine", Mode::ephemeral), std::error_code{});
    std::vector<SessionState> told;
    const auto token = one->observe([&](const Session& session) { told.push_back(session.state); });

    ensemble.suspend(*one);
    ensemble.expire_unheard(*one);
    scheduler.run_ready();

    EXPECT_EQ(one->session().state, SessionState::suspended);
    EXPECT_FALSE(exists(*two, "/mine"));
    ensemble.resume(*one);
    scheduler.run_ready();
    EXPECT_EQ(told,
              (std::vector{SessionState::suspended, SessionState::lost, SessionState::connected}));
}

TEST_F(InProcessTest, ASessionExpiredTwiceIsLostOnce) {
    scheduler.run_ready();
    ensemble.suspend(*one);
    ensemble.expire_unheard(*one);
    ensemble.expire(*one);
    scheduler.run_ready();
    EXPECT_EQ(one->session().state, SessionState::lost);

    ensemble.resume(*one);
    scheduler.run_ready();

    EXPECT_EQ(one->session().state, SessionState::connected);
}

TEST_F(InProcessTest, AClientClosedWhileCutOffLeavesItsEntriesToExpiry) {
    scheduler.run_ready();
    ASSERT_EQ(create(*one, "/mine", Mode::ephemeral), std::error_code{});
    const auto session = one->session().id;

    ensemble.suspend(*one);
    one.reset();

    EXPECT_TRUE(exists(*two, "/mine"));
    ensemble.expire(session);
    EXPECT_FALSE(exists(*two, "/mine"));
}

TEST_F(InProcessTest, WhileTheServiceIsAwayNewcomersWait) {
    scheduler.run_ready();

    ensemble.suspend_all();
    const auto three = ensemble.attach(scheduler);
    scheduler.run_ready();

    EXPECT_EQ(one->session().state, SessionState::suspended);
    EXPECT_EQ(three->session(), Session{});
    EXPECT_EQ(create(*three, "/a"), Errc::unavailable);
    ensemble.resume_all();
    scheduler.run_ready();
    EXPECT_EQ(one->session().state, SessionState::connected);
    EXPECT_EQ(three->session().state, SessionState::connected);
}

TEST_F(InProcessTest, EverySessionCanExpireAtOnce) {
    scheduler.run_ready();
    const auto first = one->session().id;
    const auto second = two->session().id;
    ASSERT_EQ(create(*one, "/1", Mode::ephemeral), std::error_code{});
    ASSERT_EQ(create(*two, "/2", Mode::ephemeral), std::error_code{});

    ensemble.expire_all();
    scheduler.run_ready();

    EXPECT_NE(one->session().id, first);
    EXPECT_NE(two->session().id, second);
    EXPECT_FALSE(exists(*one, "/1"));
    EXPECT_FALSE(exists(*one, "/2"));
}

TEST_F(InProcessTest, ACallTakesEffectWhenItArrivesAndIsAnsweredLaterStill) {
    scheduler.run_ready();
    ensemble.set_latency(*one, [] { return 10ms; });
    std::vector<std::string> answered;
    one->create("/a", "", Mode::persistent, [&](auto, auto) { answered.emplace_back("create"); });
    ensemble.set_latency(*one, {});
    one->exists("/a", {}, [&](auto, auto) { answered.emplace_back("exists"); });

    scheduler.advance(9ms);
    EXPECT_FALSE(exists(*two, "/a"));
    scheduler.advance(1ms);
    EXPECT_TRUE(exists(*two, "/a"));

    EXPECT_EQ(answered, (std::vector<std::string>{"create", "exists"}));  // their order stays
}

TEST_F(InProcessTest, ACallOnItsWayWhenTheConnectionBreaksIsLost) {
    scheduler.run_ready();
    ensemble.set_latency(*one, [] { return 10ms; });
    std::error_code outcome;
    one->create("/a", "", Mode::persistent, [&](auto error, auto) { outcome = error; });

    ensemble.suspend(*one);
    scheduler.advance(30ms);

    EXPECT_EQ(outcome, Errc::unknown_outcome);
    EXPECT_FALSE(exists(*two, "/a"));
}

TEST_F(InProcessTest, WhoseServerLagsReadsWhatWasAndHearsOfChangesLater) {
    scheduler.run_ready();
    ensemble.set_lag(*one, [] { return 10ms; });
    int fired = 0;
    one->exists(
        "/a", [&] { ++fired; }, [](auto, auto) {});
    ASSERT_EQ(create(*two, "/a"), std::error_code{});

    scheduler.advance(9ms);
    EXPECT_FALSE(exists(*one, "/a"));
    EXPECT_EQ(fired, 0);
    scheduler.advance(1ms);

    EXPECT_TRUE(exists(*one, "/a"));
    EXPECT_EQ(fired, 1);
}

TEST_F(InProcessTest, WhoseServerLagsReadsHisOwnWritesAndWhatWasBeforeThem) {
    scheduler.run_ready();
    ensemble.set_lag(*one, [] { return 10ms; });
    ASSERT_EQ(create(*two, "/a"), std::error_code{});

    EXPECT_EQ(create(*one, "/b"), std::error_code{});

    EXPECT_TRUE(exists(*one, "/b"));
    EXPECT_TRUE(exists(*one, "/a"));
}

TEST_F(InProcessTest, WatchesAtALaggingServerFireWhenTheSessionIsLost) {
    scheduler.run_ready();
    ensemble.set_lag(*one, [] { return 10ms; });
    int fired = 0;
    one->exists(
        "/a", [&] { ++fired; }, [](auto, auto) {});
    scheduler.run_ready();

    ensemble.expire(*one);
    scheduler.run_ready();

    EXPECT_EQ(fired, 1);
}

TEST_F(InProcessTest, TheTreeOutlivesTheEnsembleWhileAClientLives) {
    auto other = std::make_unique<InProcessEnsemble>();
    const auto client = other->attach(scheduler);
    other.reset();
    scheduler.run_ready();

    EXPECT_EQ(create(*client, "/a"), std::error_code{});
    EXPECT_TRUE(exists(*client, "/a"));
}

}  // namespace
}  // namespace ringcast::membership
