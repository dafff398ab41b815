#include "admin_request.hpp"

#include "admin_channels.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ringcast::gateway {
namespace {

TEST(AdminRequestTest, AValueIsFoundByItsWholeName) {
    EXPECT_EQ(query_value("arcs=1-2&rate=5", "rate"), "5");
    EXPECT_EQ(query_value("arcs=1-2&rate=5", "arcs"), "1-2");
    EXPECT_EQ(query_value("rate=", "rate"), "");
    EXPECT_EQ(query_value("rate=a=b", "rate"), "a=b");
    EXPECT_EQ(query_value("&&rate=1&rate=2", "rate"), "1") << "the first counts";
    EXPECT_EQ(query_value("rate", "rate"), std::nullopt);
    EXPECT_EQ(query_value("rates=1&xrate=2", "rate"), std::nullopt);
    EXPECT_EQ(query_value("", "rate"), std::nullopt);
}

TEST(AdminRequestTest, ArcsAreRunsInAscendingOrder) {
    using Runs = std::vector<ArcRun>;
    EXPECT_EQ(parse_arcs("0-65536"), (Runs{{0, 65'536}}));
    EXPECT_EQ(parse_arcs("3-4,7-1,65535-1"), (Runs{{3, 4}, {7, 1}, {65'535, 1}}));
    for (const char* wrong : {"", "-", ",", "1", "1-", "-1", "1-0", "0-65537", "65535-2", "65536-1",
                              "3-4,6-1", "7-1,3-4", "1-1,", ",1-1", "+1-1", " 1-1", "0x1-1",
                              "1-18446744073709551615", "1-99999999999999999999"}) {
        EXPECT_EQ(parse_arcs(wrong), std::nullopt) << wrong;
    }
}

TEST(AdminRequestTest, ARateIsANumber) {
    EXPECT_EQ(parse_rate("0"), 0U);
    EXPECT_EQ(parse_rate("1000000"), 1'000'000U);
    for (const char* wrong : {"", "-1", "1.5", "1/s", "1000001", "4294967296"}) {
        EXPECT_EQ(parse_rate(wrong), std::nullopt) << wrong;
    }
}

TEST(ChannelPointsTest, ComeInSlicesAndInAscendingOrder) {
    std::map<ring::Arc, std::vector<std::uint64_t>> channels;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const std::uint64_t point = i * 0x9e37'79b9'7f4a'7c15ULL;
        channels[ring::arc_at(point)].push_back(point);
    }
    std::size_t arcs_asked = 0;
    ChannelPoints points({{0, 40'000}, {50'000, 15'536}},
                         [&](ring::Arc arc, std::vector<std::uint64_t>& out) {
                             ++arcs_asked;
                             out = channels[arc];
                         });

    std::string all;
    std::size_t slices = 0;
    for (bool more = true; more; ++slices) {
        std::string slice;
        more = points(slice);
        EXPECT_LE(slice.size(), 8U * 5'000U) << "a slice is short";
        all += slice;
    }

    EXPECT_GT(slices, 4U);
    EXPECT_EQ(arcs_asked, 55'536U);
    std::size_t wanted = 0;
    for (const auto& [arc, list] : channels) {
        if (arc < 40'000 || arc >= 50'000) wanted += list.size();
    }
    EXPECT_EQ(all.size(), 8 * wanted);
    for (std::size_t i = 8; i < all.size(); i += 8) {
        ASSERT_LT(all.substr(i - 8, 8), all.substr(i, 8)) << "as bytes they sort as they are";
    }
}

TEST(ChannelPointsTest, NoRunsNoPoints) {
    ChannelPoints points({}, [](ring::Arc, auto&) { FAIL(); });
    std::string slice;
    EXPECT_FALSE(points(slice));
    EXPECT_TRUE(slice.empty());
}

}  // namespace
}  // namespace ringcast::gateway
