// What goes wrong while one client's command is served ends that client alone.
#include "log_lines.hpp"
#include "ringcast/gateway/protocol.hpp"
#include "server_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

namespace {

/// The next allocation of exactly this size fails, after so many that do not; 0: none does.
std::atomic<std::size_t> bytes_refused{0};
std::atomic<int> refusals_spared{0};

}  // namespace

// Not inlined: the compiler would take malloc and delete for a mismatched pair.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    if (bytes != 0 && bytes == bytes_refused && refusals_spared-- == 0) {
        bytes_refused = 0;
        throw std::bad_alloc();
    }
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace ringcast::test {
namespace {

using gateway::CloseCode;
using testing::HasSubstr;

/// The id in a reply to connect.
std::string client_of(const std::string& reply) {
    constexpr std::string_view before = R"("client":")";
    const std::size_t begin = reply.find(before) + before.size();
    return reply.substr(begin, reply.find('"', begin) - begin);
}

TEST(InternalErrorTest, ACommandThatCannotBeServedClosesItsClientAlone) {
    const LogLines log;
    gateway::Options options = ServerWorld::options();
    options.threads = 1;  // the others are served by the very same thread
    ServerWorld world(options, {}, log.logger());
    WebSocketClient other = world.connected_client();
    other.subscribe("a");
    WebSocketClient unlucky = world.client();
    const std::string id = client_of(unlucky.connect());
    unlucky.subscribe("a");

    // What is published is put together in one piece: this size, and the zero behind it.
    const std::string data(40'000, 'x');
    gateway::ClientInfo publisher;
    publisher.client = id;
    const auto publication = gateway::encode_publication('"' + data + '"', encode(publisher));
    refusals_spared = 0;
    bytes_refused = publication.capacity() + 1;
    unlucky.send(R"({"id":7,"publish":{"channel":"a","data":")" + data + R"("}})");

    const auto close = unlucky.closed();
    EXPECT_EQ(close.code, 3004U);
    EXPECT_EQ(close.reason, "internal server error");
    EXPECT_EQ(bytes_refused, 0U) << "it was the memory";
    EXPECT_EQ(world.closes(CloseCode::internal_error), 1U);
    EXPECT_EQ(log.count("client closed client=" + id), 1U);
    EXPECT_EQ(world.server().status().subscriptions, 1U);
    other.send(R"({"id":7,"publish":{"channel":"a","data":1}})");
    EXPECT_THAT(other.line_with("push"), HasSubstr(R"("data":1)"));
}

/// The longer it lasts until memory fails, the further the command has come: first the machine
/// decides and its client is told, then the session obeys, and there is nothing left but to drop
/// it.
TEST(InternalErrorTest, AClientWhoseSessionFailsIsDroppedAlone) {
    const LogLines log;
    gateway::Options options = ServerWorld::options();
    options.threads = 1;
    options.limits.channel_bytes_max = 50'000;
    ServerWorld world(options, {}, log.logger());
    WebSocketClient other = world.connected_client();
    other.subscribe("a");

    const std::string name(30'000, 'x');
    std::uint64_t failed = 0;
    while (log.count("client dropped client=") == 0) {
        WebSocketClient unlucky = world.connected_client();
        refusals_spared = static_cast<int>(failed);
        bytes_refused = name.size() + 1;
        unlucky.send(R"({"id":2,"subscribe":{"channel":")" + name + R"("}})");
        const auto close = unlucky.closed();
        ++failed;
        EXPECT_EQ(bytes_refused, 0U) << "it was the memory";
        EXPECT_EQ(close.code, log.count("client dropped client=") == 0 ? 3004U : 0U);
        ASSERT_LT(failed, 20U);
    }

    EXPECT_TRUE(eventually([&] { return world.server().status().sessions == 1; }));
    EXPECT_EQ(world.closes(CloseCode::internal_error), failed);
    other.send(R"({"id":7,"publish":{"channel":"a","data":1}})");
    EXPECT_THAT(other.line_with("push"), HasSubstr(R"("data":1)"));
}

}  // namespace
}  // namespace ringcast::test
