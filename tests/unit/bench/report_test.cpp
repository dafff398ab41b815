#include "report.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ringcast::bench {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(BenchReportTest, NumbersAreGroupedByThrees) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'000), "1,000");
    EXPECT_EQ(grouped(123'456'789), "123,456,789");
}

TEST(BenchReportTest, TableAndJsonTellEveryScheme) {
    Rebalance wanted;
    wanted.channels = 10'000;
    const Members members(wanted.nodes, wanted.change);
    const auto costs = costs_of(members, wanted.change, wanted.channels, wanted.spread, 1);

    const std::string table = table_of(wanted, members, costs);
    const auto json = json_of(wanted, members, costs);

    EXPECT_THAT(table, HasSubstr("add of redis-0005: 4 -> 5 members; 10,000 channels"));
    ASSERT_EQ(json.at("schemes").as_array().size(), schemes.size());
    for (const Scheme scheme : schemes) {
        const auto& told = json.at("schemes").as_array()[static_cast<std::size_t>(scheme)];
        EXPECT_THAT(table, HasSubstr(std::string(name_of(scheme))));
        EXPECT_EQ(told.at("scheme").as_string(), name_of(scheme));
        EXPECT_EQ(told.at("channels_before").as_array().size(), 5U);
        EXPECT_DOUBLE_EQ(told.at("share_percent_before").at(4).as_double(), 0);
        EXPECT_DOUBLE_EQ(told.at("share_percent_after").at(4).as_double(),
                         told.at("channels_after").at(4).to_number<double>() / 100)
            << "of 10,000";
    }
    EXPECT_EQ(json.at("schemes").at(0).at("moved_over_least").as_double(), 1.0);
    EXPECT_THAT(table, HasSubstr("redis-0001  redis-0005"));
}

/// A fifth node gets a fifth of 65,536 arcs and of 16,384 slots, and has 160 points, each of which
/// takes a stretch. Of the 20 remainders of 4 * 5 four are the same of 4 and of 5.
TEST(BenchReportTest, WhatIsMovedAsAWholeIsCountedByItsName) {
    Rebalance wanted;
    wanted.channels = 10'000;
    const Members members(wanted.nodes, wanted.change);
    const auto costs = costs_of(members, wanted.change, wanted.channels, wanted.spread, 1);

    const std::string table = table_of(wanted, members, costs);
    const auto told = json_of(wanted, members, costs).at("schemes").as_array();

    EXPECT_THAT(table, HasSubstr("  units moved  "));
    EXPECT_THAT(table, ContainsRegex("\nringcast [^\n]* % +13,107 arcs  "));
    EXPECT_THAT(table, ContainsRegex("\nmodulo N [^\n]* % +16 remainders  "));
    EXPECT_THAT(table, ContainsRegex("\nclassic ring, 160 points [^\n]* % +160 stretches  "));
    EXPECT_THAT(table, ContainsRegex("\nRedis Cluster slots [^\n]* % +3,276 slots  "));
    std::size_t scheme = 0;
    for (const int units : {13'107, 16, 160, 3'276}) {
        EXPECT_EQ(told.at(scheme++).at("units_moved").to_number<int>(), units);
    }
}

TEST(BenchReportTest, EachFigureOfASchemeStandsInItsOwnColumn) {
    Rebalance wanted;
    wanted.channels = 10'000;
    std::vector<Cost> costs(schemes.size());
    Cost& slots = costs.back();
    slots.scheme = Scheme::slots;
    slots.channels_moved = 1'234;
    slots.units_moved = 2'018;
    slots.moved_over_least = 1.5;
    slots.busiest_before = 1.011;
    slots.busiest_after = 1.022;
    slots.subscriptions_moved = 2'468;
    slots.subscribe_commands = 77;
    slots.cluster_commands = 10'090;

    EXPECT_THAT(table_of(wanted, Members(4, wanted.change), costs),
                ContainsRegex("\nRedis Cluster slots +1,234 +12.340 % +2,018 slots +1.500 +1.011 "
                              "+1.022 +2,468 +77 +10,090\n"));
}

TEST(BenchReportTest, TheLoadIsToldUnlessThereIsNone) {
    Rebalance wanted;
    wanted.channels = 1'000;
    wanted.messages_per_second = 1'500;
    wanted.naive_lag_ms = 200;
    const Members members(wanted.nodes, wanted.change);
    const auto costs = costs_of(members, wanted.change, wanted.channels, wanted.spread, 1);

    const std::string table = table_of(wanted, members, costs);
    const auto load = json_of(wanted, members, costs).at("load");

    EXPECT_THAT(table, HasSubstr("1,500 messages a second of 128 bytes"));
    EXPECT_THAT(table, HasSubstr("5.0 s before the change"));
    EXPECT_THAT(table, HasSubstr("200 ms later"));
    EXPECT_EQ(load.at("messages_per_second").to_number<int>(), 1'500);
    EXPECT_EQ(load.at("payload_bytes").to_number<int>(), 128);
    EXPECT_EQ(load.at("before_s").to_number<int>(), 5);
    EXPECT_EQ(load.at("after_s").to_number<int>(), 5);
    EXPECT_EQ(load.at("naive_lag_ms").to_number<int>(), 200);

    wanted.simulate = true;
    EXPECT_TRUE(json_of(wanted, members, costs).at("load").is_null());
    EXPECT_THAT(table_of(wanted, members, costs), testing::Not(HasSubstr("messages a second")));
}

TEST(BenchReportTest, AChangeThatASchemeCannotMakeIsSaidToBeImpossible) {
    Rebalance wanted;
    wanted.channels = 1'000;
    wanted.change = {Change::Kind::weight, 300};
    const Members members(wanted.nodes, wanted.change);
    const auto costs = costs_of(members, wanted.change, wanted.channels, wanted.spread, 1);

    EXPECT_THAT(table_of(wanted, members, costs), ContainsRegex("modulo N +impossible +- +- +- "));
    const auto modulo = json_of(wanted, members, costs).at("schemes").at(1);
    EXPECT_TRUE(modulo.at("moved_over_least").is_null());
    EXPECT_EQ(modulo.at("units_moved").to_number<int>(), 0);
}

}  // namespace
}  // namespace ringcast::bench
