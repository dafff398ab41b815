// What the ZooKeeper client owes beyond the conformance suite: beginnings, outages, access.

#include "zookeeper_client.hpp"
#include "zookeeper_wire.hpp"

#include <gtest/gtest.h>

namespace ringcast::test {
namespace {

using namespace std::chrono_literals;
using membership::Errc;
using membership::Mode;
using membership::SessionState;
using membership::ZooKeeperOptions;

const std::error_code ok;

TEST(ZooKeeperOptionsTest, DefaultsHaveNoFault) {
    EXPECT_TRUE(membership::faults_in({}).empty());
}

TEST(ZooKeeperOptionsTest, AServerListMayEndInAChroot) {
    EXPECT_TRUE(membership::faults_in({.hosts = "a:1,b:2/chat", .root = "/"}).empty());
    EXPECT_TRUE(membership::faults_in({.hosts = "[::1]:2181/"}).empty());
}

TEST(ZooKeeperOptionsTest, EveryFaultIsListed) {
    const ZooKeeperOptions wrong{.hosts = "a:1,,b:70000,c/x//y",
                                 .root = "no/slash",
                                 .session_timeout = 1ms,
                                 .user = "a:b",
                                 .password = "",
                                 .complain_after = 0ms};

    // Three servers, the chroot, the root, the timeout, the delay, no password, a colon.
    EXPECT_EQ(membership::faults_in(wrong).size(), 9U);
}

TEST(ZooKeeperOptionsTest, APasswordIsNotShown) {
    for (const auto& fault : membership::faults_in({.user = "", .password = "s3cret"})) {
        EXPECT_EQ(fault.find("s3cret"), std::string::npos) << fault;
    }
}

TEST_F(ZooKeeperTest, AServerThatIsNotThereAtStartIsTriedUntilItComesAndMentionedOnce) {
    ZooKeeperServer server;
    ZooKeeperClient client(
        scheduler, {.hosts = server.address(), .session_timeout = 2s, .complain_after = 100ms});

    ASSERT_TRUE(eventually([&] { return client.times_logged("still trying") == 1; }));
    EXPECT_EQ(client.state(), SessionState::connecting);
    EXPECT_EQ(client.create("/a"), Errc::unavailable);
    EXPECT_TRUE(client.told().empty());
    server.start();

    ASSERT_TRUE(client.becomes(SessionState::connected));
    EXPECT_EQ(client.create("/a"), ok);
    EXPECT_EQ(client.times_logged("still trying"), 1U);
}

TEST_F(ZooKeeperTest, AHostThatCannotBeResolvedIsTriedAgainToo) {
    // No label may have more than 63 letters, so no server of names is asked.
    const std::string host(70, 'x');
    ZooKeeperClient client(scheduler, {.hosts = host + ":2181", .complain_after = 1ms});

    ASSERT_TRUE(eventually([&] { return client.times_logged("still trying") == 1; }));
    EXPECT_EQ(client.state(), SessionState::connecting);
    EXPECT_EQ(client.get("/").error, Errc::unavailable);
}

TEST_F(ZooKeeperTest, AWrongChrootIsReportedOnceAndNothingIsMadeThere) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperClient onlooker(scheduler, {.hosts = server.address(), .root = "/"});
    ASSERT_TRUE(onlooker.becomes(SessionState::connected));
    ZooKeeperClient astray(scheduler, {.hosts = server.address() + "/nowhere", .root = "/a/b"});

    ASSERT_TRUE(eventually([&] { return astray.times_logged("chroot does not exist") == 1; }));
    EXPECT_EQ(astray.state(), SessionState::connecting);
    EXPECT_EQ(astray.create("/x"), Errc::unavailable);
    EXPECT_FALSE(onlooker.exists("/nowhere"));

    // An administrator makes it: all is well by itself.
    ASSERT_EQ(onlooker.create("/nowhere"), ok);
    ASSERT_TRUE(astray.becomes(SessionState::connected));
    EXPECT_EQ(astray.create("/x"), ok);
    EXPECT_TRUE(onlooker.exists("/nowhere/a/b/x"));
    EXPECT_EQ(astray.times_logged("chroot does not exist"), 1U);
}

TEST_F(ZooKeeperTest, WhoOnlyLooksMakesNoRoot) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperClient onlooker(scheduler, {.hosts = server.address(), .root = "/"});
    ASSERT_TRUE(onlooker.becomes(SessionState::connected));
    ZooKeeperOptions options{.hosts = server.address(), .root = "/a/b", .create_root = false};
    ZooKeeperClient client(scheduler, options);
    options.hosts += "/nowhere";
    ZooKeeperClient astray(scheduler, options);

    ASSERT_TRUE(client.becomes(SessionState::connected));
    EXPECT_EQ(client.get("/").error, Errc::no_node);
    EXPECT_EQ(client.create("/x"), Errc::no_node);
    EXPECT_FALSE(onlooker.exists("/a"));
    ASSERT_TRUE(eventually([&] { return astray.times_logged("chroot does not exist") == 1; }));
    EXPECT_EQ(astray.state(), SessionState::connecting);

    // Somebody else makes them: both see it by themselves.
    ASSERT_EQ(onlooker.create("/a"), ok);
    ASSERT_EQ(onlooker.create("/a/b"), ok);
    ASSERT_EQ(onlooker.create("/nowhere"), ok);
    EXPECT_EQ(client.create("/x"), ok);
    ASSERT_TRUE(astray.becomes(SessionState::connected));
    EXPECT_EQ(astray.create("/x"), Errc::no_node);
}

TEST_F(ZooKeeperTest, AChrootMayBeTheRootItself) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperClient onlooker(scheduler, {.hosts = server.address(), .root = "/"});
    ASSERT_TRUE(onlooker.becomes(SessionState::connected));
    ZooKeeperClient client(scheduler, {.hosts = server.address() + "/chat", .root = "/"});
    ASSERT_TRUE(eventually([&] { return client.times_logged("chroot does not exist") == 1; }));

    ASSERT_EQ(onlooker.create("/chat"), ok);

    ASSERT_TRUE(client.becomes(SessionState::connected));
    EXPECT_EQ(client.create("/"), Errc::node_exists);
    EXPECT_EQ(client.create("/s-", "", Mode::persistent_sequential), ok);
    EXPECT_EQ(client.children("/"), std::vector<std::string>{"s-0000000000"});
    EXPECT_EQ(onlooker.children("/chat"), std::vector<std::string>{"s-0000000000"});
}

TEST_F(ZooKeeperTest, WhatIsMadeWithAPasswordIsClosedToAllWithoutIt) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperOptions options{.hosts = server.address(), .user = "chat", .password = "s3cret:x"};
    ZooKeeperClient owner(scheduler, options);
    ASSERT_TRUE(owner.becomes(SessionState::connected));
    ASSERT_EQ(owner.create("/a", "data"), ok);

    options.password = "wr0ng";
    ZooKeeperClient intruder(scheduler, options);
    options.user = options.password = "";
    ZooKeeperClient stranger(scheduler, options);
    for (auto* client : {&intruder, &stranger}) {
        ASSERT_TRUE(client->becomes(SessionState::connected));
        EXPECT_EQ(client->get("/a").error, Errc::no_permission);
        EXPECT_EQ(client->create("/b"), Errc::no_permission);
        EXPECT_EQ(client->times_logged("may not be read"), 1U);
        EXPECT_EQ(client->times_logged("wr0ng"), 0U);
    }

    options.user = "chat";
    options.password = "s3cret:x";
    ZooKeeperClient colleague(scheduler, options);
    ASSERT_TRUE(colleague.becomes(SessionState::connected));
    EXPECT_EQ(colleague.get("/a").data, "data");
    EXPECT_EQ(owner.times_logged("s3cret") + colleague.times_logged("s3cret"), 0U);
}

TEST_F(ZooKeeperTest, AuthenticationHoldsForTheNextSessionToo) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperWire wire(server.port());
    ZooKeeperClient client(scheduler,
                           {.hosts = wire.address(), .user = "chat", .password = "s3cret"});
    ASSERT_TRUE(client.becomes(SessionState::connected));
    ASSERT_EQ(client.create("/a", "data"), ok);

    wire.end_session();

    ASSERT_TRUE(client.becomes_connected_anew(client.session()));
    EXPECT_EQ(client.get("/a").data, "data");
    EXPECT_EQ(client.create("/b"), ok);
}

TEST_F(ZooKeeperTest, AZnodeWithoutDataReadsAsEmpty) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperClient client(scheduler, {.hosts = server.address()});
    ASSERT_TRUE(client.becomes(SessionState::connected));

    create_without_data(server.port(), "/ringcast/main/bare");

    const auto read = client.get("/bare");
    EXPECT_EQ(read.error, ok);
    EXPECT_EQ(read.data, "");
}

TEST_F(ZooKeeperTest, ASessionOutlivesItsServer) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperClient client(scheduler, {.hosts = server.address(), .session_timeout = 20s});
    ASSERT_TRUE(client.becomes(SessionState::connected));
    ASSERT_EQ(client.create("/mine", "", Mode::ephemeral), ok);
    const auto session = client.session();

    server.kill();
    ASSERT_TRUE(client.becomes(SessionState::suspended));
    EXPECT_EQ(client.get("/mine").error, Errc::unknown_outcome);
    server.start();

    ASSERT_TRUE(client.becomes(SessionState::connected));
    EXPECT_EQ(client.session(), session);
    EXPECT_EQ(client.get("/mine").stat.owner, session);
    EXPECT_FALSE(client.was_told(SessionState::lost));
}

TEST_F(ZooKeeperTest, SilenceSuspendsASessionAndOnlyTheServiceEndsIt) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperWire wire(server.port());
    ZooKeeperClient client(scheduler, {.hosts = wire.address(), .session_timeout = 3s});
    ZooKeeperClient onlooker(scheduler, {.hosts = server.address()});
    ASSERT_TRUE(client.becomes(SessionState::connected));
    ASSERT_TRUE(onlooker.becomes(SessionState::connected));
    ASSERT_EQ(client.create("/mine", "", Mode::ephemeral), ok);
    const auto session = client.session();
    int fired = 0;
    ASSERT_EQ(client.get("/mine", [&] { ++fired; }).error, ok);

    // Longer than the session timeout: it is over, but there is nobody to say so.
    wire.proxy().hold();
    ASSERT_TRUE(client.becomes(SessionState::suspended));
    ASSERT_TRUE(eventually([&] { return !onlooker.exists("/mine"); }));
    let_pass(300ms);
    EXPECT_EQ(client.state(), SessionState::suspended);
    EXPECT_EQ(fired, 0);
    wire.proxy().serve();

    ASSERT_TRUE(client.becomes_connected_anew(session));
    EXPECT_EQ(fired, 1);
    ASSERT_GE(client.told().size(), 3U);
    const auto& told = client.told();
    EXPECT_EQ(told[told.size() - 2], (membership::Session{SessionState::lost, session}));
}

TEST_F(ZooKeeperTest, AFrozenServerSuspendsAndAThawedOneGoesOnOrStartsAnew) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperClient client(scheduler, {.hosts = server.address(), .session_timeout = 3s});
    ASSERT_TRUE(client.becomes(SessionState::connected));
    ASSERT_EQ(client.create("/kept"), ok);

    server.freeze();
    ASSERT_TRUE(client.becomes(SessionState::suspended));
    let_pass(3'500ms);
    EXPECT_EQ(client.state(), SessionState::suspended);
    server.thaw();

    ASSERT_TRUE(client.becomes(SessionState::connected));
    EXPECT_TRUE(eventually([&] { return client.exists("/kept"); }));
}

TEST_F(ZooKeeperTest, WhileASessionIsLostCallsSaySo) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperWire wire(server.port());
    ZooKeeperClient client(scheduler, {.hosts = wire.address(), .complain_after = 100ms});
    ASSERT_TRUE(client.becomes(SessionState::connected));
    const auto complaints = client.times_logged("still trying");  // of a slow beginning
    bool asked = false;
    std::error_code answer;
    const auto token = client.znodes().observe([&](const membership::Session& now) {
        if (now.state != SessionState::lost) return;
        wire.proxy().refuse();
        client.znodes().create("/a", "", Mode::persistent, [&](std::error_code error, auto...) {
            asked = true;
            answer = error;
        });
    });

    wire.end_session();

    ASSERT_TRUE(eventually([&] { return asked; }));
    EXPECT_EQ(answer, Errc::session_lost);
    EXPECT_EQ(client.state(), SessionState::lost);
    ASSERT_TRUE(eventually([&] { return client.times_logged("still trying") == complaints + 1; }));
    wire.proxy().serve();
    EXPECT_TRUE(client.becomes(SessionState::connected));
}

// Handlers, watches and events of the library are on their way at each of these moments.
TEST_F(ZooKeeperTest, AClientMayBeDestroyedAtAnyMoment) {
    ZooKeeperServer server;
    server.start();
    for (int round = 0; round < 30; ++round) {
        ZooKeeperWire wire(server.port());
        ZooKeeperClient client(scheduler, {.hosts = wire.address(), .session_timeout = 60s});
        if (round % 3 != 0) {
            ASSERT_TRUE(client.becomes(SessionState::connected));
            for (int call = 0; call < 20; ++call) {
                client.znodes().create("/s-", "x", Mode::ephemeral_sequential, [](auto...) {});
                client.znodes().children(
                    "/", [] {}, [](auto...) {});
                client.znodes().exists(
                    "/none", [] {}, [](auto...) {});
            }
        }
        if (round % 3 == 2) wire.end_session();
        let_pass(std::chrono::milliseconds{round % 7});
        client.destroy();
    }
    ZooKeeperClient last(scheduler, {.hosts = server.address()});
    ASSERT_TRUE(last.becomes(SessionState::connected));
    EXPECT_TRUE(eventually([&] { return last.children("/").empty(); }, 20s))
        << "sessions were closed, not left to expire";
}

TEST_F(ZooKeeperTest, EveryCallIsAnsweredOnceAndInOrderAcrossBreaks) {
    ZooKeeperServer server;
    server.start();
    ZooKeeperWire wire(server.port());
    ZooKeeperClient client(scheduler, {.hosts = wire.address()});
    ASSERT_TRUE(client.becomes(SessionState::connected));
    std::vector<int> answered;
    int asked = 0;

    for (int round = 0; round < 40; ++round) {
        for (int call = 0; call < 10; ++call) {
            const int number = asked++;
            // Every third fails without being sent.
            const auto* path = call % 3 == 0 ? "nonsense" : "/";
            client.znodes().get(path, {}, [&, number](auto...) { answered.push_back(number); });
        }
        if (round % 10 == 4) wire.proxy().cut();
        if (round % 20 == 9) wire.end_session();
        let_pass(5ms);
    }

    ASSERT_TRUE(eventually([&] { return answered.size() == static_cast<std::size_t>(asked); }));
    for (int number = 0; number < asked; ++number)
        EXPECT_EQ(answered[static_cast<std::size_t>(number)], number);
}

}  // namespace
}  // namespace ringcast::test
