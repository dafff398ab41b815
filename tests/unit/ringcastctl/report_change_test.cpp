#include "an_entry.hpp"
#include "report.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

TEST(CtlChangeTest, AChangeThatWasDone) {
    EXPECT_EQ(report_change(an_entry(), Output::table).text,
              "redis-4 is a member since view 8: 16384 arcs (25.00 %) moved in 1.2 s, as eve@admin "
              "requested.\n");
    EXPECT_EQ(router::parse_history_entry(report_change(an_entry(), Output::json).text),
              an_entry());

    router::HistoryEntry entry = an_entry();
    entry.what = "remove";
    entry.steps = 3;
    EXPECT_EQ(report_change(entry, Output::table).text,
              "redis-4 is no longer a member since view 8: 16384 arcs (25.00 %) moved in 1.2 s and "
              "3 steps, as eve@admin requested.\n");
    entry.what = "pin";
    entry.channel = "news";
    entry.steps = 1;
    entry.arcs_moved = 0;
    EXPECT_EQ(report_change(entry, Output::table).text,
              "news is pinned to redis-4 since view 8: done in 1.2 s, as eve@admin requested.\n");
}

TEST(CtlChangeTest, WhatBecameOfPinsIsSaid) {
    router::HistoryEntry entry = an_entry();
    entry.pins = {"news"};
    EXPECT_NE(report_change(entry, Output::table).text.find("\n1 channel is pinned to it again.\n"),
              std::string::npos);
    entry.what = "remove";
    entry.pins = {"news", "sport"};
    EXPECT_NE(
        report_change(entry, Output::table)
            .text.find("\n2 channels are pinned to it no longer; `ringcastctl undo` pins them "
                       "again.\n"),
        std::string::npos);
    entry.undo_of = "h-1";
    EXPECT_NE(report_change(entry, Output::table).text.find("`ringcastctl undo ENTRY` pins"),
              std::string::npos);
}

TEST(CtlChangeTest, AChangeThatWasNotNeededIsASuccess) {
    router::HistoryEntry entry = an_entry();
    entry.arcs_moved = 0;
    entry.steps = 0;
    entry.reason = "redis-4 is a member already";
    const Report report = report_change(entry, Output::table);
    EXPECT_EQ(report.exit, ExitCode::done);
    EXPECT_EQ(report.text, "Nothing to do: redis-4 is a member already.\n");
}

TEST(CtlChangeTest, AChangeThatWasRefusedSaysWhy) {
    router::HistoryEntry entry = an_entry();
    entry.done = false;
    entry.steps = 0;
    entry.reason = "redis-4 has not registered";
    const Report report = report_change(entry, Output::table);
    EXPECT_EQ(report.exit, ExitCode::refused);
    EXPECT_EQ(report.text, "");
    EXPECT_EQ(report.error, "refused: redis-4 has not registered\n");
    EXPECT_EQ(report_change(entry, Output::json).exit, ExitCode::refused);
}

TEST(CtlChangeTest, WhatWasGivenUpSaysWhatToDo) {
    router::HistoryEntry entry = an_entry();
    entry.done = false;
    entry.steps = 0;
    entry.reason = "not prepared within 120 s: gw-2";
    EXPECT_NE(report_change(entry, Output::table).error.find("raise prepare_seconds_max"),
              std::string::npos);
    EXPECT_EQ(report_change(entry, Output::table).error.find("do the rest"), std::string::npos);
    for (const char* who : {"the coordinator does not reach redis-2", "no gateway is registered"}) {
        entry.reason = std::string("not prepared within 120 s: ") + who;
        EXPECT_EQ(report_change(entry, Output::table).error, "refused: " + entry.reason + "\n");
    }

    entry.steps = 1;
    entry.reason = "cancelled by an operator; 1 steps are done";
    EXPECT_EQ(report_change(entry, Output::table).error,
              "refused: cancelled by an operator; 1 steps are done\n"
              "Ask for the same again to do the rest; `ringcastctl undo` takes back what is "
              "done.\n");
    entry.undo_of = "h-1";
    EXPECT_EQ(report_change(entry, Output::table).error,
              "refused: cancelled by an operator; 1 steps are done\n"
              "`ringcastctl undo h-1` does the rest; `ringcastctl undo` takes back what is "
              "done.\n");
}

TEST(CtlChangeTest, GatewaysAreNamedByTheirIds) {
    ClusterState state;
    state.gateway_ids = {{"g-a.1-0000000001", "gw-1"}, {"g-b.1-0000000002", "gw-2"}};
    EXPECT_EQ(state.with_gateway_ids("not prepared within 120 s: g-b.1-0000000002, "
                                     "g-a.1-0000000001, g-gone.1-0000000003, g-b.1-0000000002"),
              "not prepared within 120 s: gw-2, gw-1, g-gone.1-0000000003, gw-2");
}

}  // namespace
}  // namespace ringcast::ctl
