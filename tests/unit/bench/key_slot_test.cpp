#include "key_slot.hpp"

#include <gtest/gtest.h>

namespace ringcast::bench {
namespace {

TEST(KeySlotTest, Crc16IsThatOfXmodem) {
    EXPECT_EQ(crc16("123456789"), 0x31c3);
    EXPECT_EQ(crc16(""), 0);
}

/// What `CLUSTER KEYSLOT` of a Redis 7 answers.
TEST(KeySlotTest, SlotsAreThoseOfARedisCluster) {
    EXPECT_EQ(key_slot("foo"), 12'182);
    EXPECT_EQ(key_slot("bar"), 5'061);
    EXPECT_EQ(key_slot("hello"), 866);
    EXPECT_EQ(key_slot(""), 0);
}

TEST(KeySlotTest, OnlyWhatStandsInTheFirstBracesCounts) {
    EXPECT_EQ(key_slot("{user1000}.following"), key_slot("user1000"));
    EXPECT_EQ(key_slot("foo{bar}{zap}"), key_slot("bar"));
    EXPECT_EQ(key_slot("foo{{bar}}zap"), key_slot("{bar"));
}

TEST(KeySlotTest, EmptyOrOpenBracesDoNotCount) {
    EXPECT_EQ(key_slot("foo{}{bar}"), crc16("foo{}{bar}") % slot_count);
    EXPECT_EQ(key_slot("foo{bar"), crc16("foo{bar") % slot_count);
}

}  // namespace
}  // namespace ringcast::bench
