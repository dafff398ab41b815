#include "ring_world.hpp"
#include "ringcast/ring/hash.hpp"

#include <gtest/gtest.h>

#include <string>

// What is written here holds for ever: gateways of all versions, on all machines, must agree. A
// change that needs another number here would move channels of running clusters, or make two
// gateways with one view disagree.
namespace ringcast::ring::testing {
namespace {

TEST(GoldenTest, PointsOfKeysNeverChange) {
    std::string printable;
    for (char c = ' '; c <= '~'; ++c) printable += c;
    const std::string longest(255, 'x');

    EXPECT_EQ(point("", 0), 0x2d06'8005'38d3'94c2);
    EXPECT_EQ(point("a", 0), 0xe6c6'32b6'1e96'4e1f);
    EXPECT_EQ(point("chat:1", 0), 0xa7f9'8dde'7abe'569f);
    EXPECT_EQ(point("chat:1", 1), 0x20d8'12d6'87cc'2769);
    EXPECT_EQ(point("room:general", 0), 0x7831'3c9b'951f'2949);
    EXPECT_EQ(point("personal:#42", 0), 0x05aa'6aad'2280'1f14);
    EXPECT_EQ(point("$private:team/7/standup", 20261121), 0x4934'cdc4'0424'db2d);
    EXPECT_EQ(point(printable, 0), 0xa0de'f822'd213'47a1);
    EXPECT_EQ(point(longest, 0), 0x2be9'5398'2ac8'bd9d);
    EXPECT_EQ(point(longest, 0xffff'ffff'ffff'ffff), 0xb1d2'0873'c44c'be8c);
}

TEST(GoldenTest, ArcsBeginAtMultiplesOf2To48) {
    EXPECT_EQ(arc_at(0), 0);
    EXPECT_EQ(arc_at(0x0000'ffff'ffff'ffff), 0);
    EXPECT_EQ(arc_at(0x0001'0000'0000'0000), 1);
    EXPECT_EQ(arc_at(0x7fff'ffff'ffff'ffff), 32'767);
    EXPECT_EQ(arc_at(0x8000'0000'0000'0000), 32'768);
    EXPECT_EQ(arc_at(0xfffe'ffff'ffff'ffff), 65'534);
    EXPECT_EQ(arc_at(0xffff'0000'0000'0000), 65'535);
    EXPECT_EQ(arc_at(0xffff'ffff'ffff'ffff), 65'535);
}

TEST(GoldenTest, FirstRingsNeverChange) {
    std::vector<Member> weighted = zoned_members(10, 3);
    for (std::uint32_t i = 0; i < 10; ++i) weighted[i].weight = 1 + i * i * i;

    EXPECT_EQ(Ring::genesis(members(1))->digest().text(), "c8d95868d9a4ad5eb6fd3264fc9ad055");
    EXPECT_EQ(Ring::genesis(members(3))->digest().text(), "54d7ea81408b572aa85d84d142c6b5c6");
    EXPECT_EQ(Ring::genesis(members(3), 1)->digest().text(), "5399673e2c8f7b7ce4b0c1d9d741b0fc");
    EXPECT_EQ(Ring::genesis(weighted)->digest().text(), "b65bc0481ab9ab0dd09386603b7634f1");
    EXPECT_EQ(Ring::genesis(zoned_members(1000, 4), 20261121)->digest().text(),
              "b75390f3f79266ef72a527819576115f");
    EXPECT_EQ(Ring::genesis(members(3))->with_pins({{"hot", node_id(2)}})->digest().text(),
              "ed88324aec22333dd2f931678ff0cf02");
}

TEST(GoldenTest, AHistoryOfChangesNeverEndsElsewhere) {
    Ring ring = *Ring::genesis(members(3));
    const auto step = [&ring](auto change) {
        std::vector<Member> wanted = ring.members();
        change(wanted);
        ring = *Ring::next(ring, wanted);
        return ring.digest().text();
    };

    EXPECT_EQ(step([](auto& all) {
                  all.push_back({"node-1003", 100, "zone-a"});
              }),
              "38615dc302f98184790fb29dfceb22aa");
    EXPECT_EQ(step([](auto& all) {
                  all.push_back({"node-0999", 250, "zone-b"});
              }),
              "b41f7d032bf5638b15423d7adfcb2520");
    EXPECT_EQ(step([](auto& all) { all[2].weight = 37; }), "ce8d85ae90e360b74b59e914cfb791b6");
    EXPECT_EQ(step([](auto& all) { all.erase(all.begin() + 1); }),
              "35ccde419087e32d01491a5587fa4402");
    EXPECT_EQ(step([](auto& all) {
                  for (std::size_t i = 4; i < 40; ++i) all.push_back({node_id(i), 100, ""});
              }),
              "4d53a770af9a62a428015107acec521f");
    EXPECT_EQ(step([](auto& all) { all.erase(all.begin() + 7, all.begin() + 12); }),
              "e2b4824d0ce20a33393ce9cdd35a9c76");
    ring = *ring.without("node-0999");
    EXPECT_EQ(ring.digest().text(), "df12e4e901618d07068a3ce68b913293");
    EXPECT_EQ(step([](auto&) {}), "df12e4e901618d07068a3ce68b913293");
}

/// FNV-1a over the numbers, low byte first.
std::uint64_t fingerprint(const Ring& ring) {
    std::uint64_t mixed = 0xcbf2'9ce4'8422'2325;
    for (std::size_t arc = 0; arc < arc_count; ++arc) {
        for (const MemberIndex member : ring.successors(static_cast<Arc>(arc))) {
            mixed = (mixed ^ (member & 0xffu)) * 0x100'0000'01b3;
            mixed = (mixed ^ (member >> 8)) * 0x100'0000'01b3;
        }
    }
    return mixed;
}

// Two gateways that disagree about a successor would keep a channel's copy on different nodes.
TEST(GoldenTest, LinesOfSuccessionNeverChange) {
    const Ring grown = *Ring::next(*Ring::genesis(zoned_members(30, 3)), zoned_members(32, 3));

    EXPECT_EQ(fingerprint(*Ring::genesis(members(3))), 0x5e8c'2409'6350'463a);
    EXPECT_EQ(fingerprint(*Ring::genesis(zoned_members(1000, 4))), 0x0d40'ef26'7e29'94b2);
    EXPECT_EQ(fingerprint(grown), 0x3b75'74da'48bc'9827);
}

}  // namespace
}  // namespace ringcast::ring::testing
