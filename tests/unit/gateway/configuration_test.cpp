#include "configuration.hpp"

#include "ringcast/router/entries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace ringcast::gateway {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

LoadedConfiguration load_file(std::string text) {
    ConfigurationSources sources;
    sources.file_name = "gateway.yaml";
    sources.file = std::move(text);
    return load_configuration(sources);
}

LoadedConfiguration load_overrides(std::vector<std::pair<std::string, std::string>> overrides) {
    ConfigurationSources sources;
    sources.overrides = std::move(overrides);
    return load_configuration(sources);
}

std::string read_sample() {
    std::ifstream file(RINGCAST_SAMPLE_FILE);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ConfigurationTest, NothingGivenIsAllDefaultsWithoutFault) {
    const auto loaded = load_configuration({});

    EXPECT_THAT(loaded.faults, IsEmpty());
    EXPECT_THAT(describe(loaded.configuration), IsEmpty());
    EXPECT_EQ(loaded.configuration.server.port, 8'000);
}

TEST(ConfigurationTest, ReadsEveryKindOfValueFromTheFile) {
    const auto loaded = load_file(R"(
gateway: {id: g1, standalone: yes}
server:
  listen: "[::1]:9000"
  threads: 3
  allowed_origins: ["https://*.example.org", "http://localhost"]
limits:
  queue_bytes_max: 256KiB
  commands_per_second: 0
times:
  ping_interval: 10s
  pong_timeout: 2500ms
channels:
  subscribe_for_clients: true
namespaces:
  - name: chat
    publish_for_subscribers: true
    channel_pattern: "chat:[a-z]+"
  - {name: news}
)");

    ASSERT_THAT(loaded.faults, IsEmpty());
    const auto& made = loaded.configuration;
    EXPECT_EQ(made.identity.id, "g1");
    EXPECT_TRUE(made.identity.standalone);
    EXPECT_EQ(made.server.host, "::1");
    EXPECT_EQ(made.server.port, 9'000);
    EXPECT_EQ(made.server.threads, 3U);
    EXPECT_THAT(made.server.allowed_origins,
                ElementsAre("https://*.example.org", "http://localhost"));
    EXPECT_EQ(made.server.limits.queue_bytes_max, 256U << 10U);
    EXPECT_EQ(made.server.limits.commands_per_second, 0U);
    EXPECT_EQ(made.server.times.ping_interval, 10s);
    EXPECT_EQ(made.server.times.pong_timeout, 2'500ms);
    EXPECT_TRUE(made.server.channels_without_namespace.subscribe_for_clients);
    ASSERT_THAT(made.server.namespaces, SizeIs(2));
    EXPECT_EQ(made.server.namespaces[0].name, "chat");
    EXPECT_TRUE(made.server.namespaces[0].publish_for_subscribers);
    EXPECT_EQ(made.server.namespaces[0].channel_pattern, "chat:[a-z]+");
    EXPECT_EQ(made.server.namespaces[1].name, "news");
}

TEST(ConfigurationTest, JsonIsReadToo) {
    const auto loaded =
        load_file(R"({"server": {"listen": "127.0.0.1:8123"}, "api": {"keys": ["k"]}})");

    ASSERT_THAT(loaded.faults, IsEmpty());
    EXPECT_EQ(loaded.configuration.server.port, 8'123);
    EXPECT_THAT(loaded.configuration.api.keys, ElementsAre("k"));
}

TEST(ConfigurationTest, TheCommandLineWinsOverTheEnvironmentAndThatOverTheFile) {
    ConfigurationSources sources;
    sources.file_name = "gateway.yaml";
    sources.file = "server: {threads: 1, websocket_path: /file}\nlog: {level: warn}\n";
    sources.environment = {{"RINGCAST_SERVER_THREADS", "2"},
                           {"RINGCAST_SERVER_WEBSOCKET_PATH", "/environment"}};
    sources.overrides = {{"server.threads", "3"}};

    const auto loaded = load_configuration(sources);

    ASSERT_THAT(loaded.faults, IsEmpty());
    EXPECT_EQ(loaded.configuration.server.threads, 3U);
    EXPECT_EQ(loaded.configuration.server.websocket_path, "/environment");
    EXPECT_EQ(loaded.configuration.log.level, "warn");
}

TEST(ConfigurationTest, ListsAndNamespacesCanBeGivenAsText) {
    const auto loaded =
        load_overrides({{"server.allowed_origins", "http://a,http://b"},
                        {"api.keys", "[\"one,two\", three]"},
                        {"namespaces", "[{name: chat, subscribe_for_clients: true}]"}});

    ASSERT_THAT(loaded.faults, IsEmpty());
    EXPECT_THAT(loaded.configuration.server.allowed_origins, ElementsAre("http://a", "http://b"));
    EXPECT_THAT(loaded.configuration.api.keys, ElementsAre("one,two", "three"));
    ASSERT_THAT(loaded.configuration.server.namespaces, SizeIs(1));
    EXPECT_TRUE(loaded.configuration.server.namespaces[0].subscribe_for_clients);
}

TEST(ConfigurationTest, EveryFaultIsToldAtOnceWithItsPlace) {
    ConfigurationSources sources;
    sources.file_name = "gateway.yaml";
    sources.file =
        "server:\n"
        "  listen: nowhere\n"
        "  thread: 3\n"
        "limits:\n"
        "  queue_bytes_max: many\n"
        "times: {pong_timeout: 30s}\n"
        "lmits: {}\n";
    sources.environment = {{"RINGCAST_LOG_LEVEL", "loud"}};
    sources.overrides = {{"router.linger", "5"}, {"redis.nothing", "1"}};

    const auto loaded = load_configuration(sources);

    EXPECT_THAT(loaded.faults, Contains(AllOf(HasSubstr("gateway.yaml:2: server.listen"),
                                              HasSubstr("'nowhere'"), HasSubstr("host:port"))));
    EXPECT_THAT(loaded.faults,
                Contains(AllOf(HasSubstr("gateway.yaml:3"), HasSubstr("'server.threads' meant"))));
    EXPECT_THAT(loaded.faults, Contains(HasSubstr("gateway.yaml:5: limits.queue_bytes_max")));
    EXPECT_THAT(loaded.faults, Contains(HasSubstr("gateway.yaml:7: there is no section 'lmits'")));
    EXPECT_THAT(loaded.faults, Contains(HasSubstr("times.pong_timeout")));
    EXPECT_THAT(loaded.faults, Contains(HasSubstr("log.level 'loud'")));
    EXPECT_THAT(loaded.faults, Contains(HasSubstr("command line: router.linger '5'")));
    EXPECT_THAT(loaded.faults,
                Contains(HasSubstr("command line: there is no setting 'redis.nothing'")));
    EXPECT_THAT(loaded.faults, SizeIs(8));
}

TEST(ConfigurationTest, ImpossibleValuesAreRefused) {
    const std::vector<std::pair<std::string, std::string>> impossible{
        {"server.threads", "-1"},
        {"server.threads", "2x"},
        {"server.threads", ""},
        {"server.listen", "::1:8000"},
        {"server.listen", "127.0.0.1"},
        {"server.listen", "127.0.0.1:70000"},
        {"gateway.standalone", "maybe"},
        {"router.hold_time_max", "0"},
        {"router.publish_batch_max", "0"},
        {"limits.message_bytes_max", "99999999999999999999"},
        {"limits.body_bytes_max", "99999999999GiB"},
        {"coordinator.vanish_percent_max", "101"},
        {"zookeeper.cluster", "a/b"},
        {"zookeeper.digest", "nocolon"},
        {"gateway.id", "with space"},
        {"gateway.id", "eu/gw-1"},
        {"gateway.id", std::string(65, 'x')},
        {"namespaces", "[{nam: chat}]"},
        {"namespaces", "[{subscribe_for_clients: true}]"},
        {"namespaces", "[{name: chat}"},
        {"channels.channel_pattern", "("},
    };

    for (const auto& [key, value] : impossible) {
        EXPECT_THAT(load_overrides({{key, value}}).faults, SizeIs(1)) << key << " = " << value;
    }
}

TEST(ConfigurationTest, ZeroIsTakenWhereItMeansNone) {
    EXPECT_THAT(load_overrides({{"router.linger", "0"}, {"limits.accepts_per_second", "0"}}).faults,
                IsEmpty());
}

TEST(ConfigurationTest, RubbishInsteadOfAFileIsAFaultNotACrash) {
    for (const char* text :
         {"a: [", "\t- x", "just text", "- a\n- b", "1: 2", "? [a]: b", "a: &x *x", "server: 3",
          "server: {listen: [1, 2]}", "server: {? [a] : 1}", "!!x y", "server: {listen: }",
          "server: {threads: 1, threads: 2}"}) {
        EXPECT_THAT(load_file(text).faults, Not(IsEmpty())) << text;
    }
    EXPECT_THAT(load_file("").faults, IsEmpty());
    EXPECT_THAT(load_file("server:\n# all commented out\n").faults, IsEmpty());
}

TEST(ConfigurationTest, SecretsAreNeitherDescribedNorQuotedInFaults) {
    const auto loaded = load_overrides({{"redis.password", "swordfish"},
                                        {"tokens.hmac_secret", "swordfish"},
                                        {"api.keys", "swordfish"},
                                        {"zookeeper.digest", "user:swordfish"}});
    ASSERT_THAT(loaded.faults, IsEmpty());
    EXPECT_THAT(describe(loaded.configuration), SizeIs(4));
    EXPECT_THAT(describe(loaded.configuration), Contains("redis.password=***"));
    EXPECT_THAT(describe(loaded.configuration), Not(Contains(HasSubstr("swordfish"))));

    const auto wrong =
        load_file("redis: {password: [swordfish]}\nzookeeper: {digest: swordfish}\n");
    EXPECT_THAT(wrong.faults, SizeIs(2));
    EXPECT_THAT(wrong.faults, Not(Contains(HasSubstr("swordfish"))));
}

TEST(ConfigurationTest, APasswordMayComeFromAFile) {
    ConfigurationSources sources;
    sources.overrides = {{"redis.password_file", "/secret"}};
    sources.first_line = [](const std::string& name) -> std::optional<std::string> {
        if (name == "/secret") return "swordfish";
        return std::nullopt;
    };
    EXPECT_EQ(load_configuration(sources).configuration.router.node.password, "swordfish");

    sources.overrides = {{"redis.password_file", "/missing"}};
    EXPECT_THAT(load_configuration(sources).faults,
                ElementsAre(HasSubstr("redis.password_file: '/missing' cannot be read")));
}

TEST(ConfigurationTest, AnUnknownVariableOfTheEnvironmentIsAWarningOnly) {
    ConfigurationSources sources;
    sources.environment = {{"RINGCAST_BIN", "/somewhere"}};

    const auto loaded = load_configuration(sources);

    EXPECT_THAT(loaded.faults, IsEmpty());
    EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("RINGCAST_BIN")));
}

TEST(ConfigurationTest, TheCommittedSampleIsTheOneTheTableMakes) {
    EXPECT_EQ(read_sample(), sample_file())
        << "write it anew: ringcast-gateway --sample > deploy/config/ringcast-gateway.yaml";
}

TEST(ConfigurationTest, TheSampleLoadsAsItIsAndWithEveryLineUncommented) {
    EXPECT_THAT(load_file(read_sample()).faults, IsEmpty());

    // Settings are `  #name: value`, prose is `  # text`.
    const std::string uncommented =
        std::regex_replace(read_sample(), std::regex("(^|\n)(  )#(?=[a-z])"), "$1$2");
    const auto loaded = load_file(uncommented);

    EXPECT_THAT(loaded.faults, IsEmpty());
    EXPECT_THAT(describe(loaded.configuration), IsEmpty());
}

TEST(ConfigurationTest, HelpAndSampleNameEverySetting) {
    const std::string help = settings_help();
    const std::string sample = read_sample();

    EXPECT_THAT(settings(), SizeIs(testing::Gt(80)));
    for (const auto& setting : settings()) {
        EXPECT_THAT(help, HasSubstr("  " + setting.key + "  "));
        EXPECT_FALSE(setting.help.empty()) << setting.key;
        const auto name = setting.key.substr(setting.key.find('.') + 1);
        EXPECT_THAT(sample, HasSubstr("#" + name + ":"));
    }
}

TEST(ConfigurationTest, AGatewayWithoutIdIsNamedByItsPlaceAsOthersCanReadIt) {
    EXPECT_EQ(id_of_place("chat-7", 8000), "chat-7:8000");
    const std::string pod = std::string(60, 'x') + "-7f9c";
    EXPECT_EQ(id_of_place(pod, 8000), pod.substr(6) + ":8000");
    EXPECT_TRUE(router::is_entry_id(id_of_place(pod, 65'535)));
}

TEST(ConfigurationTest, NoTwoSettingsShareAVariableOfTheEnvironment) {
    std::set<std::string> names;
    for (const auto& setting : settings()) {
        EXPECT_TRUE(names.insert(environment_name(setting.key)).second) << setting.key;
    }
}

}  // namespace
}  // namespace ringcast::gateway
