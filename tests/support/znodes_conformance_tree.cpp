#include "znodes_conformance.hpp"

#include <array>
#include <map>
#include <random>
#include <set>

/// The contract of Znodes: what a tree of znodes does, whoever serves it.

namespace ringcast::test {
namespace {

using membership::any_version;
using membership::Errc;
using membership::Session;
using membership::SessionState;

const std::error_code ok;

TEST_F(ZnodesConformance, ACreatedZnodeIsReadByOthers) {
    EXPECT_EQ(create(*one, "/a", "hello"), ok);
    settle();

    const auto read = get(*two, "/a");
    EXPECT_EQ(read.error, ok);
    EXPECT_EQ(read.data, "hello");
    EXPECT_EQ(read.stat.version, 0);
    EXPECT_EQ(read.stat.owner, 0);
    EXPECT_EQ(read.stat.children_count, 0);
    EXPECT_GT(read.stat.created, 0);
    EXPECT_EQ(read.stat.modified, read.stat.created);
    EXPECT_EQ(read.stat.children_changed, read.stat.created);
    EXPECT_GT(read.stat.modified_at_ms, 0);
}

TEST_F(ZnodesConformance, DataIsBytes) {
    const std::string bytes("\0\xff\r\n\0", 5);
    ASSERT_EQ(create(*one, "/bytes", bytes), ok);
    EXPECT_EQ(get(*one, "/bytes").data, bytes);
    ASSERT_EQ(set(*one, "/bytes", ""), ok);
    EXPECT_EQ(get(*one, "/bytes").data, "");
}

TEST_F(ZnodesConformance, ErrorsAreNamed) {
    ASSERT_EQ(create(*one, "/a"), ok);
    ASSERT_EQ(create(*one, "/a/b"), ok);
    ASSERT_EQ(create(*one, "/short", "", Mode::ephemeral), ok);

    EXPECT_EQ(create(*one, "/a"), Errc::node_exists);
    EXPECT_EQ(create(*one, "/none/b"), Errc::no_node);
    EXPECT_EQ(create(*one, "/short/b"), Errc::ephemeral_parent);
    EXPECT_EQ(get(*one, "/none").error, Errc::no_node);
    EXPECT_EQ(children(*one, "/none").error, Errc::no_node);
    EXPECT_EQ(set(*one, "/none", ""), Errc::no_node);
    EXPECT_EQ(set(*one, "/a", "", 7), Errc::bad_version);
    EXPECT_EQ(remove(*one, "/none"), Errc::no_node);
    EXPECT_EQ(remove(*one, "/a"), Errc::not_empty);
    EXPECT_EQ(remove(*one, "/a/b", 7), Errc::bad_version);
    EXPECT_EQ(exists(*one, "/none"), std::nullopt);
}

TEST_F(ZnodesConformance, ImpossiblePathsAreRefused) {
    ASSERT_EQ(create(*one, "/a"), ok);

    for (const std::string path : {"", "a", "//", "/a//b", "/a/", "/a/./b", "/a/..", "/a\x01"}) {
        EXPECT_EQ(create(*one, path), Errc::bad_arguments) << testing::PrintToString(path);
        EXPECT_EQ(get(*one, path).error, Errc::bad_arguments) << testing::PrintToString(path);
        EXPECT_EQ(set(*one, path, ""), Errc::bad_arguments) << testing::PrintToString(path);
        EXPECT_EQ(remove(*one, path), Errc::bad_arguments) << testing::PrintToString(path);
    }
    EXPECT_EQ(create(*one, std::string("/a\0b", 4)), Errc::bad_arguments);
    EXPECT_EQ(children(*one, "/").names, std::vector<std::string>{"a"});
}

TEST_F(ZnodesConformance, DataBeyondTheLimitIsRefusedAndTheSessionLivesOn) {
    EXPECT_EQ(create(*one, "/large", std::string(membership::data_bytes_max, 'x')), ok);
    EXPECT_EQ(get(*one, "/large").data.size(), membership::data_bytes_max);
    EXPECT_EQ(create(*one, "/huge", std::string(2U << 20U, 'x')), Errc::too_large);
    EXPECT_EQ(set(*one, "/large", std::string(2U << 20U, 'x')), Errc::too_large);
    EXPECT_EQ(get(*one, "/large").stat.version, 0);
    EXPECT_EQ(one->session().state, SessionState::connected);
}

TEST_F(ZnodesConformance, EachWriteRaisesTheVersionAndOnlyTheVersionReadMayBeWritten) {
    ASSERT_EQ(create(*one, "/a", "0"), ok);

    Stat stat;
    EXPECT_EQ(set(*one, "/a", "1", 0, &stat), ok);
    EXPECT_EQ(stat.version, 1);
    EXPECT_EQ(set(*two, "/a", "other", 0), Errc::bad_version);
    EXPECT_EQ(set(*two, "/a", "2", any_version), ok);

    settle();
    const auto read = get(*one, "/a");
    EXPECT_EQ(read.data, "2");
    EXPECT_EQ(read.stat.version, 2);
    EXPECT_GT(read.stat.modified, stat.modified);
    EXPECT_EQ(read.stat.created, stat.created);
    EXPECT_EQ(remove(*one, "/a", 2), ok);
}

TEST_F(ZnodesConformance, ARecreatedZnodeIsAnotherIncarnation) {
    ASSERT_EQ(create(*one, "/a", "first"), ok);
    const auto first = get(*one, "/a").stat;
    ASSERT_EQ(set(*one, "/a", "written"), ok);
    ASSERT_EQ(remove(*one, "/a"), ok);
    ASSERT_EQ(create(*one, "/a", "second"), ok);

    const auto second = get(*one, "/a").stat;

    EXPECT_GT(second.created, first.created);
    EXPECT_EQ(second.version, 0);
}

TEST_F(ZnodesConformance, TheParentRecordsWhenItsChildrenChangedAndNotTheirData) {
    ASSERT_EQ(create(*one, "/p"), ok);
    const auto before = children(*one, "/p").stat;
    ASSERT_EQ(create(*one, "/p/a"), ok);
    const auto added = children(*one, "/p");
    ASSERT_EQ(set(*one, "/p/a", "data"), ok);
    const auto written = children(*one, "/p");
    ASSERT_EQ(remove(*one, "/p/a"), ok);
    const auto removed = children(*one, "/p");

    EXPECT_GT(added.stat.children_changed, before.children_changed);
    EXPECT_EQ(added.stat.children_count, 1);
    EXPECT_EQ(added.names, std::vector<std::string>{"a"});
    EXPECT_EQ(written.stat.children_changed, added.stat.children_changed);
    EXPECT_GT(removed.stat.children_changed, written.stat.children_changed);
    EXPECT_TRUE(removed.names.empty());
}

TEST_F(ZnodesConformance, SequencesCountEveryChildEverMadeInTenDigits) {
    ASSERT_EQ(create(*one, "/q"), ok);
    std::array<std::string, 4> names;
    ASSERT_EQ(create(*one, "/q/a-", "", Mode::persistent_sequential, &names[0]), ok);
    ASSERT_EQ(create(*two, "/q/b-", "", Mode::ephemeral_sequential, &names[1]), ok);
    ASSERT_EQ(remove(*two, names[1]), ok);
    ASSERT_EQ(create(*one, "/q/plain"), ok);
    ASSERT_EQ(create(*one, "/q/a-", "", Mode::persistent_sequential, &names[2]), ok);
    ASSERT_EQ(create(*one, "/q/", "", Mode::persistent_sequential, &names[3]), ok);

    EXPECT_EQ(names[0], "/q/a-0000000000");
    EXPECT_EQ(names[1], "/q/b-0000000001");
    EXPECT_EQ(names[2], "/q/a-0000000003");
    EXPECT_EQ(names[3], "/q/0000000004");
}

TEST_F(ZnodesConformance, EphemeralsBelongToTheirSessionAndGoWithIt) {
    std::string name;
    ASSERT_EQ(create(*one, "/p"), ok);
    ASSERT_EQ(create(*one, "/p/fixed", "", Mode::ephemeral), ok);
    ASSERT_EQ(create(*one, "/p/n-", "", Mode::ephemeral_sequential, &name), ok);
    EXPECT_EQ(get(*one, "/p/fixed").stat.owner, one->session().id);
    EXPECT_EQ(get(*one, name).stat.owner, one->session().id);

    one.reset();

    EXPECT_TRUE(eventually([&] { return children(*two, "/p").names.empty(); }));
}

TEST_F(ZnodesConformance, HandlersComeInTheOrderOfTheCallsAndNeverInsideThem) {
    std::vector<int> order;
    bool inside = true;
    one->create("/a", "", Mode::persistent, [&](auto...) { order.push_back(inside ? -1 : 0); });
    one->get("/a", {}, [&](auto...) { order.push_back(1); });
    one->children("/", {}, [&](auto...) { order.push_back(2); });
    one->set("/a", "", any_version, [&](auto...) { order.push_back(3); });
    one->exists("/none", {}, [&](auto...) { order.push_back(4); });
    one->get("bad", {}, [&](auto...) { order.push_back(5); });
    one->remove("/a", any_version, [&](auto...) { order.push_back(6); });
    inside = false;

    EXPECT_TRUE(eventually([&] { return order.size() == 7; }));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6}));
}

TEST_F(ZnodesConformance, NoHandlerWatchOrObserverIsCalledAfterTheClientIsGone) {
    auto client = another();
    int calls = 0;
    ASSERT_EQ(create(*one, "/a"), ok);
    (void)get(*client, "/a", [&] { ++calls; });
    const auto token = client->observe([&](const Session&) { ++calls; });
    client->get("/a", {}, [&](auto...) { ++calls; });

    client.reset();
    ASSERT_EQ(set(*one, "/a", "1"), ok);
    settle();

    EXPECT_EQ(calls, 0);
}

TEST_F(ZnodesConformance, AClientMayBeDestroyedFromInsideItsHandler) {
    auto client = another();
    int later = 0;
    client->children("/", {}, [&](auto...) { client.reset(); });
    client->children("/", {}, [&](auto...) { ++later; });

    EXPECT_TRUE(eventually([&] { return client == nullptr; }));
    settle();
    EXPECT_EQ(later, 0);
}

TEST_F(ZnodesConformance, AWatchOnDataFiresOnceForMergedChanges) {
    ASSERT_EQ(create(*one, "/a"), ok);
    int fired = 0;
    ASSERT_EQ(get(*one, "/a", [&] { ++fired; }).error, ok);

    ASSERT_EQ(set(*two, "/a", "1"), ok);
    ASSERT_EQ(set(*two, "/a", "2"), ok);

    EXPECT_TRUE(eventually([&] { return fired > 0; }));
    settle();
    EXPECT_EQ(fired, 1);
}

TEST_F(ZnodesConformance, AWatchOnDataFiresUponRemoval) {
    ASSERT_EQ(create(*one, "/a"), ok);
    int fired = 0;
    ASSERT_EQ(get(*one, "/a", [&] { ++fired; }).error, ok);

    ASSERT_EQ(remove(*two, "/a"), ok);

    EXPECT_TRUE(eventually([&] { return fired == 1; }));
}

TEST_F(ZnodesConformance, AWatchOnAnAbsentZnodeIsSetByExistsAndNotByGet) {
    int by_get = 0;
    int by_exists = 0;
    ASSERT_EQ(get(*one, "/a", [&] { ++by_get; }).error, Errc::no_node);
    ASSERT_EQ(exists(*one, "/a", [&] { ++by_exists; }), std::nullopt);

    ASSERT_EQ(create(*two, "/a"), ok);

    EXPECT_TRUE(eventually([&] { return by_exists == 1; }));
    ASSERT_EQ(remove(*two, "/a"), ok);
    settle();
    EXPECT_EQ(by_get, 0);
    EXPECT_EQ(by_exists, 1);
}

TEST_F(ZnodesConformance, AWatchOnChildrenFiresForThemAndNotForTheirData) {
    ASSERT_EQ(create(*one, "/p"), ok);
    ASSERT_EQ(create(*one, "/p/a"), ok);
    int fired = 0;
    ASSERT_EQ(children(*one, "/p", [&] { ++fired; }).error, ok);

    ASSERT_EQ(set(*two, "/p/a", "1"), ok);
    ASSERT_EQ(set(*two, "/p", "1"), ok);
    settle();
    EXPECT_EQ(fired, 0);
    ASSERT_EQ(create(*two, "/p/a/grandchild"), ok);
    settle();
    EXPECT_EQ(fired, 0);
    ASSERT_EQ(create(*two, "/p/b"), ok);
    EXPECT_TRUE(eventually([&] { return fired == 1; }));
    ASSERT_EQ(remove(*two, "/p/b"), ok);
    settle();
    EXPECT_EQ(fired, 1);
}

TEST_F(ZnodesConformance, AWatchOnChildrenFiresUponRemovalOfTheirParent) {
    ASSERT_EQ(create(*one, "/p"), ok);
    int fired = 0;
    ASSERT_EQ(children(*one, "/p", [&] { ++fired; }).error, ok);

    ASSERT_EQ(remove(*two, "/p"), ok);

    EXPECT_TRUE(eventually([&] { return fired == 1; }));
}

TEST_F(ZnodesConformance, SeveralWatchesOnOnePathAllFire) {
    ASSERT_EQ(create(*one, "/a"), ok);
    int fired = 0;
    ASSERT_EQ(get(*one, "/a", [&] { ++fired; }).error, ok);
    ASSERT_EQ(get(*one, "/a", [&] { ++fired; }).error, ok);
    ASSERT_TRUE(exists(*two, "/a", [&] { ++fired; }));

    ASSERT_EQ(set(*two, "/a", "1"), ok);

    EXPECT_TRUE(eventually([&] { return fired == 3; }));
}

TEST_F(ZnodesConformance, OnesOwnChangesFireOnesOwnWatches) {
    ASSERT_EQ(create(*one, "/a"), ok);
    int fired = 0;
    ASSERT_EQ(get(*one, "/a", [&] { ++fired; }).error, ok);

    ASSERT_EQ(set(*one, "/a", "1"), ok);

    EXPECT_TRUE(eventually([&] { return fired == 1; }));
}

TEST_F(ZnodesConformance, AWatchFiresBeforeTheClientSeesTheNewState) {
    ASSERT_EQ(create(*one, "/a", "0"), ok);
    bool fired = false;
    ASSERT_EQ(get(*one, "/a", [&] { fired = true; }).error, ok);
    ASSERT_EQ(set(*two, "/a", "1"), ok);

    std::optional<bool> fired_first;
    std::function<void()> look = [&] {
        one->get("/a", {}, [&](std::error_code, const std::string& data, const Stat&) {
            if (data == "1") {
                fired_first = fired;
            } else {
                look();
            }
        });
    };
    look();

    EXPECT_TRUE(eventually([&] { return fired_first.has_value(); }));
    EXPECT_EQ(fired_first, true);
}

// Random operations of two clients against the simplest model of a tree there is: a map from path
// to data and version. Each seed is another history.
TEST_F(ZnodesConformance, RandomHistoriesAgreeWithAModel) {
    struct Known {
        std::string data;
        std::int32_t version = 0;
    };
    for (std::uint32_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return random() % n; };
        const std::string root = "/seed" + std::to_string(seed);
        ASSERT_EQ(create(*one, root), ok);
        std::map<std::string, Known> model{{root, {}}};
        const std::array paths{root + "/a", root + "/a/x", root + "/a/y", root + "/b",
                               root + "/b/x"};
        const auto has_children = [&](const std::string& path) {
            const auto next = model.upper_bound(path + "/");
            return next != model.end() && next->first.starts_with(path + "/");
        };

        for (int step = 0; step < 60; ++step) {
            Znodes& client = below(2) == 0 ? *one : *two;
            const std::string& path = paths[below(paths.size())];
            const auto known = model.find(path);
            const bool stale = below(3) == 0;
            const auto version = [&] {
                if (known == model.end()) return any_version;
                return stale ? known->second.version + 1 : known->second.version;
            }();
            switch (below(3)) {
                case 0: {
                    const auto parent = path.substr(0, path.rfind('/'));
                    const std::error_code expected =
                        !model.contains(parent) ? make_error_code(Errc::no_node)
                        : known != model.end()  ? make_error_code(Errc::node_exists)
                                                : ok;
                    ASSERT_EQ(create(client, path, std::to_string(step)), expected) << path;
                    if (!expected) model[path] = {std::to_string(step), 0};
                    break;
                }
                case 1: {
                    const std::error_code expected = known == model.end()
                                                         ? make_error_code(Errc::no_node)
                                                     : stale ? make_error_code(Errc::bad_version)
                                                             : ok;
                    ASSERT_EQ(set(client, path, std::to_string(step), version), expected) << path;
                    if (!expected) {
                        known->second = {std::to_string(step), known->second.version + 1};
                    }
                    break;
                }
                default: {
                    const std::error_code expected =
                        known == model.end() ? make_error_code(Errc::no_node)
                        : stale              ? make_error_code(Errc::bad_version)
                        : has_children(path) ? make_error_code(Errc::not_empty)
                                             : ok;
                    ASSERT_EQ(remove(client, path, version), expected) << path;
                    if (!expected) model.erase(known);
                }
            }
        }

        for (const auto& path : paths) {
            const auto known = model.find(path);
            const auto read = get(*one, path);
            ASSERT_EQ(read.error, known == model.end() ? make_error_code(Errc::no_node) : ok)
                << path;
            if (known == model.end()) continue;
            EXPECT_EQ(read.data, known->second.data) << path;
            EXPECT_EQ(read.stat.version, known->second.version) << path;
        }
    }
}

}  // namespace
}  // namespace ringcast::test
