#include "znodes_conformance.hpp"

#include <memory>
#include <optional>
#include <vector>

/// The contract of Znodes: sessions that come, pause and end, and who hears of it.

namespace ringcast::test {
namespace {

using membership::Errc;
using membership::Session;
using membership::SessionState;

const std::error_code ok;

TEST_F(ZnodesConformance, SessionsHaveDistinctNumbers) {
    EXPECT_NE(one->session().id, 0);
    EXPECT_NE(one->session().id, two->session().id);
}

TEST_F(ZnodesConformance, ASuspendedSessionComesBackWithItsEntriesAndWatches) {
    ASSERT_EQ(create(*one, "/mine", "", Mode::ephemeral), ok);
    ASSERT_EQ(create(*one, "/a"), ok);
    const auto id = one->session().id;
    int fired = 0;
    std::vector<SessionState> told;
    const auto token = one->observe([&](const Session& now) { told.push_back(now.state); });
    ASSERT_EQ(get(*one, "/a", [&] { ++fired; }).error, ok);

    world->suspend(*one);
    ASSERT_TRUE(eventually([&] { return one->session().state == SessionState::suspended; }));
    ASSERT_EQ(set(*two, "/a", "1"), ok);
    EXPECT_TRUE(exists(*two, "/mine"));
    world->resume(*one);

    ASSERT_TRUE(connected(*one));
    EXPECT_EQ(one->session().id, id);
    EXPECT_TRUE(eventually([&] { return fired == 1; }));
    EXPECT_TRUE(exists(*one, "/mine"));
    EXPECT_EQ(told, (std::vector{SessionState::suspended, SessionState::connected}));
}

TEST_F(ZnodesConformance, CallsOfASuspendedSessionAreAnsweredAtLast) {
    world->suspend(*one);
    ASSERT_TRUE(eventually([&] { return one->session().state == SessionState::suspended; }));
    std::optional<std::error_code> answer;
    one->children("/", {}, [&](std::error_code error, auto...) { answer = error; });

    world->resume(*one);

    EXPECT_TRUE(eventually([&] { return answer.has_value(); }));
    EXPECT_TRUE(!*answer || *answer == Errc::unknown_outcome) << answer->message();
}

TEST_F(ZnodesConformance, AnExpiredSessionLosesItsEntriesFiresItsWatchesAndIsFollowedByANewOne) {
    ASSERT_EQ(create(*one, "/mine", "", Mode::ephemeral), ok);
    ASSERT_EQ(create(*one, "/a"), ok);
    const auto id = one->session().id;
    int fired = 0;
    ASSERT_EQ(get(*one, "/a", [&] { ++fired; }).error, ok);
    ASSERT_EQ(children(*one, "/a", [&] { ++fired; }).error, ok);
    ASSERT_EQ(exists(*one, "/none", [&] { ++fired; }), std::nullopt);
    std::vector<Session> told;
    const auto token = one->observe([&](const Session& now) { told.push_back(now); });

    world->expire(*one);

    ASSERT_TRUE(eventually([&] {
        return one->session().state == SessionState::connected && one->session().id != id;
    }));
    EXPECT_TRUE(eventually([&] { return !exists(*two, "/mine"); }));
    EXPECT_TRUE(eventually([&] { return fired == 3; }));
    ASSERT_GE(told.size(), 2U);
    EXPECT_EQ(told[told.size() - 2].state, SessionState::lost);
    EXPECT_EQ(told.back().state, SessionState::connected);
    EXPECT_EQ(create(*one, "/mine", "", Mode::ephemeral), ok);
    EXPECT_EQ(get(*one, "/mine").stat.owner, one->session().id);
}

TEST_F(ZnodesConformance, AnObserverMayLeaveFromInsideItsCall) {
    membership::Token token;
    int told = 0;
    token = one->observe([&](const Session&) {
        ++told;
        token.reset();
    });

    world->expire(*one);

    ASSERT_TRUE(eventually([&] { return told > 0; }));
    ASSERT_TRUE(connected(*one));
    EXPECT_EQ(told, 1);
}

TEST_F(ZnodesConformance, AnObserverMayOwnItsOwnToken) {
    auto client = another();
    auto token = std::make_shared<membership::Token>();
    *token = client->observe([token](const Session&) {});

    client.reset();  // destroys the observer, which destroys the token

    EXPECT_EQ(create(*one, "/a"), ok);
}

TEST_F(ZnodesConformance, ATokenMayOutliveItsClient) {
    auto client = another();
    auto token = client->observe([](const Session&) {});

    client.reset();
    token.reset();

    EXPECT_EQ(create(*one, "/a"), ok);
}

TEST_F(ZnodesConformance, AWriteWhoseConnectionBreaksHasAnUnknownOutcome) {
    for (const bool done : {true, false}) {
        const std::string path = done ? "/done" : "/not-done";
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";

        EXPECT_EQ(create(*one, path), Errc::unknown_outcome);

        ASSERT_TRUE(connected(*one));
        settle();
        EXPECT_EQ(exists(*two, path).has_value(), done);
    }
}

}  // namespace
}  // namespace ringcast::test
