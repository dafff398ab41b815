#include "control_words.hpp"

#include <gtest/gtest.h>

namespace ringcast::router {
namespace {

TEST(ControlWordsTest, AMarkerTellsTheFenceAndWhereItStood) {
    const auto said = parse_control("fence 12 9");
    ASSERT_TRUE(said);
    EXPECT_EQ(said->fence, ViewNumber{12});
    EXPECT_EQ(said->former, ViewNumber{9});
    EXPECT_EQ(said->probe, 0U);
}

TEST(ControlWordsTest, AProbeTellsWhoseItIsAndWhatTheNodeKnows) {
    const auto said = parse_control("probe gateway-1:8001 7 12 13");
    ASSERT_TRUE(said);
    EXPECT_EQ(said->gateway, "gateway-1:8001");
    EXPECT_EQ(said->probe, 7U);
    EXPECT_EQ(said->fence, ViewNumber{12});
    EXPECT_EQ(said->former, ViewNumber{12});
    EXPECT_EQ(said->view, ViewNumber{13});
}

TEST(ControlWordsTest, LaterVersionsMayAddWords) {
    EXPECT_TRUE(parse_control("fence 12 9 and more"));
    EXPECT_TRUE(parse_control("probe g 7 12 13 14"));
}

TEST(ControlWordsTest, EverythingElseIsNothing) {
    for (const char* words :
         {"", " ", "fence", "fence ", "fence x 1", "fence -1 1", "fence 1x 1", "fence  1 1",
          "fence 99999999999999999999 1", "fence 1", "fence 1 x", "probe", "probe g", "probe g 0 1 1", "probe g 1",
          "probe g 1 2", "probe  1 2 3", "probe g 1 2 x", "Fence 1", "marker 1"}) {
        EXPECT_FALSE(parse_control(words)) << words;
    }
}

}  // namespace
}  // namespace ringcast::router
