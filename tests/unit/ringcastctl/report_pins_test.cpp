#include "report.hpp"

#include "a_record.hpp"

#include <gtest/gtest.h>

namespace ringcast::ctl {
namespace {

ClusterState a_state(const ring::Pins& pins) {
    ClusterState state;
    state.cluster = "chat";
    state.record = a_record({{"redis-1", 100, ""}, {"redis-2", 100, ""}}, pins);
    return state;
}

TEST(CtlPinsTest, EachIsListedWithItsNodeAndTheOneOfItsArc) {
    const ClusterState state = a_state({{"news", "redis-2"}, {"two words", "redis-1"}});
    const ring::Ring& ring = state.record->in_force.ring;
    const auto arc_owner = [&](const char* channel) {
        return ring.members()[ring.owner_of(ring.arc(channel))].id;
    };
    EXPECT_EQ(report_pins(state, Output::table).text,
              "NODE     ARC OF   CHANNEL\n"
              "redis-2  " +
                  arc_owner("news") + "  news\nredis-1  " + arc_owner("two words") +
                  "  two words\n");
    EXPECT_EQ(report_pins(state, Output::json).text,
              "{\"view\":7,\"pins\":[{\"channel\":\"news\",\"node\":\"redis-2\",\"arc_owner\":\"" +
                  arc_owner("news") +
                  "\"},{\"channel\":\"two words\",\"node\":\"redis-1\",\"arc_owner\":\"" +
                  arc_owner("two words") + "\"}]}\n");
}

TEST(CtlPinsTest, WhereThereIsNoneThatIsSaid) {
    EXPECT_EQ(report_pins(a_state({}), Output::table).text, "No channel is pinned.\n");
    EXPECT_EQ(report_pins(a_state({}), Output::json).text, "{\"view\":7,\"pins\":[]}\n");
    EXPECT_EQ(report_pins(ClusterState{}, Output::table).exit, ExitCode::refused);
}

}  // namespace
}  // namespace ringcast::ctl
