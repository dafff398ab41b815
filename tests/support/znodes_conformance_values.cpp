#include "ringcast/membership/configuration.hpp"
#include "ringcast/membership/counter.hpp"
#include "znodes_conformance.hpp"

#include <random>
#include <set>

/// Values that many share: configuration and counter over any tree of znodes.

namespace ringcast::test {
namespace {

using membership::Configuration;
using membership::Counter;
using membership::Errc;
using membership::SessionState;

const std::error_code ok;

class ConfigurationConformance : public ZnodesConformance {
protected:
    struct Written {
        std::error_code error;
        std::int32_t version = 0;
    };

    Written write(Configuration& configuration, const std::string& data,
                  std::optional<std::int32_t> version) {
        auto answer = std::make_shared<std::optional<Written>>();
        configuration.write(data, version, [answer](std::error_code error, std::int32_t now) {
            *answer = Written{error, now};
        });
        EXPECT_FALSE(answer->has_value());
        EXPECT_TRUE(eventually([&] { return answer->has_value(); }));
        return answer->value_or(Written{Errc::unavailable});
    }

    static bool shows(const Configuration& configuration, const std::string& data) {
        return configuration.value() && configuration.value()->data == data;
    }
};

TEST_F(ConfigurationConformance, AbsenceIsKnownAndThenTheFirstValue) {
    int told = 0;
    const Configuration configuration(*one, scheduler(), "/deep/config", [&] { ++told; });
    EXPECT_FALSE(configuration.known());
    ASSERT_TRUE(eventually([&] { return configuration.known(); }));
    EXPECT_EQ(configuration.value(), std::nullopt);
    EXPECT_EQ(told, 1);

    ASSERT_EQ(create(*two, "/deep"), ok);
    ASSERT_EQ(create(*two, "/deep/config", "1"), ok);

    ASSERT_TRUE(eventually([&] { return shows(configuration, "1"); }));
    EXPECT_EQ(configuration.value()->version, 0);
    EXPECT_EQ(told, 2);
}

TEST_F(ConfigurationConformance, EveryoneFollowsWhatOneWrites) {
    Configuration writer(*one, scheduler(), "/deep/config");
    const Configuration reader(*two, scheduler(), "/deep/config");

    EXPECT_EQ(write(writer, "0", std::nullopt).error, ok);
    ASSERT_TRUE(eventually([&] { return shows(reader, "0"); }));
    for (int version = 0; version < 5; ++version) {
        const auto text = std::to_string(version + 1);
        const auto written = write(writer, text, version);
        EXPECT_EQ(written.error, ok);
        EXPECT_EQ(written.version, version + 1);
        ASSERT_TRUE(eventually([&] { return shows(reader, text); }));
        EXPECT_EQ(reader.value()->version, version + 1);
    }
    EXPECT_TRUE(eventually([&] { return shows(writer, "5"); }));
}

TEST_F(ConfigurationConformance, AWriteAgainstAnotherVersionIsRefused) {
    Configuration configuration(*one, scheduler(), "/config");
    EXPECT_EQ(write(configuration, "0", 3).error, Errc::no_node);
    EXPECT_EQ(write(configuration, "0", std::nullopt).error, ok);
    EXPECT_EQ(write(configuration, "0", std::nullopt).error, Errc::node_exists);
    EXPECT_EQ(write(configuration, "1", 1).error, Errc::bad_version);
    EXPECT_EQ(write(configuration, std::string(2U << 20U, 'x'), 0).error, Errc::too_large);
    EXPECT_EQ(get(*one, "/config").data, "0");
}

TEST_F(ConfigurationConformance, RemovalIsShownAsAbsence) {
    Configuration configuration(*one, scheduler(), "/config");
    ASSERT_EQ(write(configuration, "0", std::nullopt).error, ok);
    ASSERT_TRUE(eventually([&] { return shows(configuration, "0"); }));

    ASSERT_EQ(remove(*two, "/config"), ok);

    ASSERT_TRUE(eventually([&] { return !configuration.value(); }));
    ASSERT_EQ(create(*two, "/config", "again"), ok);
    EXPECT_TRUE(eventually([&] { return shows(configuration, "again"); }));
}

TEST_F(ConfigurationConformance, TheLastValueIsServedWhileSuspendedAndTheNewOneAfterwards) {
    ASSERT_EQ(create(*one, "/config", "old"), ok);
    settle();
    const Configuration configuration(*two, scheduler(), "/config");
    ASSERT_TRUE(eventually([&] { return shows(configuration, "old"); }));

    world->suspend(*two);
    ASSERT_TRUE(eventually([&] { return two->session().state == SessionState::suspended; }));
    ASSERT_EQ(set(*one, "/config", "new"), ok);
    EXPECT_TRUE(shows(configuration, "old"));
    world->resume(*two);

    EXPECT_TRUE(eventually([&] { return shows(configuration, "new"); }));
}

TEST_F(ConfigurationConformance, TheWatchIsNeverSilentlyDead) {
    ASSERT_EQ(create(*one, "/config", "0"), ok);
    settle();
    const Configuration configuration(*two, scheduler(), "/config");
    ASSERT_TRUE(eventually([&] { return shows(configuration, "0"); }));

    // The re-read that follows a change falls into a suspension, at every depth.
    for (int turns = 0; turns < 8; ++turns) {
        const auto text = std::to_string(turns + 1);
        ASSERT_EQ(set(*one, "/config", text), ok);
        int left = turns;
        (void)eventually([&] { return left-- <= 0; });
        world->suspend(*two);
        ASSERT_TRUE(eventually([&] { return two->session().state == SessionState::suspended; }));
        world->resume(*two);
        ASSERT_TRUE(eventually([&] { return shows(configuration, text); })) << turns;
        ASSERT_EQ(set(*one, "/config", text + "'"), ok);
        ASSERT_TRUE(eventually([&] { return shows(configuration, text + "'"); })) << turns;
    }
}

TEST_F(ConfigurationConformance, ItGoesOnUnderTheNextSession) {
    ASSERT_EQ(create(*one, "/config", "0"), ok);
    settle();
    const Configuration configuration(*two, scheduler(), "/config");
    ASSERT_TRUE(eventually([&] { return shows(configuration, "0"); }));
    const auto before = two->session().id;

    world->expire(*two);
    ASSERT_TRUE(eventually([&] { return two->session().id != before; }));
    ASSERT_TRUE(connected(*two));
    ASSERT_EQ(set(*one, "/config", "1"), ok);

    EXPECT_TRUE(eventually([&] { return shows(configuration, "1"); }));
}

TEST_F(ConfigurationConformance, AWriteOfUnknownOutcomeIsDoneOnce) {
    Configuration configuration(*one, scheduler(), "/config");
    for (const bool done : {true, false}) {
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
        const auto first = write(configuration, "created", std::nullopt);
        EXPECT_EQ(first.error, ok);
        EXPECT_EQ(first.version, 0);
        EXPECT_EQ(get(*one, "/config").stat.version, 0);

        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
        const auto second = write(configuration, "written", 0);
        EXPECT_EQ(second.error, ok);
        EXPECT_EQ(second.version, 1);
        EXPECT_EQ(get(*one, "/config").data, "written");
        EXPECT_EQ(get(*one, "/config").stat.version, 1);
        ASSERT_EQ(remove(*one, "/config"), ok);
    }
}

TEST_F(ConfigurationConformance, AWriteThatOthersWroteOverMeanwhileIsUnknown) {
    ASSERT_EQ(create(*one, "/config", "0"), ok);
    Configuration configuration(*one, scheduler(), "/config");
    if (!world->break_next_write(*one, true)) GTEST_SKIP() << "cannot be arranged";
    std::optional<std::error_code> answer;
    configuration.write("1", 0, [&](std::error_code error, std::int32_t) { answer = error; });
    ASSERT_TRUE(eventually([&] { return one->session().state == SessionState::suspended; }));
    world->suspend(*one);  // until the other has written

    ASSERT_EQ(set(*two, "/config", "2"), ok);
    world->resume(*one);

    ASSERT_TRUE(eventually([&] { return answer.has_value(); }));
    EXPECT_EQ(*answer, Errc::unknown_outcome);
    EXPECT_EQ(get(*two, "/config").data, "2");
}

TEST_F(ConfigurationConformance, ItMayBeDestroyedByItsOwnObserverWithAWriteOnItsWay) {
    std::optional<Configuration> configuration;
    bool answered = false;
    configuration.emplace(*one, scheduler(), "/config", [&] { configuration.reset(); });
    configuration->write("1", std::nullopt, [&](auto...) {
        answered = true;
        configuration.reset();
    });

    EXPECT_TRUE(eventually([&] { return !configuration.has_value(); }));
    settle();
    EXPECT_TRUE(eventually([&] { return exists(*two, "/config").has_value() || answered; }));
}

// Two clients write against what they have read, over suspensions and expiries. Every version that
// a successful write came to is unique, and what a follower shows never goes back.
TEST_F(ConfigurationConformance, NoUpdateIsLostAndNothingGoesBack) {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return random() % n; };
        const std::string path = "/seed" + std::to_string(seed);
        ASSERT_EQ(create(*one, path, "0"), ok);
        std::set<std::int32_t> versions;
        std::int64_t shown = 0;
        std::unique_ptr<Configuration> watched;
        Configuration first(*one, scheduler(), path);
        int open = 0;
        watched = std::make_unique<Configuration>(*two, scheduler(), path, [&] {
            if (!watched->value()) return;
            EXPECT_GT(watched->value()->modified, shown);
            shown = watched->value()->modified;
        });
        const auto attempt = [&](Configuration& configuration, int step) {
            if (!configuration.value()) return;
            ++open;
            configuration.write(std::to_string(step), configuration.value()->version,
                                [&](std::error_code error, std::int32_t version) {
                                    --open;
                                    EXPECT_TRUE(error || versions.insert(version).second);
                                });
        };

        for (int step = 0; step < 60; ++step) {
            Znodes& client = below(2) == 0 ? *one : *two;
            switch (below(8)) {
                case 0:
                    world->suspend(client);
                    break;
                case 1:
                case 2:
                    world->resume(client);
                    break;
                case 3:
                    if (below(4) == 0) world->expire(client);
                    break;
                case 4:
                case 5:
                    attempt(first, step);
                    break;
                default:
                    attempt(*watched, step + 1'000);
            }
            auto turns = below(10);
            (void)eventually([&] { return turns-- == 0; });
        }
        for (auto* client : {one.get(), two.get()}) world->resume(*client);
        for (auto* client : {one.get(), two.get()}) ASSERT_TRUE(connected(*client));

        ASSERT_TRUE(eventually([&] { return open == 0; }));
        const auto last = get(*one, path);
        EXPECT_LE(versions.size(), static_cast<std::size_t>(last.stat.version));
        EXPECT_FALSE(versions.empty());
        EXPECT_TRUE(
            eventually([&] { return shows(*watched, last.data) && shows(first, last.data); }));
    }
}

class CounterConformance : public ZnodesConformance {
protected:
    struct Number {
        std::error_code error;
        std::int64_t value = 0;
    };

    Number ask(const std::function<void(Counter::Handler)>& question) {
        auto answer = std::make_shared<std::optional<Number>>();
        question([answer](std::error_code error, std::int64_t value) {
            *answer = Number{error, value};
        });
        EXPECT_TRUE(eventually([&] { return answer->has_value(); }));
        return answer->value_or(Number{Errc::unavailable});
    }

    Number next(Counter& counter) {
        return ask([&](auto handler) { counter.next(std::move(handler)); });
    }
    Number last(Counter& counter) {
        return ask([&](auto handler) { counter.last(std::move(handler)); });
    }
};

TEST_F(CounterConformance, ItCountsFromOneForEverybody) {
    Counter first(*one, scheduler(), "/deep/count");
    Counter second(*two, scheduler(), "/deep/count");

    EXPECT_EQ(last(first).value, 0);
    EXPECT_EQ(next(first).value, 1);
    EXPECT_EQ(next(second).value, 2);
    EXPECT_EQ(next(first).value, 3);
    settle();
    EXPECT_EQ(last(second).value, 3);
}

TEST_F(CounterConformance, ManyAtOnceGetDistinctNumbers) {
    Counter first(*one, scheduler(), "/count");
    Counter second(*two, scheduler(), "/count");
    std::set<std::int64_t> numbers;
    int answers = 0;
    for (int i = 0; i < 20; ++i) {
        (i % 2 == 0 ? first : second).next([&](std::error_code error, std::int64_t value) {
            EXPECT_EQ(error, ok);
            numbers.insert(value);
            ++answers;
        });
    }

    ASSERT_TRUE(eventually([&] { return answers == 20; }));
    EXPECT_EQ(numbers.size(), 20U);
    EXPECT_EQ(*numbers.begin(), 1);
    EXPECT_EQ(*numbers.rbegin(), 20);
}

TEST_F(CounterConformance, RubbishIsRefusedAndLeftAlone) {
    Counter counter(*one, scheduler(), "/count");
    for (const std::string rubbish :
         {"", "x", "1x", " 1", "-1", "99999999999999999999", "1\n", "9223372036854775807"}) {
        (void)remove(*one, "/count");
        ASSERT_EQ(create(*one, "/count", rubbish), ok);
        EXPECT_EQ(next(counter).error, Errc::unreadable) << rubbish;
        EXPECT_EQ(get(*one, "/count").data, rubbish);
    }
}

TEST_F(CounterConformance, ANumberOfUnknownOutcomeIsNeverGivenTwice) {
    Counter first(*one, scheduler(), "/count");
    Counter second(*two, scheduler(), "/count");
    std::int64_t before = next(first).value;
    for (const bool done : {true, false}) {
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
        const auto number = next(first);
        EXPECT_EQ(number.error, ok);
        EXPECT_GT(number.value, before);
        const auto other = next(second);
        EXPECT_GT(other.value, number.value);
        before = other.value;
    }
}

TEST_F(CounterConformance, ACounterMayBeDestroyedByItsOwnHandler) {
    auto counter = std::make_unique<Counter>(*one, scheduler(), "/count");
    int later = 0;
    counter->next([&](auto...) { counter.reset(); });
    counter->next([&](auto...) { ++later; });

    EXPECT_TRUE(eventually([&] { return counter == nullptr; }));
    settle();
    EXPECT_LE(later, 1);
}

}  // namespace
}  // namespace ringcast::test
