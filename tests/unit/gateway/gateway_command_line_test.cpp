#include "gateway_command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ringcast::gateway {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ParsedCommandLine parse(std::vector<const char*> words,
                        std::map<std::string, std::string> environment = {}) {
    words.insert(words.begin(), "ringcast-gateway");
    Surroundings around;
    around.environment = std::move(environment);
    around.file = [](const std::string& name) -> std::optional<std::string> {
        if (name == "/gateway.yaml") return "gateway: {id: from-file}\nserver: {threads: 7}\n";
        return std::nullopt;
    };
    return parse_command_line(static_cast<int>(words.size()), words.data(), around);
}

TEST(GatewayCommandLineTest, FlagsAreShortForSettings) {
    const auto parsed = parse({"--id",
                               "g",
                               "--listen",
                               "127.0.0.1:1",
                               "--admin-listen",
                               "127.0.0.1:2",
                               "--zookeeper",
                               "zk1:2181,zk2:2181",
                               "--cluster",
                               "c",
                               "--threads",
                               "2",
                               "--api-key",
                               "k1",
                               "--api-key",
                               "k,2",
                               "--log-level",
                               "debug",
                               "--advertise-url",
                               "ws://x/",
                               "--standalone",
                               "--insecure",
                               "--set",
                               "limits.queue_bytes_max=2MiB",
                               "--set",
                               "channels.channel_pattern=a=b"});

    ASSERT_THAT(parsed.loaded.faults, IsEmpty());
    const auto& made = parsed.loaded.configuration;
    EXPECT_EQ(made.identity.id, "g");
    EXPECT_EQ(made.server.port, 1);
    EXPECT_EQ(made.admin.listen.port, 2);
    EXPECT_EQ(made.zookeeper.hosts, "zk1:2181,zk2:2181");
    EXPECT_EQ(made.zookeeper.cluster, "c");
    EXPECT_EQ(made.server.threads, 2U);
    EXPECT_THAT(made.api.keys, ElementsAre("k1", "k,2"));
    EXPECT_EQ(made.log.level, "debug");
    EXPECT_EQ(made.identity.advertise_url, "ws://x/");
    EXPECT_TRUE(made.identity.standalone);
    EXPECT_TRUE(made.server.admission.insecure);
    EXPECT_EQ(made.server.limits.queue_bytes_max, 2U << 20U);
    EXPECT_EQ(made.server.channels_without_namespace.channel_pattern, "a=b");
}

TEST(GatewayCommandLineTest, TheFileIsNamedByTheFlagOrTheEnvironment) {
    EXPECT_EQ(parse({"--config", "/gateway.yaml"}).loaded.configuration.server.threads, 7U);

    const auto parsed = parse({"--id", "flag"}, {{"RINGCAST_CONFIG", "/gateway.yaml"}});
    ASSERT_THAT(parsed.loaded.faults, IsEmpty());
    EXPECT_THAT(parsed.loaded.warnings, IsEmpty());
    EXPECT_EQ(parsed.loaded.configuration.server.threads, 7U);
    EXPECT_EQ(parsed.loaded.configuration.identity.id, "flag");
}

TEST(GatewayCommandLineTest, FaultsOfTheLineComeWithThoseOfTheSettings) {
    const auto parsed = parse({"--nonsense", "--config", "/missing", "--set", "novalue",
                               "--threads", "many", "--set", "a.b=c"});

    EXPECT_THAT(parsed.loaded.faults, SizeIs(5));
    EXPECT_THAT(parsed.loaded.faults, Contains(HasSubstr("--nonsense")));
    EXPECT_THAT(parsed.loaded.faults, Contains(HasSubstr("'/missing' cannot be read")));
    EXPECT_THAT(parsed.loaded.faults, Contains(HasSubstr("'novalue' is not KEY=VALUE")));
    EXPECT_THAT(parsed.loaded.faults, Contains(HasSubstr("server.threads 'many'")));
    EXPECT_THAT(parsed.loaded.faults, Contains(HasSubstr("no setting 'a.b'")));
}

TEST(GatewayCommandLineTest, HelpDocumentsEverySetting) {
    const auto parsed = parse({"--help"});

    ASSERT_TRUE(parsed.reply);
    for (const auto& setting : settings()) EXPECT_THAT(*parsed.reply, HasSubstr(setting.key));
    EXPECT_THAT(*parsed.reply, HasSubstr("Examples:"));
    EXPECT_EQ(parse({"--sample"}).reply, sample_file());
}

}  // namespace
}  // namespace ringcast::gateway
