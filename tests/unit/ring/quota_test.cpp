#include "quota.hpp"

#include "ring_world.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <numeric>

namespace ringcast::ring::testing {
namespace {

using Held = std::vector<std::uint32_t>;

TEST(QuotaTest, EqualMembersShareToWithinOneArc) {
    const Held quota = quotas(members(10), Held(10, 0));

    // 65,536 = 10 x 6,553 + 6: the six first by id get one more.
    EXPECT_EQ(quota, (Held{6554, 6554, 6554, 6554, 6554, 6554, 6553, 6553, 6553, 6553}));
}

TEST(QuotaTest, TheMostLoadedOfEqualMembersIsWithinTheBoundsOfRounding) {
    const auto max_over_average = [](std::size_t count) {
        const Held quota = quotas(members(count), Held(count, 0));
        return *std::max_element(quota.begin(), quota.end()) * static_cast<double>(count) /
               arc_count;
    };

    EXPECT_LE(max_over_average(10), 1.0001);
    EXPECT_LE(max_over_average(100), 1.001);
    EXPECT_LE(max_over_average(1000), 1.0081);
}

TEST(QuotaTest, ShareFollowsWeight) {
    std::vector<Member> three = members(3);
    three[0].weight = 1;
    three[1].weight = 2;
    three[2].weight = 5;

    EXPECT_EQ(quotas(three, Held(3, 0)), (Held{8192, 16384, 40960}));
}

TEST(QuotaTest, WhoHoldsMoreThanItsFloorKeepsTheCeiling) {
    // 21,845 each and one over: the last by id has it already.
    EXPECT_EQ(quotas(members(3), Held{21845, 21845, 21846}), (Held{21845, 21845, 21846}));
    EXPECT_EQ(quotas(members(3), Held{0, 21845, 21850}), (Held{21845, 21845, 21846}));
}

TEST(QuotaTest, AShareBelowOneArcMayComeOutAsNone) {
    std::vector<Member> skewed = members(4, 1);
    skewed[2].weight = weight_max;

    // 65,536 x 1 / 1,000,003 is 0.066: the heavy one's remainder of 0.80 earns the ceiling.
    EXPECT_EQ(quotas(skewed, Held(4, 0)), (Held{0, 0, 65536, 0}));
    // Who holds one already keeps it.
    EXPECT_EQ(quotas(skewed, Held{0, 1, 65535, 0}), (Held{0, 1, 65535, 0}));
}

TEST(QuotaTest, TheLargestSumOfWeightsDoesNotOverflow) {
    const Held quota = quotas(members(arc_count, weight_max), Held(arc_count, 0));

    EXPECT_TRUE(std::all_of(quota.begin(), quota.end(), [](auto arcs) { return arcs == 1; }));
}

/// Tries every way to deal out the ceilings.
std::uint64_t kept_max(const std::vector<Member>& members, const Held& held) {
    const std::uint64_t sum = weight_sum(members);
    std::uint64_t best = 0;
    for (std::uint32_t ceilings = 0; ceilings < 1u << members.size(); ++ceilings) {
        std::uint64_t dealt = 0;
        std::uint64_t kept = 0;
        bool legal = true;
        for (std::size_t i = 0; i < members.size(); ++i) {
            const std::uint64_t scaled = std::uint64_t{arc_count} * members[i].weight;
            const bool ceiling = (ceilings >> i & 1) != 0;
            if (ceiling && scaled % sum == 0) legal = false;
            const std::uint64_t quota = scaled / sum + (ceiling ? 1 : 0);
            dealt += quota;
            kept += std::min<std::uint64_t>(quota, held[i]);
        }
        if (legal && dealt == arc_count) best = std::max(best, kept);
    }
    return best;
}

RC_GTEST_PROP(QuotaTest, NoLegalAssignmentKeepsMore, ()) {
    const auto count = *rc::gen::inRange<std::size_t>(1, 9);
    std::vector<Member> some = members(count);
    for (Member& member : some) member.weight = *any_weight();
    // Held: somewhere near the shares, as after other changes.
    Held held = quotas(some, Held(count, 0));
    for (std::uint32_t& arcs : held) {
        arcs = arcs + *rc::gen::inRange(0u, 4u);
        arcs -= std::min(arcs, 2u);
    }

    const Held quota = quotas(some, held);

    RC_ASSERT(std::accumulate(quota.begin(), quota.end(), std::uint64_t{0}) == arc_count);
    std::uint64_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) kept += std::min(quota[i], held[i]);
    RC_ASSERT(kept == kept_max(some, held));
}

}  // namespace
}  // namespace ringcast::ring::testing
