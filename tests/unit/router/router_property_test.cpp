#include "router_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t routers = 3;
constexpr std::size_t nodes = 4;
constexpr std::size_t channels = 12;

/// One random history: people come, go and talk while links break, nodes freeze, lose their lease
/// and are cut off, and the ring changes. Then everything heals.
class History {
public:
    History(std::uint64_t seed, bool views_may_be_late)
        : world(routers, nodes, seed), views_may_be_late_(views_may_be_late), chance_(seed) {
        world.change_view({0, 1, 2});
        world.scheduler.advance(1s);
    }

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            step();
            if (one_in(3)) world.scheduler.advance(std::chrono::microseconds(up_to(20'000)));
            if (one_in(60)) world.scheduler.advance(std::chrono::milliseconds(up_to(3'000)));
        }
    }

    void heal() {
        for (std::size_t i = 0; i < nodes; ++i) {
            world.node(i).heal();
            world.node(i).thaw();
            world.node(i).set_lease(true);
        }
        world.ensemble.resume_all();
        world.scheduler.advance(20s);
    }

    [[nodiscard]] static std::string channel(std::size_t number) {
        return "channel-" + std::to_string(number);
    }

    RouterWorld world;

private:
    std::size_t up_to(std::size_t bound) { return chance_() % bound; }
    bool one_in(std::size_t odds) { return up_to(odds) == 0; }

    void step() {
        const std::size_t router = up_to(routers);
        const std::size_t roll = up_to(1'000);
        if (roll < 40) {
            talk_fast(router, channel(up_to(channels)));
        } else if (roll < 600) {
            world.publish(router, channel(up_to(channels)));
        } else if (roll < 900) {
            const std::size_t listener = up_to(RouterWorld::listeners_each);
            const std::string name = channel(up_to(channels));
            if (!world.wants(router, listener, name)) {
                world.subscribe(router, listener, name);
            } else if (one_in(2)) {
                world.unsubscribe(router, listener, name);
            }
        } else {
            break_something(roll - 900);
        }
    }

    /// Several batches under way at once, while the node loses its lease for a moment.
    void talk_fast(std::size_t router, const std::string& name) {
        const std::string owner = world.sites[router].router->owner_of(name);
        InProcessNode& node = world.node(std::stoul(owner.substr(std::string("node-").size())));
        for (int i = 0; i < 8; ++i) {
            world.publish(router, name);
            if (one_in(3)) node.set_lease(one_in(2));
            for (std::size_t turns = up_to(6); turns > 0; --turns) (void)world.scheduler.run_one();
            if (one_in(4)) world.scheduler.advance(std::chrono::microseconds(up_to(2'000)));
        }
        node.set_lease(true);
    }

    void break_something(std::size_t roll) {
        const std::size_t which = up_to(nodes);
        InProcessNode& node = world.node(which);
        using Purpose = NodeConnection::Purpose;
        if (roll < 15) return node.break_connections(Purpose::publishing);
        if (roll < 30) return node.break_connections(Purpose::subscribing);
        if (roll < 38) return node.cut();
        if (roll < 50) return node.heal();
        if (roll < 56) return node.freeze();
        if (roll < 66) return node.thaw();
        if (roll < 69) return node.set_lease(false);
        if (roll < 74) return node.set_lease(true);
        if (roll < 88 && !views_may_be_late_) return;
        if (roll < 80) return world.ensemble.suspend(*world.sites[up_to(routers)].znodes);
        if (roll < 88) return world.ensemble.resume(*world.sites[up_to(routers)].znodes);
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < nodes; ++i) {
            if (!one_in(3)) members.push_back(i);
        }
        if (!members.empty()) world.change_view(members);
    }

    const bool views_may_be_late_;
    std::mt19937_64 chance_;
};

RouterWorld::Promptness promptness(bool views_may_be_late) {
    using Promptness = RouterWorld::Promptness;
    return views_may_be_late ? Promptness::later : Promptness::before_the_next;
}

std::uint64_t seeds() {
    const char* wanted = std::getenv("RINGCAST_SEEDS");  // for a long run
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 60;
}

TEST(RouterPropertyTest, WhateverBreaksNothingIsInventedDoubledReorderedOrLostInSilence) {
    std::uint64_t delivered = 0;
    std::uint64_t gaps = 0;
    std::array<std::uint64_t, 8> failed{};
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const bool late = seed % 2 == 0;
        History history(seed, late);
        history.run(1'000);
        history.heal();

        for (const std::string& violation : history.world.violations(promptness(late))) {
            ADD_FAILURE() << violation;
        }
        for (const auto& site : history.world.sites) {
            const RouterStatus status = site.router->status();
            delivered += status.messages_in;
            gaps += status.gaps;
            for (const auto& [why, count] : status.publishes_failed) {
                failed[static_cast<std::size_t>(why)] += count;
            }
            EXPECT_EQ(status.channels_pending, 0U);
            EXPECT_EQ(status.publishes_held, 0U);
        }
        if (HasFailure()) return;
    }
    // The rare ways were gone as well.
    EXPECT_GT(delivered, 0U);
    EXPECT_GT(gaps, 0U);
    EXPECT_GT(failed[static_cast<std::size_t>(Errc::outcome_unknown)], 0U);
    EXPECT_GT(failed[static_cast<std::size_t>(Errc::unreachable)], 0U);
    EXPECT_GT(failed[static_cast<std::size_t>(Errc::refused)], 0U);
    RecordProperty("delivered", std::to_string(delivered));
    RecordProperty("gaps", std::to_string(gaps));
}

TEST(RouterPropertyTest, OnceHealedEverythingWorksAgain) {
    for (std::uint64_t seed = 1'000; seed < 1'030; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        History history(seed, true);
        history.run(600);
        history.heal();
        RouterWorld& world = history.world;

        const std::size_t before = world.published.size();
        for (std::size_t router = 0; router < routers; ++router) {
            for (std::size_t i = 0; i < channels; ++i) {
                for (std::size_t k = 0; k < RouterWorld::listeners_each; ++k) {
                    if (!world.wants(router, k, History::channel(i))) {
                        world.subscribe(router, k, History::channel(i));
                    }
                }
            }
        }
        world.scheduler.advance(1s);
        for (std::size_t i = 0; i < channels; ++i) world.publish(i % routers, History::channel(i));
        world.scheduler.advance(1s);

        for (std::size_t i = before; i < world.published.size(); ++i) {
            const Published& one = *world.published[i];
            EXPECT_EQ(one.answers, 1U);
            EXPECT_FALSE(one.outcome) << one.outcome.message();
            for (const auto& site : world.sites) {
                for (const auto& diary : site.diaries) {
                    EXPECT_TRUE(std::ranges::any_of(
                        diary->pages[one.channel],
                        [&](const Seen& seen) { return seen.text == one.text; }));
                }
            }
        }
        EXPECT_TRUE(world.violations(promptness(true)).empty());
    }
}

}  // namespace
}  // namespace ringcast::router::test
