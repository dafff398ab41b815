#include "ringcast/membership/barrier.hpp"
#include "ringcast/membership/history.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/random_id.hpp"
#include "znodes_conformance.hpp"

#include <algorithm>
#include <random>

/// Entries that outlive their makers: queue, barrier and history over any tree of znodes.

namespace ringcast::test {
namespace {

using membership::Barrier;
using membership::BarrierWait;
using membership::Errc;
using membership::History;
using membership::Queue;
using membership::QueueConsumer;
using membership::SessionState;

const std::error_code ok;

class QueueConformance : public ZnodesConformance {
protected:
    static Queue::Options options(const std::string& id) {
        return {.path = "/deep/requests", .prefix = "r-", .id = id};
    }

    std::string push(Queue& queue, const std::string& data) {
        auto answer = std::make_shared<std::optional<std::string>>();
        queue.push(data, [answer](std::error_code error, std::string name) {
            EXPECT_EQ(error, ok);
            *answer = std::move(name);
        });
        EXPECT_TRUE(eventually([&] { return answer->has_value(); }));
        return answer->value_or("");
    }

    static std::vector<std::string> data_of(const QueueConsumer& consumer) {
        std::vector<std::string> data;
        for (const auto& item : consumer.items()) data.push_back(item.data);
        return data;
    }
};

TEST_F(QueueConformance, ItemsComeInTheOrderInWhichTheyWerePut) {
    Queue first(*one, scheduler(), options("z"));
    Queue second(*two, scheduler(), options("a"));
    const auto name = push(first, "1");
    EXPECT_EQ(name, "r-z.1-0000000000");
    (void)push(second, "2");
    (void)push(first, "3");
    (void)push(second, "4");
    settle();

    const QueueConsumer consumer(*two, scheduler(), "/deep/requests", "r-", nullptr);
    EXPECT_FALSE(consumer.complete());

    ASSERT_TRUE(eventually([&] { return consumer.complete(); }));
    EXPECT_EQ(data_of(consumer), (std::vector<std::string>{"1", "2", "3", "4"}));
    EXPECT_EQ(consumer.items().front().name, name);
}

TEST_F(QueueConformance, AConsumerWaitsForItemsAndRemovesThem) {
    int told = 0;
    QueueConsumer consumer(*one, scheduler(), "/deep/requests", "r-", [&] { ++told; });
    ASSERT_TRUE(eventually([&] { return consumer.complete(); }));
    EXPECT_TRUE(consumer.items().empty());
    Queue queue(*two, scheduler(), options("a"));
    const auto name = push(queue, "1");
    (void)push(queue, "2");
    ASSERT_TRUE(eventually([&] { return consumer.items().size() == 2; }));

    bool shown_when_answered = true;
    bool removed = false;
    consumer.remove(name, [&](std::error_code error) {
        EXPECT_EQ(error, ok);
        removed = true;
        shown_when_answered = consumer.items().front().name == name;
    });

    ASSERT_TRUE(eventually([&] { return removed; }));
    EXPECT_FALSE(shown_when_answered);
    settle();
    EXPECT_EQ(data_of(consumer), std::vector<std::string>{"2"});
    EXPECT_EQ(children(*one, "/deep/requests").names.size(), 1U);
    EXPECT_GE(told, 2);
}

TEST_F(QueueConformance, WhatIsGoneCountsAsRemoved) {
    Queue queue(*one, scheduler(), options("a"));
    const auto name = push(queue, "1");
    for (int i = 0; i < 2; ++i) {
        std::optional<std::error_code> answer;
        queue.remove(name, [&](std::error_code error) { answer = error; });
        ASSERT_TRUE(eventually([&] { return answer.has_value(); }));
        EXPECT_EQ(*answer, ok);
    }
    EXPECT_TRUE(children(*one, "/deep/requests").names.empty());
}

TEST_F(QueueConformance, APushOfUnknownOutcomeIsOneItem) {
    Queue queue(*one, scheduler(), options("a"));
    (void)push(queue, "first");
    for (const bool done : {true, false}) {
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
        const auto before = children(*two, "/deep/requests").names.size();

        const auto name = push(queue, "again");

        settle();
        const auto names = children(*two, "/deep/requests").names;
        EXPECT_EQ(names.size(), before + 1);
        EXPECT_TRUE(std::ranges::find(names, name) != names.end());
    }
}

TEST_F(QueueConformance, APushWaitsForTheConnectionAndTheNextSession) {
    Queue queue(*one, scheduler(), options("a"));
    world->suspend(*one);
    ASSERT_TRUE(eventually([&] { return one->session().state == SessionState::suspended; }));
    std::optional<std::error_code> answer;
    queue.push("1", [&](std::error_code error, auto) { answer = error; });
    world->expire(*one);
    (void)children(*two, "/");
    EXPECT_EQ(answer, std::nullopt);

    world->resume(*one);

    ASSERT_TRUE(eventually([&] { return answer.has_value(); }));
    EXPECT_EQ(*answer, ok);
    EXPECT_EQ(children(*two, "/deep/requests").names.size(), 1U);
}

TEST_F(QueueConformance, RubbishInTheQueueIsIgnored) {
    ASSERT_EQ(create(*one, "/deep"), ok);
    ASSERT_EQ(create(*one, "/deep/requests"), ok);
    for (const auto* name : {"r-", "x", "q-0000000001", "r-00000000x1", "0000000001"}) {
        ASSERT_EQ(create(*one, std::string("/deep/requests/") + name, "rubbish"), ok);
    }
    Queue queue(*one, scheduler(), options("a"));
    (void)push(queue, std::string("\0\xff", 2));
    settle();

    const QueueConsumer consumer(*two, scheduler(), "/deep/requests", "r-", nullptr);

    ASSERT_TRUE(eventually([&] { return consumer.complete(); }));
    EXPECT_EQ(data_of(consumer), std::vector{std::string("\0\xff", 2)});
}

TEST_F(QueueConformance, WhatCannotBePutIsRefused) {
    Queue queue(*one, scheduler(), options("a"));
    std::optional<std::error_code> answer;
    queue.push(std::string(2U << 20U, 'x'), [&](std::error_code error, auto) { answer = error; });

    ASSERT_TRUE(eventually([&] { return answer.has_value(); }));
    EXPECT_EQ(*answer, Errc::too_large);
}

// Pushes of both clients, with a consumer that removes the first item it sees, over suspensions and
// expiries: each item is seen, once as long as it stands, and in the order of the numbers.
TEST_F(QueueConformance, NothingIsLostOrReorderedInAnyHistory) {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return random() % n; };
        const std::string path = "/seed" + std::to_string(seed);
        const auto queue_options = [&](std::string id) {
            return Queue::Options{.path = path, .prefix = "r-", .id = std::move(id)};
        };
        Queue first(*one, scheduler(), queue_options("1"));
        Queue second(*two, scheduler(), queue_options("2"));
        auto client = another();
        std::vector<std::string> seen;
        std::unique_ptr<QueueConsumer> consumer;
        bool removing = false;
        const std::function<void()> take = [&] {
            if (!consumer || removing || consumer->items().empty()) return;
            const auto name = consumer->items().front().name;
            seen.push_back(name.substr(name.size() - 10));
            removing = true;
            consumer->remove(name, [&](std::error_code error) {
                EXPECT_EQ(error, ok);
                removing = false;
                take();
            });
        };
        consumer = std::make_unique<QueueConsumer>(*client, scheduler(), path, "r-", take);

        std::size_t pushed = 0;
        std::size_t answered = 0;
        for (int step = 0; step < 60; ++step) {
            auto* victim = below(3) == 0 ? client.get() : below(2) == 0 ? one.get() : two.get();
            switch (below(8)) {
                case 0:
                    world->suspend(*victim);
                    break;
                case 1:
                case 2:
                    world->resume(*victim);
                    break;
                case 3:
                    if (below(4) == 0) world->expire(*victim);
                    break;
                default:
                    ++pushed;
                    (below(2) == 0 ? first : second).push("", [&](std::error_code error, auto) {
                        EXPECT_EQ(error, ok);
                        ++answered;
                    });
            }
            auto turns = below(10);
            (void)eventually([&] { return turns-- == 0; });
        }
        for (auto* victim : {one.get(), two.get(), client.get()}) world->resume(*victim);

        EXPECT_TRUE(eventually([&] { return answered == pushed; }));
        EXPECT_TRUE(eventually([&] { return children(*one, path).names.empty() && !removing; }));
        // An item consumed before its maker knew that it was in may have been put in again.
        EXPECT_GE(seen.size(), pushed);
        EXPECT_TRUE(std::ranges::is_sorted(seen));
        EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
        consumer.reset();
    }
}

class BarrierConformance : public ZnodesConformance {
protected:
    std::error_code enter(Barrier& barrier, const std::string& name) {
        return answer_of([&](auto handler) { barrier.enter(name, std::move(handler)); });
    }
    std::error_code clear(Barrier& barrier) {
        return answer_of([&](auto handler) { barrier.clear(std::move(handler)); });
    }

    std::error_code answer_of(const std::function<void(Barrier::Handler)>& call) {
        auto answer = std::make_shared<std::optional<std::error_code>>();
        call([answer](std::error_code error) { *answer = error; });
        EXPECT_TRUE(eventually([&] { return answer->has_value(); }));
        return answer->value_or(Errc::unavailable);
    }
};

TEST_F(BarrierConformance, ItIsCompleteWhenAllHaveEntered) {
    const BarrierWait wait(*one, scheduler(), "/acks/17/prepare", {"g1", "g2"}, nullptr);
    Barrier barrier(*two, scheduler(), "/acks/17/prepare");
    EXPECT_FALSE(wait.complete());

    EXPECT_EQ(enter(barrier, "g1"), ok);
    ASSERT_TRUE(eventually([&] { return wait.missing() == BarrierWait::Names{"g2"}; }));
    EXPECT_FALSE(wait.complete());
    EXPECT_EQ(enter(barrier, "g1"), ok);
    EXPECT_EQ(enter(barrier, "other"), ok);
    EXPECT_EQ(enter(barrier, "g2"), ok);

    EXPECT_TRUE(eventually([&] { return wait.complete(); }));
    EXPECT_EQ(wait.entered(), (BarrierWait::Names{"g1", "g2", "other"}));
}

TEST_F(BarrierConformance, WhoVanishedIsNotWaitedFor) {
    BarrierWait wait(*one, scheduler(), "/acks/17/prepare", {"g1", "g2"}, nullptr);
    Barrier barrier(*two, scheduler(), "/acks/17/prepare");
    EXPECT_EQ(enter(barrier, "g1"), ok);
    ASSERT_TRUE(eventually([&] { return wait.entered().size() == 1; }));

    wait.expect({"g1"});

    EXPECT_TRUE(wait.complete());
}

TEST_F(BarrierConformance, NobodyToWaitForIsCompleteOnceThePlaceWasRead) {
    const BarrierWait wait(*one, scheduler(), "/acks/17/prepare", {}, nullptr);
    EXPECT_FALSE(wait.complete());
    EXPECT_TRUE(eventually([&] { return wait.complete(); }));
}

TEST_F(BarrierConformance, ClearingRemovesEverythingBelowAndTwiceIsOnce) {
    Barrier prepare(*one, scheduler(), "/acks/17/prepare");
    Barrier cleanup(*one, scheduler(), "/acks/17/clean-up");
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(enter(prepare, "g" + std::to_string(i)), ok);
        EXPECT_EQ(enter(cleanup, "g" + std::to_string(i)), ok);
    }
    Barrier view(*two, scheduler(), "/acks/17");

    EXPECT_EQ(clear(view), ok);
    EXPECT_EQ(clear(view), ok);

    settle();
    EXPECT_TRUE(children(*one, "/acks").names.empty());
}

TEST_F(BarrierConformance, EnteringAndClearingSurviveUnknownOutcomes) {
    Barrier barrier(*one, scheduler(), "/acks/17");
    EXPECT_EQ(enter(barrier, "g0"), ok);
    for (const bool done : {true, false}) {
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
        EXPECT_EQ(enter(barrier, "g1"), ok);
        EXPECT_EQ(children(*one, "/acks/17").names, (std::vector<std::string>{"g0", "g1"}));
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
        EXPECT_EQ(clear(barrier), ok);
        EXPECT_TRUE(children(*one, "/acks").names.empty());
        EXPECT_EQ(enter(barrier, "g0"), ok);
    }
}

TEST_F(BarrierConformance, AWaitGoesOnOverSuspensionAndExpiry) {
    const BarrierWait wait(*one, scheduler(), "/acks/17", {"g1", "g2"}, nullptr);
    Barrier barrier(*two, scheduler(), "/acks/17");
    world->suspend(*one);
    EXPECT_EQ(enter(barrier, "g1"), ok);
    world->expire(*one);
    EXPECT_EQ(enter(barrier, "g2"), ok);
    world->resume(*one);

    EXPECT_TRUE(eventually([&] { return wait.complete(); }));
}

TEST_F(BarrierConformance, AWaitMayBeDestroyedByItsOwnObserver) {
    std::optional<BarrierWait> wait;
    wait.emplace(*one, scheduler(), "/acks", BarrierWait::Names{}, [&] { wait.reset(); });

    EXPECT_TRUE(eventually([&] { return !wait.has_value(); }));
}

class HistoryConformance : public ZnodesConformance {
protected:
    static History::Options options(std::size_t keep) {
        return {
            .path = "/deep/history", .prefix = "h-", .id = membership::random_id(), .keep = keep};
    }

    void append(History& history, const std::string& data) {
        auto answer = std::make_shared<std::optional<std::error_code>>();
        history.append(data, [answer](std::error_code error, auto) { *answer = error; });
        EXPECT_TRUE(eventually([&] { return answer->has_value(); }));
        EXPECT_EQ(answer->value_or(Errc::unavailable), ok);
    }

    std::vector<std::string> list(History& history) {
        auto answer = std::make_shared<std::optional<std::vector<std::string>>>();
        history.list([answer](std::error_code error, std::vector<History::Entry> entries) {
            EXPECT_EQ(error, ok);
            answer->emplace();
            for (auto& entry : entries) {
                EXPECT_GT(entry.at_ms, 0);
                (*answer)->push_back(std::move(entry.data));
            }
        });
        EXPECT_TRUE(eventually([&] { return answer->has_value(); }));
        return answer->value_or(std::vector<std::string>{"no answer"});
    }
};

TEST_F(HistoryConformance, AnEmptyHistoryIsEmpty) {
    History history(*one, scheduler(), options(3));
    EXPECT_TRUE(list(history).empty());
}

TEST_F(HistoryConformance, OnlyTheLastEntriesAreKeptOldestFirst) {
    History first(*one, scheduler(), options(3));
    History second(*two, scheduler(), options(3));
    for (int i = 1; i <= 7; ++i) append(i % 2 == 0 ? second : first, std::to_string(i));

    EXPECT_TRUE(eventually([&] { return list(first) == std::vector<std::string>{"5", "6", "7"}; }));
}

TEST_F(HistoryConformance, AnEntryOfUnknownOutcomeIsWrittenOnce) {
    History history(*one, scheduler(), options(200));
    append(history, "0");
    settle();
    for (const bool done : {true, false}) {
        if (!world->break_next_write(*one, done)) GTEST_SKIP() << "cannot be arranged";
        append(history, done ? "1" : "2");
        settle();
    }
    EXPECT_EQ(list(history), (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(HistoryConformance, RubbishIsLeftOutAndNeverTrimmed) {
    History history(*one, scheduler(), options(1));
    append(history, "0");
    ASSERT_EQ(create(*two, "/deep/history/rubbish", "x"), ok);
    append(history, "1");

    EXPECT_TRUE(eventually([&] { return list(history) == std::vector<std::string>{"1"}; }));
    EXPECT_TRUE(exists(*one, "/deep/history/rubbish"));
}

TEST_F(HistoryConformance, AHistoryMayBeDestroyedByItsOwnHandler) {
    auto history = std::make_unique<History>(*one, scheduler(), options(1));
    history->append("0", [&](auto...) { history.reset(); });

    EXPECT_TRUE(eventually([&] { return history == nullptr; }));
    settle();
}

}  // namespace
}  // namespace ringcast::test
