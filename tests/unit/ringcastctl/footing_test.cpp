// The ring that a plan stands upon, compared with the one that the coordinator's machine has made
// when the request's turn comes.

#include "footing.hpp"

#include "coordination_world.hpp"
#include "move_plan.hpp"
#include "report.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ringcast::ctl {
namespace {

using namespace std::chrono_literals;
using router::Request;
using router::ViewRecord;
using router::When;
using router::detail::AckStage;
using Kind = Request::Kind;

constexpr When at_night{.kind = When::Kind::window, .from = 120, .until = 300};
constexpr When if_quiet{.kind = When::Kind::quiet, .below = 100, .for_s = 0};

class CtlFootingTest : public router::detail::CoordinationTest {
protected:
    /// At midnight; one gateway prepares when it is told to.
    void begin() {
        world.now.unix_seconds = 1'700'000'000 / 86'400 * 86'400;
        found();
        for (int i = 4; i <= 6; ++i) world.register_node("redis-" + std::to_string(i), 7000 + i);
        world.stalled = {"g-gw-2"};
        player.tell();
    }

    /// What `ringcastctl` reads at this moment.
    ClusterState state() const {
        ClusterState made;
        made.record = world.record();
        for (const auto& [id, data] : world.nodes) {
            made.nodes.emplace(id, router::parse_node_entry(id, data).value());
        }
        for (const auto& [name, data] : world.queue) {
            made.requests.push_back({name, router::parse_request(data)});
        }
        for (const std::string& data : world.history) {
            made.history.push_back({"h-" + std::to_string(made.history.size()),
                                    router::parse_history_entry(data).value()});
        }
        GatewayStatus leader;
        leader.id = "gw-1";
        auto& coordination = leader.coordination.emplace();
        for (const auto& request : player.machine.status().requests) {
            coordination.turns.push_back({request.name, request.due, request.waits_for});
        }
        made.told.push_back(std::move(leader));
        return made;
    }

    void let_through() {
        const auto number = static_cast<std::uint64_t>(world.record().proposal->next.number);
        for (const AckStage stage : {AckStage::prepare, AckStage::leave}) {
            world.acks[number][stage].insert("g-gw-2");
            player.tell_acks();
        }
    }

    std::optional<router::HistoryEntry> outcome_of(const std::string& request) const {
        for (const std::string& data : world.history) {
            auto entry = router::parse_history_entry(data);
            if (entry->request == request) return entry;
        }
        return std::nullopt;
    }

    /// Plans a request, asks for it, and goes on until it is its turn.
    void expect_exact(const Request& request) {
        const ClusterState now = state();
        const Footing footing = footing_of(now, request);
        const RingPlan plan = plan_ring(footing.record, now.nodes, request);
        const std::string name = world.request(request);
        player.tell();
        for (int i = 0; i != 50; ++i) {
            const ViewRecord record = world.record();
            if (const auto ended = outcome_of(name)) {
                EXPECT_EQ(plan.views.size(), 1U) << "the plan moves something";
                EXPECT_EQ(plan.done, ended->done);
                EXPECT_EQ(plan.reason, ended->reason);
                return;
            }
            if (record.proposal && record.request == name) {
                EXPECT_EQ(record.in_force.ring, footing.record.in_force.ring);
                ASSERT_GT(plan.views.size(), 1U) << plan.reason;
                EXPECT_EQ(record.proposal->next.ring, plan.views[1].ring);
                return;
            }
            if (record.proposal) {
                let_through();
                continue;
            }
            // It waits for one that waits for the night, which may come before others that do.
            if (!footing.not_upon.empty()) return;
            world.now.unix_seconds += 7'200;
            player.advance(60s);
        }
        FAIL() << "its turn never came";
    }
};

/// One cluster with requests of every kind at any moment: in a queue, between the steps of others,
/// in a handoff. The same for the same seed.
class AnyMoment : public CtlFootingTest {
public:
    void run(unsigned seed) {
        chance_.seed(seed);
        begin();
        for (unsigned asked = below(5); asked != 0; --asked) world.request(any_request());
        player.tell();
        for (unsigned done = below(4); done != 0 && world.record().proposal; --done) let_through();
        expect_exact(any_request());
    }

private:
    void TestBody() override {}

    unsigned below(unsigned limit) { return static_cast<unsigned>(chance_() % limit); }

    Request any_request() {
        Request request{.kind = static_cast<Kind>(below(5))};
        if (request.kind != Kind::unpin) request.node = "redis-" + std::to_string(1 + below(7));
        if (request.kind == Kind::weight) request.weight = 50 * (1 + below(6));
        if (request.kind == Kind::pin || request.kind == Kind::unpin) {
            request.channel = below(2) == 0 ? "news" : "sport";
        } else if (below(3) == 0) {
            request.steps = {30, 60, 100};
        }
        if (below(4) == 0) request.when = below(2) == 0 ? at_night : if_quiet;
        return request;
    }

    std::mt19937 chance_;
};

TEST(CtlFootingPropertyTest, APlanStandsUponTheRingThatTheCoordinatorWillHaveMade) {
    for (unsigned seed = 1; seed <= 150 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        AnyMoment().run(seed);
    }
}

TEST_F(CtlFootingTest, AHandoffThatNobodyAskedForIsStoodUpon) {
    begin();
    world.stalled.clear();
    die("redis-2", 7002);
    complain({"redis-2"});
    tell_and_wait(1s);
    ASSERT_FALSE(world.record().in_force.ring.find("redis-2"));
    world.stalled = {"g-gw-2"};
    world.silent.clear();
    world.register_node("redis-2", 7002);
    complain({});
    tell_and_wait(30s);
    ASSERT_TRUE(world.record().proposal) << "it is back";

    const Request request{.kind = Kind::weight, .node = "redis-3", .weight = 300};
    const Footing footing = footing_of(state(), request);
    EXPECT_EQ(footing.handoff, static_cast<std::uint64_t>(world.record().proposal->next.number));
    EXPECT_TRUE(footing.upon.empty());
    expect_exact(request);
}

TEST_F(CtlFootingTest, AHandoffThatWasTakenBackBeforeItsFenceIsNot) {
    begin();
    const Request add{.kind = Kind::add, .node = "redis-4"};
    world.request(add);
    player.tell();
    ASSERT_TRUE(world.record().proposal);
    world.queue.clear();
    const Footing footing = footing_of(state(), add);
    EXPECT_FALSE(footing.handoff);
    EXPECT_EQ(footing.record.in_force, world.record().in_force);
}

TEST_F(CtlFootingTest, WhoseTimeNobodyKnowsIsSaidAndNotGuessed) {
    begin();
    const std::string steps =
        world.request({.kind = Kind::add, .node = "redis-4", .steps = {50, 100}});
    const std::string waits =
        world.request({.kind = Kind::weight, .node = "redis-1", .weight = 300, .when = at_night});
    const std::string behind = world.request({.kind = Kind::remove, .node = "redis-1"});
    player.tell();

    const Request request{.kind = Kind::weight, .node = "redis-2", .weight = 50};
    Footing footing = footing_of(state(), request);
    ASSERT_EQ(footing.upon.size(), 1U);
    EXPECT_EQ(footing.upon[0].name, steps);
    ASSERT_EQ(footing.not_upon.size(), 2U);
    EXPECT_EQ(footing.not_upon[0].name, waits);
    EXPECT_EQ(footing.not_upon[1].name, behind);

    MovePlan plan = plan_moves(request, plan_ring(footing.record, state().nodes, request), {},
                               {.subscribe_rate = 100});
    plan.footing = footing;
    const std::string text = report_plan(plan, Output::table).text;
    EXPECT_NE(text.find("Planned upon view 2, which is being handed over, and upon 1 request that "
                        "stands before it:\n  r-0  add redis-4 in steps of 50, 100 %\n"
                        "Not planned upon 2 requests that wait for their own time, and may go "
                        "before or after:\n"
                        "  r-1  weight of redis-1 to 300 between 02:00 and 05:00 UTC\n"
                        "  r-2  remove redis-1\n"),
              std::string::npos)
        << text;
    const std::string json = report_plan(plan, Output::json).text;
    EXPECT_NE(json.find(R"("upon":["r-0"],"upon_handoff":2,"not_upon":["r-1","r-2"])"),
              std::string::npos)
        << json;

    // One about redis-1 has to wait for those two.
    footing = footing_of(state(), {.kind = Kind::add, .node = "redis-1"});
    EXPECT_EQ(footing.upon.size(), 3U);
    EXPECT_TRUE(footing.not_upon.empty());
    expect_exact({.kind = Kind::add, .node = "redis-1"});
}

TEST_F(CtlFootingTest, WithNothingBeforeItAPlanSaysNothingOfThat) {
    begin();
    const Request request{.kind = Kind::add, .node = "redis-4"};
    const Footing footing = footing_of(state(), request);
    EXPECT_EQ(footing.record, world.record());
    MovePlan plan = plan_moves(request, plan_ring(footing.record, state().nodes, request), {},
                               {.subscribe_rate = 100});
    plan.footing = footing;
    EXPECT_EQ(report_plan(plan, Output::table).text.find("lanned upon"), std::string::npos);
    const std::string json = report_plan(plan, Output::json).text;
    EXPECT_NE(json.find(R"("upon":[],"upon_handoff":null,"not_upon":[])"), std::string::npos);
}

}  // namespace
}  // namespace ringcast::ctl
