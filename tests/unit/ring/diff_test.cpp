#include "ringcast/ring/diff.hpp"

#include "ring_world.hpp"

#include <gtest/gtest.h>

namespace ringcast::ring::testing {
namespace {

using Runs = std::vector<ring::Run>;

Ring ring_of(const std::vector<MemberIndex>& owners, std::size_t count = 3) {
    return *Ring::restore(members(count), owners, {}, 0);
}

TEST(DiffTest, EqualRingsDoNotDiffer) {
    const Ring ring = *Ring::genesis(members(9));

    EXPECT_TRUE(diff(ring, ring).runs.empty());
    EXPECT_EQ(diff(ring, ring).arcs_moved(), 0u);
}

TEST(DiffTest, TheFirstAndTheLastArcAreLikeAnyOther) {
    const std::vector<MemberIndex> before(arc_count, 0);
    std::vector<MemberIndex> after = before;
    after.front() = 1;
    after.back() = 2;

    const Diff changes = diff(ring_of(before), ring_of(after));

    EXPECT_EQ(changes.runs, (Runs{{0, 1, 0, 1}, {65'535, 1, 0, 2}}));
    EXPECT_EQ(changes.arcs_moved(), 2u);
}

TEST(DiffTest, ARunMayBeTheWholeCircle) {
    const std::vector<MemberIndex> before(arc_count, 0);
    const std::vector<MemberIndex> after(arc_count, 2);

    EXPECT_EQ(diff(ring_of(before), ring_of(after)).runs, (Runs{{0, arc_count, 0, 2}}));
}

TEST(DiffTest, RunsEndWhereGiverOrTakerChanges) {
    std::vector<MemberIndex> before(arc_count, 0);
    std::vector<MemberIndex> after = before;
    for (std::size_t arc = 100; arc < 400; ++arc) after[arc] = 1;
    for (std::size_t arc = 200; arc < 300; ++arc) before[arc] = 2;
    for (std::size_t arc = 350; arc < 400; ++arc) after[arc] = 2;

    EXPECT_EQ(diff(ring_of(before), ring_of(after)).runs,
              (Runs{{100, 100, 0, 1}, {200, 100, 2, 1}, {300, 50, 0, 1}, {350, 50, 0, 2}}));
}

TEST(DiffTest, IndicesAreThoseOfEachRing) {
    // The middle one of three goes; its arcs go to the last, which is the second from then on.
    std::vector<MemberIndex> before(arc_count, 2);
    before[7] = 1;
    const Ring first = ring_of(before);

    const Ring second = *Ring::restore({first.members()[0], first.members()[2]},
                                       std::vector<MemberIndex>(arc_count, 1), {}, 0);

    EXPECT_EQ(diff(first, second).runs, (Runs{{7, 1, 1, 1}}));
    EXPECT_EQ(diff(second, first).runs, (Runs{{7, 1, 1, 1}}));
}

// The new first member has the index of the old one: same number, another member.
TEST(DiffTest, AMemberThatReplacesAnotherIsNotTakenForIt) {
    const std::vector<MemberIndex> owners(arc_count, 0);
    const Ring before = *Ring::restore({{"a", 1, ""}, {"m", 1, ""}}, owners, {}, 0);
    const Ring after = *Ring::restore({{"b", 1, ""}, {"m", 1, ""}}, owners, {}, 0);

    EXPECT_EQ(diff(before, after).runs, (Runs{{0, arc_count, 0, 0}}));
}

}  // namespace
}  // namespace ringcast::ring::testing
