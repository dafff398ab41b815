#include "ringcast/router/settings.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringcast::router {
namespace {

std::string changed(std::string_view json, std::string_view name, std::string_view value) {
    const auto outcome = change_setting(json, name, value);
    const auto* text = std::get_if<std::string>(&outcome);
    return text != nullptr ? *text : "refused: " + std::get<SettingRefused>(outcome).reason;
}

TEST(SettingsTest, ComeBackAsTheyWent) {
    EXPECT_EQ(parse_settings(encode(ClusterSettings{})), ClusterSettings{});
    const ClusterSettings all{.paused = true,
                              .subscribe_rate = 1,
                              .prepare_seconds_max = 2,
                              .leave_seconds_max = 3,
                              .death_grace_ms = 4,
                              .vanish_percent_max = 5,
                              .flap_window_s = 6,
                              .flap_count_max = 7};
    EXPECT_EQ(parse_settings(encode(all)), all);
}

TEST(SettingsTest, WhatIsAbsentHasItsDefaultAndWhatIsUnknownIsIgnored) {
    EXPECT_EQ(parse_settings(""), ClusterSettings{});
    EXPECT_EQ(parse_settings(R"({"later":{"x":[1]}})"), ClusterSettings{});
    EXPECT_EQ(parse_settings(R"({"subscribe_rate":7})")->subscribe_rate, 7U);
    EXPECT_FALSE(parse_settings("{}")->death_grace_ms);
}

TEST(SettingsTest, ImpossibleOnesAreRefusedAsAWhole) {
    for (const char* text : {"7", "[]", "{", R"({"paused":1})", R"({"subscribe_rate":0})",
                             R"({"subscribe_rate":-1})", R"({"vanish_percent_max":101})",
                             R"({"death_grace_ms":0})", R"({"flap_count_max":"3"})"}) {
        EXPECT_FALSE(parse_settings(text)) << text;
    }
}

TEST(SettingsTest, OneIsChangedAndTheOthersStayTheUnknownOnesToo) {
    EXPECT_EQ(changed("", "paused", "true"), R"({"paused":true})");
    EXPECT_EQ(changed(R"({"later":[1],"flap_count_max":3})", "flap_count_max", "5"),
              R"({"later":[1],"flap_count_max":5})");
    EXPECT_EQ(changed(R"({"later":[1],"flap_count_max":3})", "flap_count_max", ""),
              R"({"later":[1]})");
}

TEST(SettingsTest, AChangeThatCannotBeIsRefusedWithWhatCan) {
    EXPECT_EQ(changed("", "paused", "yes"), "refused: paused is true or false");
    EXPECT_EQ(changed("", "vanish_percent_max", "101"),
              "refused: vanish_percent_max is a whole number from 1 to 100");
    EXPECT_EQ(changed("", "leave_seconds_max", "1 "),
              "refused: leave_seconds_max is a whole number from 1 to 86400");
    EXPECT_EQ(changed("rubbish", "paused", "true"),
              "refused: what the znode holds is not a JSON object");
    EXPECT_NE(changed("", "colour", "red").find("subscribe_rate"), std::string::npos);
}

TEST(SettingsTest, AreDescribedAllInOneOrder) {
    const auto lines = describe(ClusterSettings{});
    ASSERT_EQ(lines.size(), 8U);
    EXPECT_EQ(lines[0], (std::pair<std::string, std::string>{"paused", "false"}));
    EXPECT_EQ(lines[2], (std::pair<std::string, std::string>{"prepare_seconds_max", "120"}));
    EXPECT_EQ(lines[4], (std::pair<std::string, std::string>{"death_grace_ms", ""}));
}

}  // namespace
}  // namespace ringcast::router
