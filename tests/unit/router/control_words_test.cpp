#include "control_words.hpp"

#include <gtest/gtest.h>

namespace ringcast::router {
namespace {

TEST(ControlWordsTest, AMarkerTellsTheFence) {
    const auto said = parse_control("fence 12");
    ASSERT_TRUE(said);
    EXPECT_EQ(said->fence, ViewNumber{12});
    EXPECT_EQ(said->probe, 0U);
}

TEST(ControlWordsTest, AProbeTellsWhoseItIsAndWhatTheNodeKnows) {
    const auto said = parse_control("probe gateway-1:8001 7 12 13");
    ASSERT_TRUE(said);
    EXPECT_EQ(said->gateway, "gateway-1:8001");
    EXPECT_EQ(said->probe, 7U);
    EXPECT_EQ(said->fence, ViewNumber{12});
    EXPECT_EQ(said->view, ViewNumber{13});
}

TEST(ControlWordsTest, LaterVersionsMayAddWords) {
    EXPECT_TRUE(parse_control("fence 12 and more"));
    EXPECT_TRUE(parse_control("probe g 7 12 13 14"));
}

TEST(ControlWordsTest, EverythingElseIsNothing) {
    for (const char* words :
         {"", " ", "fence", "fence ", "fence x", "fence -1", "fence 1x", "fence  1",
          "fence 99999999999999999999", "probe", "probe g", "probe g 0 1 1", "probe g 1",
          "probe g 1 2", "probe  1 2 3", "probe g 1 2 x", "Fence 1", "marker 1"}) {
        EXPECT_FALSE(parse_control(words)) << words;
    }
}

}  // namespace
}  // namespace ringcast::router
