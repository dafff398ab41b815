#include "command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ringcast::router {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ParsedCommandLine parse(std::vector<const char*> words,
                        std::optional<std::string> password_variable = std::nullopt) {
    words.insert(words.begin(), "ringcast-node");
    Surroundings around;
    around.variable = [&](const char*) { return password_variable; };
    around.first_line = [](const std::string& name) -> std::optional<std::string> {
        if (name == "/password") return "from-file";
        if (name == "/digest") return "user:secret";
        return std::nullopt;
    };
    return parse_command_line(static_cast<int>(words.size()), words.data(), around);
}

TEST(AgentCommandLineTest, IdAndRedisAreEnough) {
    const auto parsed = parse({"--id", "redis-1", "--redis", "127.0.0.1:7001"});

    ASSERT_THAT(parsed.faults, IsEmpty());
    EXPECT_EQ(parsed.configuration.agent.node.id, "redis-1");
    EXPECT_EQ(parsed.configuration.redis.text(), "127.0.0.1:7001");
    EXPECT_EQ(parsed.configuration.agent.node.address.text(), "127.0.0.1:7001");
    EXPECT_EQ(parsed.configuration.cluster, "ringcast");
    EXPECT_EQ(parsed.configuration.agent.node.weight, 100U);
}

TEST(AgentCommandLineTest, GatewaysMayBeToldAnotherAddress) {
    const auto parsed = parse(
        {"--id", "redis-1", "--redis", "127.0.0.1:7001", "--advertise", "redis-1.example:7001"});

    ASSERT_THAT(parsed.faults, IsEmpty());
    EXPECT_EQ(parsed.configuration.redis.host, "127.0.0.1");
    EXPECT_EQ(parsed.configuration.agent.node.address.host, "redis-1.example");
}

TEST(AgentCommandLineTest, SecretsComeFromFilesOrTheEnvironment) {
    EXPECT_EQ(parse({"--id", "a", "--redis", "h:1"}, "from-variable").configuration.redis_password,
              "from-variable");

    const auto files = parse({"--id", "a", "--redis", "h:1", "--redis-password-file", "/password",
                              "--digest-file", "/digest"});
    EXPECT_EQ(files.configuration.redis_password, "from-file");
    EXPECT_EQ(files.configuration.digest, "user:secret");
}

TEST(AgentCommandLineTest, EveryFaultIsToldAtOnce) {
    const auto parsed = parse({"--redis", "nowhere", "--weight", "0", "--session-timeout", "6",
                               "--log-level", "loud", "--cluster", "a/b", "--redis-password-file",
                               "/missing", "--redis-user", "u"});

    EXPECT_THAT(
        parsed.faults,
        ElementsAre(HasSubstr("--id is missing"), HasSubstr("--redis 'nowhere'"),
                    HasSubstr("--weight '0'"), HasSubstr("--session-timeout '6'"),
                    HasSubstr("--cluster"), HasSubstr("--log-level 'loud'"),
                    HasSubstr("--redis-password-file '/missing'"), HasSubstr("--redis-user")));
}

TEST(AgentCommandLineTest, WordsItDoesNotKnowAreFaults) {
    EXPECT_THAT(parse({"--id", "a", "--redis", "h:1", "--wieght", "3"}).faults, SizeIs(1));
    EXPECT_THAT(parse({"--id", "a b", "--redis", "h:1"}).faults, SizeIs(1));
    // What the coordinator would not read.
    const std::string long_id(65, 'a');
    EXPECT_THAT(parse({"--id", long_id.c_str(), "--redis", "h:1"}).faults, SizeIs(1));
    EXPECT_THAT(parse({"--id", "a", "--zone", "rack 1", "--redis", "h:1"}).faults, SizeIs(1));
    EXPECT_THAT(parse({"--id", "..", "--redis", "h:1"}).faults, SizeIs(1));
}

TEST(AgentCommandLineTest, HelpGivesExamplesAndDoesNothingElse) {
    const auto parsed = parse({"--help"});

    ASSERT_TRUE(parsed.reply);
    EXPECT_THAT(parsed.faults, IsEmpty());
    EXPECT_THAT(*parsed.reply, HasSubstr("Examples:"));
    EXPECT_THAT(*parsed.reply, HasSubstr("--redis-password-file"));
}

}  // namespace
}  // namespace ringcast::router
