// What a handoff does with many channels it does in slices, and nobody can tell: here a slice is
// two channels.
#include "handoff_script.hpp"
#include "moving_channels.hpp"

#include <algorithm>
#include <set>

namespace ringcast::router::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

RouterOptions in_twos() {
    RouterOptions options;
    options.subscribe_batch_max = 2;
    return options;
}

/// Eight channels on member a (L0), all of which move to b (L1).
class HandoffSlicesTest : public testing::Test {
protected:
    HandoffSlicesTest() {
        for (int i = 0; i < 8; ++i) {
            names.push_back("c" + std::to_string(i));
            before[names.back()] = "a";
            after[names.back()] = "b";
        }
        script.adopt(1, {"a", "b"}, before);
        for (const auto& name : names) {
            script.subscribe(0, name);
            script.routing.subscribed(L0, name, script.now);
        }
        (void)script.done();
    }

    static std::size_t count(const Lines& lines, std::string_view what) {
        return static_cast<std::size_t>(std::ranges::count_if(
            lines, [&](const std::string& line) { return line.starts_with(what); }));
    }
    bool due_at_once() {
        const auto next = script.routing.next_deadline();
        return next && *next <= script.now;
    }
    /// All that is done in slices.
    void do_the_rest() {
        for (auto next = script.routing.next_deadline(); next && *next <= script.now + 1ms;
             next = script.routing.next_deadline()) {
            script.advance(1ms);
        }
    }
    void prepare() {
        script.propose(RoutingScript::view(2, {"a", "b"}, after));
        while (due_at_once()) script.advance(0ms);
        for (const auto& name : names) script.routing.subscribed(L1, name, script.now);
        EXPECT_THAT(script.done(), Contains("prepared 2"));
    }
    /// The record tells who had acknowledged, and the former owner says its marker.
    void fence() {
        if (script.record->proposal) script.begin_fencing();
        script.routing.fenced(L0, ViewNumber{2}, script.now);
    }

    RoutingScript script{in_twos()};
    std::vector<std::string> names;
    ring::Pins before;
    ring::Pins after;
};

TEST_F(HandoffSlicesTest, WithoutARateEachTurnSubscribesOneSlice) {
    script.propose(RoutingScript::view(2, {"a", "b"}, after));
    EXPECT_EQ(count(script.done(), "subscribe L1"), 2U);
    std::size_t all = 2;
    for (; due_at_once(); all += 2) {
        script.advance(0ms);
        EXPECT_EQ(count(script.done(), "subscribe L1"), 2U);
    }
    EXPECT_EQ(all, names.size());
    EXPECT_EQ(script.routing.handoff()->moving, names.size());
}

TEST_F(HandoffSlicesTest, AFenceSwitchesTheFirstOnesAtOnceAndTheOthersInTheNextTurns) {
    prepare();
    fence();
    EXPECT_EQ(script.routing.handoff()->switched, 2U);
    script.advance(1ms);
    EXPECT_EQ(script.routing.handoff()->switched, 4U);
    script.advance(0ms);
    EXPECT_EQ(script.routing.handoff()->switched, 4U) << "a millisecond for others";
    do_the_rest();
    EXPECT_EQ(script.routing.handoff()->switched, names.size());
}

TEST_F(HandoffSlicesTest, WhoseTurnHasNotComeIsSwitchedByItsFirstMessage) {
    prepare();
    fence();
    (void)script.done();
    EXPECT_EQ(script.routing.handoff()->switched, 2U);

    script.message(L1, names.back(), "p2");
    EXPECT_EQ(script.done(), Lines{"deliver 1 " + names.back() + " 2"});
    EXPECT_EQ(script.routing.handoff()->switched, 3U);
}

TEST_F(HandoffSlicesTest, WhatWasKeptIsDeliveredAtTheFenceWhoeversTurnItIs) {
    prepare();
    for (const auto& name : names) script.message(L1, name, "p1");
    EXPECT_THAT(script.done(), IsEmpty()) << "the former owner may have words yet";
    fence();
    EXPECT_EQ(count(script.done(), "deliver 1"), names.size());
}

TEST_F(HandoffSlicesTest, AFormerOwnerThatIsLostAfterItsFenceLeavesNoGap) {
    prepare();
    fence();
    for (const auto& name : names) script.routing.lost(L0, name);
    do_the_rest();
    EXPECT_EQ(script.routing.subscribing().gaps(), 0U);
}

TEST_F(HandoffSlicesTest, TheNextOwnerLostAfterTheFenceIsAGapOnceItIsBack) {
    prepare();
    fence();
    script.routing.lost(L1, names.back());
    script.routing.subscribed(L1, names.back(), script.now);
    EXPECT_THAT(script.done(), Contains("gap 1 " + names.back()));
}

TEST_F(HandoffSlicesTest, ACommitBeforeAllAreSwitchedMissesNothing) {
    prepare();
    for (const auto& name : names) script.message(L1, name, "p1");
    fence();
    script.begin_fencing();
    script.commit();
    EXPECT_THAT(script.done(), Not(Contains("all left 2")));

    do_the_rest();
    const Lines lines = script.done();
    EXPECT_THAT(lines, Contains("all left 2"));
    EXPECT_FALSE(script.routing.handoff());
    EXPECT_EQ(script.routing.subscribing().gaps(), 0U);
    EXPECT_EQ(script.routing.subscribing().messages(), names.size());
    EXPECT_EQ(script.routing.subscribing().channels_on(L0), 0U);
}

TEST_F(HandoffSlicesTest, AnOwnerThatIsNeverHeardAgainIsGivenUpInSlicesAndTold) {
    prepare();
    script.begin_fencing();
    script.commit();
    const NodeOptions& node = script.options.node;
    script.advance(node.probe_timeout + 2 * node.probe_interval - 1ms);
    EXPECT_EQ(script.routing.handoff()->switched, 0U) << "its last word may come yet";
    script.advance(1ms);
    EXPECT_EQ(script.routing.handoff()->switched, 2U);
    do_the_rest();

    EXPECT_THAT(script.done(), Contains("all left 2"));
    EXPECT_EQ(script.routing.subscribing().gaps(), names.size());
}

TEST_F(HandoffSlicesTest, ALaterViewEndsItWhereverItIs) {
    prepare();
    for (const auto& name : names) script.message(L1, name, "p1");
    fence();
    script.record->proposal.reset();
    script.record->previous = ViewNumber{2};
    script.record->in_force = RoutingScript::view(3, {"a", "b"}, after);
    script.routing.follow(*script.record, script.now);

    EXPECT_EQ(script.routing.subscribing().messages(), names.size());
    EXPECT_EQ(script.routing.subscribing().gaps(), 0U);
    EXPECT_EQ(script.routing.subscribing().channels_on(L0), 0U);
}

TEST_F(HandoffSlicesTest, WhatGoesBeforeItsTurnIsNotCountedAmongTheMovers) {
    script.options.linger = 0ms;
    script.propose(RoutingScript::view(2, {"a", "b"}, after), 1);
    script.routing.unsubscribe(0, names.front(), script.now);
    EXPECT_EQ(script.routing.handoff()->moving, names.size() - 1);
    script.subscribe(0, names.front());
    EXPECT_EQ(script.routing.handoff()->moving, names.size()) << "new, and moving from the start";
}

/// Destinations of a ring of three members, and what another makes of it.
TEST(MovingChannelsTest, AWalkMeetsEachThatMovesOnceAndNoOther) {
    std::vector<ring::Member> members{{"a", 100, {}}, {"b", 100, {}}};
    const auto first = *ring::Ring::genesis(members);
    members.push_back({"c", 100, {}});
    const auto grown = *ring::Ring::next(first, members);
    ChannelTable channels;
    for (int i = 0; i < 3'000; ++i) {
        auto name = std::make_shared<const std::string>("channel-" + std::to_string(i));
        const auto arc = first.arc(*name);
        channels.insert(std::move(name), arc);
    }
    // One is pinned where it is though its arc goes, one goes though its arc stays.
    std::string kept;
    std::string sent;
    channels.for_each([&](const Channel& channel) {
        const bool goes = first.owner(*channel.name) == 0 && grown.owner(*channel.name) == 2;
        if (goes && kept.empty()) kept = *channel.name;
        if (first.owner(*channel.name) == 0 && grown.owner(*channel.name) == 0) {
            sent = *channel.name;
        }
    });
    const auto pinned = *grown.with_pins({{kept, "a"}, {sent, "b"}});
    const Destinations before{ViewNumber{1}, first, {LinkId{0}, LinkId{1}}};
    const Destinations after{ViewNumber{2}, pinned, {LinkId{0}, LinkId{1}, LinkId{2}}};

    const MovingChannels moving(before, after);
    for (const LinkId from : {no_link, LinkId{0}, LinkId{1}}) {
        std::multiset<std::string> met;
        MovingWalk walk(from);
        while (walk.step(moving, channels,
                         [&](const Channel& channel) { met.insert(*channel.name); })) {
        }
        std::multiset<std::string> expected;
        channels.for_each([&](const Channel& channel) {
            const LinkId was = before.link_of(*channel.name);
            const bool moves = was != after.link_of(*channel.name);
            if (moves && (from == no_link || from == was)) expected.insert(*channel.name);
        });
        EXPECT_EQ(met, expected);
        EXPECT_TRUE(from != no_link || moving.count(channels) == met.size());
    }
}

}  // namespace
}  // namespace ringcast::router::test
