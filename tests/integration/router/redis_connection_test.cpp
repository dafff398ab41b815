#include "redis_connection.hpp"

#include "redis_server.hpp"
#include "ringcast/router/node_control.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using ringcast::test::RedisServer;

/// A connection, and what it told.
struct Client {
    Client(boost::asio::io_context& loop, std::uint16_t port, NodeOptions options,
           std::string name = "test")
        : connection(std::make_unique<RedisConnection>(loop.get_executor(), std::move(options),
                                                       std::move(name))) {
        connection->open(
            {"127.0.0.1", port},
            {.opened = [this] { opened = true; },
             .closed = [this](const Closed& why) { closed = why; },
             .pushed =
                 [this](const resp::Reply& push) {
                     pushes.emplace_back(push.is_array() ? push[0].text() : push.text());
                 }});
    }
    void ask(std::initializer_list<std::string_view> words) {
        connection->command(
            words, [this](const resp::Reply& reply) { answers.emplace_back(reply.text()); });
    }

    std::unique_ptr<RedisConnection> connection;
    bool opened = false;
    std::optional<Closed> closed;
    std::vector<std::string> answers;
    std::vector<std::string> pushes;
};

class RedisConnectionTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto missing = RedisServer::missing()) GTEST_SKIP() << *missing;
        server.emplace();
        // Whoever expects that nobody answers sets less.
        options.connect_timeout = patience;
        options.answer_timeout = patience;
    }

    bool run_until(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (!condition() && std::chrono::steady_clock::now() < end) {
            loop.run_one_for(10ms);
            loop.restart();
        }
        return condition();
    }
    std::optional<Closed::Why> why_closed(Client& client) {
        if (!run_until([&] { return client.closed.has_value(); })) return std::nullopt;
        return client.closed->why;
    }

    static constexpr auto patience = 10s;

    boost::asio::io_context loop;
    std::optional<RedisServer> server;
    NodeOptions options;
};

TEST_F(RedisConnectionTest, CommandsAreAnsweredInOrder) {
    Client client(loop, server->port(), options);
    ASSERT_TRUE(run_until([&] { return client.opened; }));
    client.ask({"SET", "key", "value"});
    client.ask({"GET", "key"});
    client.ask({"CLIENT", "GETNAME"});
    client.ask({"NONSENSE"});

    ASSERT_TRUE(run_until([&] { return client.answers.size() == 4; }));
    EXPECT_EQ(client.answers[0], "OK");
    EXPECT_EQ(client.answers[1], "value");
    EXPECT_EQ(client.answers[2], "test");
    EXPECT_TRUE(client.answers[3].starts_with("ERR unknown command"));
}

TEST_F(RedisConnectionTest, ASubscribedConnectionTakesPushesAndAnswersPing) {
    Client client(loop, server->port(), options);
    ASSERT_TRUE(run_until([&] { return client.opened; }));
    const std::string_view words[] = {"SUBSCRIBE", "a", "b"};
    client.connection->subscribing_command(words);
    ASSERT_TRUE(run_until([&] { return client.pushes.size() == 2; }));

    client.ask({"PING"});
    (void)server->command("PUBLISH a hello");
    ASSERT_TRUE(run_until([&] { return client.pushes.size() == 3 && client.answers.size() == 1; }));
    EXPECT_EQ(client.pushes, (std::vector<std::string>{"subscribe", "subscribe", "message"}));
}

TEST_F(RedisConnectionTest, AnAclUserLogsIn) {
    ASSERT_EQ(server->command("ACL SETUSER someone on >secret ~* &* +@all"), "+OK\r\n");
    options.user = "someone";
    options.password = "secret";
    Client client(loop, server->port(), options);
    ASSERT_TRUE(run_until([&] { return client.opened; }));
    client.ask({"ACL", "WHOAMI"});
    ASSERT_TRUE(run_until([&] { return client.answers.size() == 1; }));
    EXPECT_EQ(client.answers[0], "someone");
}

TEST_F(RedisConnectionTest, AWrongPasswordIsNotAdmitted) {
    ASSERT_EQ(server->command("CONFIG SET requirepass secret"), "+OK\r\n");
    options.password = "wrong";
    Client client(loop, server->port(), options);
    EXPECT_EQ(why_closed(client), Closed::Why::not_admitted);
    EXPECT_NE(client.closed->text.find("WRONGPASS"), std::string::npos);
}

TEST_F(RedisConnectionTest, NobodyListeningIsRefused) {
    const auto port = server->port();
    server->stop();
    Client client(loop, port, options);
    EXPECT_EQ(why_closed(client), Closed::Why::refused);
}

TEST_F(RedisConnectionTest, AFrozenNodeIsUnreachableAfterTheConnectTimeout) {
    options.connect_timeout = 300ms;
    server->freeze();
    Client client(loop, server->port(), options);
    EXPECT_EQ(why_closed(client), Closed::Why::unreachable);
    server->thaw();
}

TEST_F(RedisConnectionTest, ACommandWithoutAnswerBreaksTheConnection) {
    options.answer_timeout = 300ms;
    Client client(loop, server->port(), options);
    ASSERT_TRUE(run_until([&] { return client.opened; }));
    server->freeze();
    client.ask({"PING"});
    EXPECT_EQ(why_closed(client), Closed::Why::answer_timeout);
    EXPECT_TRUE(client.answers.empty());
    server->thaw();
}

TEST_F(RedisConnectionTest, AnIdleConnectionStaysOpen) {
    options.answer_timeout = 1s;
    Client client(loop, server->port(), options);
    ASSERT_TRUE(run_until([&] { return client.opened; }));
    client.ask({"PING"});
    ASSERT_TRUE(run_until([&] { return client.answers.size() == 1; }));
    const auto end = std::chrono::steady_clock::now() + 2 * options.answer_timeout;
    EXPECT_TRUE(run_until([&] { return std::chrono::steady_clock::now() > end; }));
    EXPECT_FALSE(client.closed);
}

TEST_F(RedisConnectionTest, AKilledConnectionHasEnded) {
    Client client(loop, server->port(), options);
    ASSERT_TRUE(run_until([&] { return client.opened; }));
    (void)server->command("CLIENT KILL TYPE normal");
    EXPECT_EQ(why_closed(client), Closed::Why::ended);
}

TEST_F(RedisConnectionTest, AReplyAboveTheLimitBreaksTheConnection) {
    options.reply_bytes_max = 1'000;
    (void)server->command("SET key " + std::string(2'000, 'x'));
    Client client(loop, server->port(), options);
    ASSERT_TRUE(run_until([&] { return client.opened; }));
    client.ask({"GET", "key"});
    EXPECT_EQ(why_closed(client), Closed::Why::malformed);
}

TEST_F(RedisConnectionTest, APeerThatSpeaksSomethingElseIsClosed) {
    options.connect_timeout = 300ms;  // for what could be the beginning of an answer
    for (const std::string greeting :
         {"HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n+OK\r\n+OK\r\n+OK\r\n", "*1\r\n*1\r\n*1\r\n",
          "\x16\x03\x01\x02", "$1000000000\r\n"}) {
        tcp::acceptor acceptor(loop, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        std::optional<tcp::socket> peer;
        acceptor.async_accept([&](boost::system::error_code, tcp::socket socket) {
            peer.emplace(std::move(socket));
            boost::asio::write(*peer, boost::asio::buffer(greeting));
        });
        Client client(loop, acceptor.local_endpoint().port(), options);
        EXPECT_TRUE(why_closed(client).has_value()) << greeting;
    }
}

TEST_F(RedisConnectionTest, ItMayBeDestroyedFromAnyOfItsHandlers) {
    for (int handler = 0; handler < 4; ++handler) {
        std::optional<RedisConnection> connection(std::in_place, loop.get_executor(), options, "x");
        bool destroyed = false;
        const auto destroy = [&, held = std::make_shared<int>(handler)] {
            connection.reset();
            destroyed = *held == handler;  // what the handler captured must still live
        };
        connection->open({"127.0.0.1", server->port()},
                         {.opened =
                              [&] {
                                  if (handler == 0) return destroy();
                                  if (handler == 1) {
                                      return connection->command(
                                          {"PING"}, [&](const resp::Reply&) { destroy(); });
                                  }
                                  if (handler == 2) {
                                      const std::string_view words[] = {"SUBSCRIBE", "a"};
                                      return connection->subscribing_command(words);
                                  }
                                  (void)server->command("CLIENT KILL TYPE normal");
                              },
                          .closed = [&](const Closed&) { destroy(); },
                          .pushed = [&](const resp::Reply&) { destroy(); }});
        EXPECT_TRUE(run_until([&] { return destroyed; })) << handler;
    }
}

TEST_F(RedisConnectionTest, AProbeTellsTheLivingFromTheDeadAndFromTheSilent) {
    const auto probe_of = [&](std::uint16_t port, const NodeOptions& with,
                              std::chrono::milliseconds timeout = patience) {
        const auto probe = make_node_control(loop.get_executor(), with, "");
        std::optional<ProbeOutcome> outcome;
        probe->probe({"127.0.0.1", port}, timeout, [&](ProbeOutcome what) { outcome = what; });
        EXPECT_TRUE(run_until([&] { return outcome.has_value(); }));
        return outcome;
    };
    EXPECT_EQ(probe_of(server->port(), options), ProbeOutcome::answered);

    (void)server->command("CONFIG SET requirepass secret");
    EXPECT_EQ(probe_of(server->port(), options), ProbeOutcome::answered);  // it refuses: it lives
    options.password = "secret";
    EXPECT_EQ(probe_of(server->port(), options), ProbeOutcome::answered);

    server->freeze();
    EXPECT_EQ(probe_of(server->port(), options, 300ms), ProbeOutcome::silent);
    server->thaw();
    server->kill();
    EXPECT_EQ(probe_of(server->port(), options), ProbeOutcome::refused);
}

/// As the ACL user of gateways, with what the README states.
TEST_F(RedisConnectionTest, ANodeIsFencedAndToldTheViewAndNeitherEverGoesBack) {
    ASSERT_EQ(server->command("ACL SETUSER gateway on >secret resetchannels allchannels resetkeys "
                              "\"~\\xffringcast:*\" -@all +auth +ping +client|setname +script|load "
                              "+evalsha +get +getrange +exists +set +publish"),
              "+OK\r\n");
    options.user = "gateway";
    options.password = "secret";
    const auto control = make_node_control(loop.get_executor(), options, "ringcast:gw-1:control");
    const auto fence = [&](std::uint64_t at, std::uint64_t view, const std::string& record) {
        std::optional<std::error_code> outcome;
        control->fence({"127.0.0.1", server->port()}, ViewNumber{at}, ViewNumber{view}, record,
                       patience, [&](std::error_code error) { outcome = error; });
        EXPECT_TRUE(run_until([&] { return outcome.has_value(); }));
        return !outcome->operator bool();
    };
    const auto fenced = [&] { return server->command("GET \"\\xffringcast:fence\""); };
    const auto told = [&] { return server->command("GET \"\\xffringcast:view\""); };

    EXPECT_TRUE(fence(0, 5, "five"));
    EXPECT_EQ(fenced(), "$-1\r\n");
    EXPECT_EQ(told(), "$6\r\n5 five\r\n");
    EXPECT_TRUE(fence(7, 7, "seven"));
    EXPECT_TRUE(fence(6, 6, "six"));
    EXPECT_EQ(fenced(), "$1\r\n7\r\n");
    EXPECT_EQ(told(), "$7\r\n7 seven\r\n");

    server->kill();
    EXPECT_FALSE(fence(8, 8, "eight"));
}

TEST_F(RedisConnectionTest, ACoordinatorsConnectionsAreKnownByTheirName) {
    const auto control = make_node_control(loop.get_executor(), options, "ringcast:gw-1:control");
    bool fenced = false;
    (void)server->command("CLIENT PAUSE 60000 WRITE");
    control->fence({"127.0.0.1", server->port()}, ViewNumber{7}, ViewNumber{7}, "seven", patience,
                   [&](std::error_code error) { fenced = !error; });
    EXPECT_TRUE(run_until([&] {
        return server->command("CLIENT LIST").find(" name=ringcast:gw-1:control ") !=
               std::string::npos;
    }));
    (void)server->command("CLIENT UNPAUSE");
    EXPECT_TRUE(run_until([&] { return fenced; }));
}

}  // namespace
}  // namespace ringcast::router::test
