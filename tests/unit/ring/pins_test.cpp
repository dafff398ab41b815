#include "ring_world.hpp"
#include "ringcast/ring/diff.hpp"

#include <gtest/gtest.h>

namespace ringcast::ring::testing {
namespace {

class PinsTest : public ::testing::Test {
protected:
    /// A member that does not own the channel by its arc.
    [[nodiscard]] MemberIndex other_than_owner(std::string_view channel) const {
        return static_cast<MemberIndex>((ring.owner(channel) + 1) % ring.members().size());
    }

    const Ring ring = *Ring::genesis(members(4), 99);
};

TEST_F(PinsTest, APinnedChannelLivesWhereThePinSays) {
    const MemberIndex wanted = other_than_owner("hot");

    const Ring pinned = *ring.with_pins({{"hot", ring.members()[wanted].id}});

    EXPECT_EQ(pinned.owner("hot"), wanted);
    EXPECT_EQ(pinned.arc("hot"), ring.arc("hot"));
    EXPECT_EQ(pinned.owner_of(pinned.arc("hot")), ring.owner("hot"));
    for (int i = 0; i < 1000; ++i) {
        const std::string channel = "cold:" + std::to_string(i);
        ASSERT_EQ(pinned.owner(channel), ring.owner(channel));
    }
}

TEST_F(PinsTest, ManyPinsAreEachFound) {
    Pins pins;
    for (std::size_t i = 0; i < 500; ++i) pins["hot:" + std::to_string(i)] = node_id(i % 4);

    const Ring pinned = *ring.with_pins(pins);

    for (const auto& [channel, id] : pins) {
        ASSERT_EQ(pinned.members()[pinned.owner(channel)].id, id);
    }
}

TEST_F(PinsTest, PinsChangeTheDigestAndNothingElseMoves) {
    const Ring pinned = *ring.with_pins({{"hot", node_id(0)}});

    EXPECT_NE(pinned.digest(), ring.digest());
    EXPECT_TRUE(diff(ring, pinned).runs.empty());
    EXPECT_EQ(*pinned.with_pins({}), ring);
}

// "ab" on "c" and "a" on "bc" would be one string of bytes without the lengths in front.
TEST_F(PinsTest, FieldsThatMeetDoNotRunTogether) {
    const Ring letters = *Ring::genesis({{"c", 1, ""}, {"bc", 1, ""}});
    const Ring one = *letters.with_pins({{"ab", "c"}});
    const Ring other = *letters.with_pins({{"a", "bc"}});

    EXPECT_NE(one.digest(), other.digest());
    EXPECT_NE(Ring::genesis({{"a", 1, "b1"}})->digest(), Ring::genesis({{"ab", 1, "1"}})->digest());
}

TEST_F(PinsTest, ADiffNamesThePinnedChannelsThatMove) {
    const MemberIndex from = ring.owner("hot");
    const MemberIndex to = other_than_owner("hot");
    const Ring pinned = *ring.with_pins(
        {{"hot", ring.members()[to].id}, {"warm", ring.members()[ring.owner("warm")].id}});

    EXPECT_EQ(diff(ring, pinned).pinned, (std::vector<PinnedMove>{{"hot", from, to}}));
    EXPECT_EQ(diff(pinned, ring).pinned, (std::vector<PinnedMove>{{"hot", to, from}}));
    const Ring elsewhere = *ring.with_pins({{"hot", ring.members()[from].id}, {"new", node_id(0)}});
    const Diff moved = diff(pinned, elsewhere);
    ASSERT_GE(moved.pinned.size(), 1u);
    EXPECT_EQ(moved.pinned[0], (PinnedMove{"hot", to, from}));
}

TEST_F(PinsTest, APinnedChannelStaysThoughItsArcMoves) {
    const Ring pinned = *ring.with_pins({{"hot", node_id(1)}});
    std::vector<Member> without_owner = members(4);
    std::erase_if(without_owner, [&](const Member& member) { return member.id == node_id(0); });

    const Ring after = *Ring::next(pinned, without_owner);

    EXPECT_EQ(after.pins(), pinned.pins());
    EXPECT_EQ(after.members()[after.owner("hot")].id, node_id(1));
    EXPECT_TRUE(diff(pinned, after).pinned.empty());
}

TEST_F(PinsTest, PinsGoWithTheirMember) {
    const Pins pins = {{"cold", node_id(2)}, {"hot", node_id(1)}};
    const Ring pinned = *ring.with_pins(pins);
    std::vector<Member> others = members(4);
    others.erase(others.begin() + 1);

    const Ring left = *Ring::next(pinned, others);
    const Ring died = *pinned.without(node_id(1));

    EXPECT_EQ(left.pins(), (Pins{{"cold", node_id(2)}}));
    EXPECT_EQ(died.pins(), (Pins{{"cold", node_id(2)}}));
    EXPECT_EQ(diff(pinned, died).pinned,
              (std::vector<PinnedMove>{{"hot", *pinned.find(node_id(1)), died.owner("hot")}}));
}

}  // namespace
}  // namespace ringcast::ring::testing
