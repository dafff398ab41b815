#include "ring_world.hpp"
#include "ringcast/ring/diff.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

namespace ringcast::ring::testing {
namespace {

void check_shares(const Ring& ring) {
    const std::uint64_t sum = weight_sum(ring.members());
    std::vector<std::uint64_t> arcs(ring.members().size(), 0);
    for (const MemberIndex owner : ring.owners()) ++arcs[owner];
    for (std::size_t i = 0; i < arcs.size(); ++i) {
        const std::uint64_t scaled = std::uint64_t{arc_count} * ring.members()[i].weight;
        RC_ASSERT(arcs[i] == scaled / sum || (arcs[i] == scaled / sum + 1 && scaled % sum != 0));
        RC_ASSERT(arcs[i] == ring.arcs_of(static_cast<MemberIndex>(i)));
    }
}

/// Every arc that moves leaves a member that has fewer arcs than before and goes to one that has
/// more: so none moves between two whose shares did not change, nor through a third.
void check_direction(const Pair& pair) {
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        const std::size_t giver = pair.owner_before[arc];
        const std::size_t taker = pair.owner_after[arc];
        if (giver == taker) continue;
        if (pair.arcs_after[giver] >= pair.arcs_before[giver]) RC_FAIL("a giver did not shrink");
        if (pair.arcs_after[taker] <= pair.arcs_before[taker]) RC_FAIL("a taker did not grow");
    }
}

/// The diff, applied to the first table, gives the second.
void check_diff(const Pair& pair, const Diff& changes) {
    std::vector<std::size_t> owners = pair.owner_before;
    std::size_t end = 0;
    for (const ring::Run& run : changes.runs) {
        RC_ASSERT(run.length > 0u);
        RC_ASSERT(run.first >= end);
        end = run.first + run.length;
        RC_ASSERT(end <= arc_count);
        for (std::size_t arc = run.first; arc < end; ++arc) {
            if (owners[arc] != pair.number_before[run.from]) RC_FAIL("another gives");
            owners[arc] = pair.number_after[run.to];
        }
    }
    RC_ASSERT((owners == pair.owner_after));
    RC_ASSERT(static_cast<std::int64_t>(changes.arcs_moved()) == arcs_moved(pair));
}

void check_step(const Ring& before, const Ring& after) {
    const Pair pair(before, after);
    check_shares(after);
    RC_ASSERT(arcs_moved(pair) == movement_min(before, after.members()));
    check_direction(pair);
    check_diff(pair, diff(before, after));
}

// Twenty histories a case, so that there are thousands of them.
RC_GTEST_PROP(RingHistoryTest, EveryStepIsFairAndMovesTheLeast, ()) {
    for (int history = 0; history < 20; ++history) {
        Ring ring = *Ring::genesis(some_members());
        check_shares(ring);
        const auto changes =
            *rc::gen::resize(6, rc::gen::container<std::vector<Change>>(any_change()));
        for (const Change& change : changes) {
            const std::vector<Member> wanted = changed(ring.members(), change);

            const Ring after = *Ring::next(ring, wanted);

            check_step(ring, after);
            ring = after;
        }
    }
}

RC_GTEST_PROP(RingHistoryTest, ManyMembersMayChangeAtOnce, ()) {
    const Ring before = *Ring::genesis(some_members());
    const std::vector<Member> wanted = some_members();

    const Ring after = *Ring::next(before, wanted);

    check_step(before, after);
    check_diff(Pair(after, before), diff(after, before));
}

RC_GTEST_PROP(RingHistoryTest, TheOrderInWhichMembersAreNamedDoesNotMatter, ()) {
    const std::vector<Member> first = some_members();
    const std::vector<Member> second = changed(first, *any_change());
    const auto shuffled = [](std::vector<Member> members) {
        std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
        std::shuffle(members.begin(), members.end(), random);
        return members;
    };

    const Ring one = *Ring::genesis(first, 7);
    const Ring other = *Ring::genesis(shuffled(first), 7);

    RC_ASSERT(one.digest() == other.digest());
    RC_ASSERT(one == other);
    RC_ASSERT(Ring::next(one, second)->digest() == Ring::next(other, shuffled(second))->digest());
}

RC_GTEST_PROP(RingHistoryTest, AMemberThatLeavesAndComesBackMovesOnlyItsShareEachTime, ()) {
    const std::vector<Member> all = some_members();
    RC_PRE(all.size() > 1u);
    const auto which = *rc::gen::inRange<std::size_t>(0, all.size());
    std::vector<Member> others = all;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(which));
    const Ring ring = *Ring::genesis(all);

    const Ring away = *Ring::next(ring, others);
    const Ring back = *Ring::next(away, all);

    check_step(ring, away);
    check_step(away, back);
    // Its share may be rounded the other way when it is back, but by no more than one arc; and what
    // it left behind was its whole share.
    const MemberIndex index = *ring.find(all[which].id);
    RC_ASSERT(arcs_moved(ring, away) >= static_cast<std::int64_t>(ring.arcs_of(index)));
    const auto difference = static_cast<std::int64_t>(ring.arcs_of(index)) -
                            static_cast<std::int64_t>(back.arcs_of(index));
    RC_ASSERT(difference >= -1 && difference <= 1);
}

RC_GTEST_PROP(RingHistoryTest, NothingMovesWhenNothingChanges, ()) {
    const Ring ring = *Ring::genesis(some_members());

    const Ring same = *Ring::next(ring, ring.members());

    RC_ASSERT(same == ring);
    RC_ASSERT(diff(ring, same).runs.empty());
}

RC_GTEST_PROP(RingHistoryTest, AViewBringsBackTheSameRing, ()) {
    Ring ring = *Ring::genesis(some_members(), *rc::gen::arbitrary<std::uint64_t>());
    ring = *Ring::next(ring, changed(ring.members(), *any_change()));

    const Ring restored = *Ring::restore(ring.members(), ring.owners(), ring.pins(), ring.seed());

    RC_ASSERT(restored == ring);
    const auto arc = *rc::gen::arbitrary<Arc>();
    RC_ASSERT(restored.successors(arc) == ring.successors(arc));
}

// Equal members coming and going is how clusters live; what is cut must grow together again.
TEST(RingHistoryTest, AChangeStaysAShortListOfRunsAfterHundredsOfChanges) {
    for (const std::size_t count : {3u, 10u, 100u}) {
        std::mt19937 random(static_cast<std::uint32_t>(count));
        Ring ring = *Ring::genesis(members(count));
        for (std::size_t step = 0; step < 300; ++step) {
            std::vector<Member> wanted = ring.members();
            if (step % 2 == 0) {
                wanted.push_back({node_id(count + step), 100, ""});
            } else {
                wanted.erase(wanted.begin() + random() % wanted.size());
            }
            const Ring after = *Ring::next(ring, wanted);

            EXPECT_LE(diff(ring, after).runs.size(), 256u) << count << " members, step " << step;
            ring = after;
        }
    }
}

}  // namespace
}  // namespace ringcast::ring::testing
