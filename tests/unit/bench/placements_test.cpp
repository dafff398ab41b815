#include "placements.hpp"

#include "channels.hpp"
#include "key_slot.hpp"
#include "ringcast/ring/hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace ringcast::bench {
namespace {

constexpr std::uint64_t seed = 7;

/// The classic ring again, in the plainest way: a map of points, and the next one is the owner.
using Points = std::map<std::uint64_t, NodeIndex>;
Points classic_points(const std::vector<ring::Member>& members) {
    Points points;
    for (std::size_t i = 0; i < members.size(); ++i) {
        for (std::size_t k = 0; k < 160U * members[i].weight / 100; ++k) {
            points[ring::point(members[i].id + "-" + std::to_string(k), seed)] =
                static_cast<NodeIndex>(i);
        }
    }
    return points;
}
NodeIndex classic_owner(const Points& points, std::string_view channel) {
    const auto next = points.lower_bound(ring::point(channel, seed));
    return next == points.end() ? points.begin()->second : next->second;
}

std::size_t differing(const std::vector<NodeIndex>& a, const std::vector<NodeIndex>& b) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += a[i] != b[i];
    return count;
}

class EveryChange : public testing::TestWithParam<Change::Kind> {
protected:
    Change change{GetParam(), 250};
    Members members{5, change};
    Placements placements{members, change, seed};
};

TEST_P(EveryChange, ChannelsFallWhereTheirSchemeSays) {
    const auto before = *ring::Ring::genesis(members.before, seed);
    const auto after = change.kind == Change::Kind::crash
                           ? *before.without(members.before.back().id)
                           : *ring::Ring::next(before, members.after);
    for (std::uint64_t number = 0; number < 2'000; ++number) {
        const ChannelName name(number);
        const auto units = placements.units_of(name.text());
        const Placement& arcs = placements.of(Scheme::ringcast);
        EXPECT_EQ(arcs.before[units[0]], before.owner(name.text()));
        EXPECT_EQ(arcs.after[units[0]], after.owner(name.text()));

        const Placement& pairs = placements.of(Scheme::modulo);
        const auto point = ring::point(name.text(), seed);
        EXPECT_EQ(pairs.before[units[1]], point % members.before.size());
        EXPECT_EQ(pairs.after[units[1]], point % members.after.size());

        EXPECT_EQ(units[3], key_slot(name.text()));
    }
    const Points classic_before = classic_points(members.before);
    const Points classic_after = classic_points(members.after);
    for (std::uint64_t number = 0; number < 2'000; ++number) {
        const ChannelName name(number);
        const auto unit = placements.units_of(name.text())[2];
        const Placement& stretches = placements.of(Scheme::classic);
        EXPECT_EQ(stretches.before[unit], classic_owner(classic_before, name.text()));
        EXPECT_EQ(stretches.after[unit], classic_owner(classic_after, name.text()));
    }
}

TEST_P(EveryChange, OfTheRingAndOfSlotsNoMoreMovesThanMust) {
    for (const Scheme scheme : {Scheme::ringcast, Scheme::slots}) {
        const Placement& placement = placements.of(scheme);
        EXPECT_EQ(placement.units_moved(), placement.units_least) << name_of(scheme);
        EXPECT_EQ(placement.units_moved(), differing(placement.before, placement.after));
    }
}

INSTANTIATE_TEST_SUITE_P(Of, EveryChange,
                         testing::Values(Change::Kind::add, Change::Kind::remove,
                                         Change::Kind::weight, Change::Kind::crash),
                         [](const auto& one) { return std::string(name_of(one.param)); });

/// Of the 30 remainders of 5 * 6 five are the same of 5 and of 6, and of the 20 of 5 * 4 four.
TEST(PlacementsTest, OfModuloNothingMovesAsLongAsNIsTheSame) {
    const auto units_moved = [](Change change) {
        return Placements(Members(5, change), change, seed).of(Scheme::modulo).units_moved();
    };

    EXPECT_EQ(units_moved({Change::Kind::weight, 250}), 0U);
    EXPECT_EQ(units_moved({Change::Kind::add, 0}), 25U);
    EXPECT_EQ(units_moved({Change::Kind::remove, 0}), 16U);
}

TEST(PlacementsTest, ARedisClusterIsDealtInEqualStretches) {
    const Change change;
    const Placements placements(Members(3, change), change, seed);

    const auto& before = placements.of(Scheme::slots).before;

    EXPECT_EQ(before.size(), slot_count);
    EXPECT_EQ(std::count(before.begin(), before.end(), 0), 5'461);
    EXPECT_EQ(std::count(before.begin(), before.end(), 1), 5'462);
    EXPECT_EQ(std::count(before.begin(), before.end(), 2), 5'461);
    EXPECT_TRUE(std::is_sorted(before.begin(), before.end()));
}

/// Every way to own few units is tried: none that keeps the quotas moves less.
TEST(PlacementsTest, TheLeastIsFoundByTryingEverything) {
    constexpr std::size_t units = 7;
    const std::vector<NodeIndex> before{0, 0, 0, 1, 1, 2, 2};
    for (const auto& weights : std::vector<std::vector<std::uint32_t>>{
             {1, 1, 1}, {1, 1, 0}, {0, 1, 1}, {3, 1, 1}, {1, 1, 5}, {2, 2, 3}}) {
        const double whole = weights[0] + weights[1] + weights[2];
        std::size_t least = units;
        for (std::size_t code = 0; code < 2'187; ++code) {
            std::vector<NodeIndex> after;
            std::array<std::size_t, 3> have{};
            for (std::size_t rest = code; after.size() < units; rest /= 3) {
                after.push_back(static_cast<NodeIndex>(rest % 3));
                ++have[rest % 3];
            }
            bool fair = true;
            for (std::size_t node = 0; node < 3; ++node) {
                const double should = units * weights[node] / whole;
                fair = fair && std::abs(static_cast<double>(have[node]) - should) < 1;
            }
            if (fair) least = std::min(least, differing(before, after));
        }

        EXPECT_EQ(units_least(before, weights), least) << weights[0] << weights[1] << weights[2];
        EXPECT_EQ(differing(before, rebalanced(before, weights)), least);
    }
}

TEST(PlacementsTest, OneIndexMeansOneNodeBeforeAndAfter) {
    for (const auto kind : {Change::Kind::add, Change::Kind::remove, Change::Kind::weight}) {
        const Members members(12, Change{kind, 200});
        const auto fewer = std::min(members.before.size(), members.after.size());
        for (std::size_t i = 0; i < fewer; ++i) {
            EXPECT_EQ(members.before[i].id, members.after[i].id);
            EXPECT_EQ(members.before[i].id, node_name(i));
        }
        EXPECT_TRUE(std::is_sorted(members.before.begin(), members.before.end(),
                                   [](const auto& a, const auto& b) { return a.id < b.id; }));
    }
}

TEST(PlacementsTest, TheShareThatMovesIsTheNewcomersOrTheLeavers) {
    EXPECT_DOUBLE_EQ(Members(3, {Change::Kind::add, 0}).share_moving(), 0.25);
    EXPECT_DOUBLE_EQ(Members(4, {Change::Kind::remove, 0}).share_moving(), 0.25);
    EXPECT_NEAR(Members(4, {Change::Kind::weight, 200}).share_moving(), 0.15, 1e-12);
}

}  // namespace
}  // namespace ringcast::bench
