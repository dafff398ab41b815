#include "move_plan.hpp"

#include "a_record.hpp"
#include "admin_client.hpp"
#include "report.hpp"
#include "ringcast/ring/hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace ringcast::ctl {
namespace {

using router::Request;
using router::View;
using Kind = Request::Kind;

router::Nodes nodes_of(std::initializer_list<const char*> ids) {
    router::Nodes nodes;
    std::uint16_t port = 7'001;
    for (const char* id : ids) {
        router::NodeEntry node;
        node.id = id;
        node.address = {"127.0.0.1", port++};
        nodes.emplace(id, node);
    }
    return nodes;
}

/// Members redis-1 to redis-3, with "pinned" on redis-3.
router::ViewRecord three_members() {
    return a_record({{"redis-1", 100, ""}, {"redis-2", 100, ""}, {"redis-3", 100, ""}},
                    {{"pinned", "redis-3"}});
}

const router::Nodes four = nodes_of({"redis-1", "redis-2", "redis-3", "redis-4"});

/// What a gateway with these channels answers when it is asked about these arcs.
GatewayChannels answer(const std::string& id, const std::vector<std::string>& channels,
                       const std::vector<Arcs>& arcs) {
    GatewayChannels made{id, "", {}};
    for (const std::string& channel : channels) {
        const std::uint64_t point = ring::point(channel, 0);
        const std::size_t arc = ring::arc_at(point);
        const bool asked = std::ranges::any_of(
            arcs, [arc](const Arcs& run) { return arc >= run.first && arc < run.end; });
        if (asked) made.points.push_back(point);
    }
    std::ranges::sort(made.points);
    return made;
}

std::vector<std::string> channels(std::size_t begin, std::size_t end) {
    std::vector<std::string> names;
    for (std::size_t i = begin; i != end; ++i) names.push_back("room-" + std::to_string(i));
    return names;
}

/// Two gateways that share a part of their channels, pinned ones among them.
struct World {
    std::map<std::string, std::vector<std::string>> gateways{{"gw-1", channels(0, 6'000)},
                                                             {"gw-2", channels(4'000, 9'000)}};
    std::map<std::string, std::uint32_t> batches;  // of gateways that are configured otherwise

    World() {
        gateways["gw-1"].emplace_back("pinned");
        gateways["gw-2"].emplace_back("hot");
    }

    [[nodiscard]] MovePlan plan(const Request& request, std::uint32_t rate = 1'000) const {
        return plan(request, router::ClusterSettings{.subscribe_rate = rate});
    }

    [[nodiscard]] MovePlan plan(const Request& request,
                                const router::ClusterSettings& settings) const {
        const RingPlan ring = plan_ring(three_members(), four, request);
        const auto arcs = arcs_of_interest(ring);
        std::vector<GatewayChannels> answers;
        for (const auto& [id, names] : gateways) {
            answers.push_back(answer(id, names, arcs));
            if (const auto found = batches.find(id); found != batches.end()) {
                answers.back().batch = found->second;
            }
        }
        return plan_moves(request, ring, answers, settings);
    }

    /// The same counts the long way: every channel of every gateway is asked where it lives.
    void expect_exact(const StepPlan& step, const View& before, const View& after) const {
        std::map<std::pair<std::string, std::string>, std::set<std::string>> moved;
        std::map<std::pair<std::string, std::string>, std::uint64_t> subscriptions;
        std::map<std::string, std::uint64_t> by_gateway;
        std::set<std::string> all;
        for (const auto& [id, names] : gateways) {
            for (const std::string& name : names) {
                const auto& from = before.ring.members()[before.ring.owner(name)].id;
                const auto& to = after.ring.members()[after.ring.owner(name)].id;
                if (from == to) continue;
                moved[{from, to}].insert(name);
                ++subscriptions[{from, to}];
                ++by_gateway[id];
                all.insert(name);
            }
        }
        EXPECT_EQ(step.channels, all.size());
        for (const Flow& flow : step.flows) {
            EXPECT_EQ(flow.channels, (moved[{flow.from, flow.to}].size())) << flow.from << flow.to;
            EXPECT_EQ(flow.subscriptions, (subscriptions[{flow.from, flow.to}]));
            moved.erase({flow.from, flow.to});
        }
        for (const auto& [key, names] : moved) EXPECT_TRUE(names.empty()) << "a flow is missing";
        for (const GatewayLoad& gateway : step.gateways) {
            EXPECT_EQ(gateway.subscriptions, by_gateway[gateway.id]);
        }
    }

    void expect_exact(const Request& request) const {
        const RingPlan ring = plan_ring(three_members(), four, request);
        const MovePlan moves = plan(request);
        ASSERT_TRUE(moves.done) << moves.reason;
        ASSERT_EQ(moves.steps.size() + 1, ring.views.size());
        for (std::size_t i = 0; i != moves.steps.size(); ++i) {
            expect_exact(moves.steps[i], ring.views[i], ring.views[i + 1]);
        }
        expect_exact(moves.total, ring.views.front(), ring.views.back());
    }
};

Request request_of(Kind kind, const std::string& node, std::vector<std::uint32_t> steps = {}) {
    Request request{kind, node};
    request.steps = std::move(steps);
    if (kind == Kind::weight) request.weight = 250;
    return request;
}

TEST(CtlMovePlanTest, EveryKindOfChangeIsCountedExactly) {
    const World world;
    world.expect_exact(request_of(Kind::add, "redis-4"));
    world.expect_exact(request_of(Kind::add, "redis-4", {10, 60, 100}));
    world.expect_exact(request_of(Kind::remove, "redis-3"));
    world.expect_exact(request_of(Kind::remove, "redis-1", {50, 100}));
    world.expect_exact(request_of(Kind::weight, "redis-2"));
    world.expect_exact(request_of(Kind::weight, "redis-2", {25, 50, 100}));
}

TEST(CtlMovePlanTest, APinMovesOneChannelAndOnlyWhereItIsSubscribed) {
    const World world;
    Request pin = request_of(Kind::pin, "redis-1");
    pin.channel = "pinned";
    world.expect_exact(pin);
    MovePlan moves = world.plan(pin);
    EXPECT_EQ(moves.total.channels, 1U);
    EXPECT_EQ(moves.total.arcs, 0U);
    EXPECT_EQ(moves.total.subscriptions, 1U) << "gw-2 has it not";

    pin.channel = "nobody has it";
    EXPECT_EQ(world.plan(pin).total.channels, 0U);

    Request unpin = request_of(Kind::unpin, "");
    unpin.channel = "pinned";
    world.expect_exact(unpin);
}

TEST(CtlMovePlanTest, CommandsAreFullBatchesForEachMember) {
    World world;
    world.gateways = {{"gw-1", channels(0, 30'000)}};
    const MovePlan moves = world.plan(request_of(Kind::remove, "redis-2"), 100'000);

    ASSERT_EQ(moves.total.gateways.size(), 1U);
    const GatewayLoad& gateway = moves.total.gateways[0];
    std::uint64_t subscribes = 0;
    for (const Flow& flow : moves.total.flows) subscribes += (flow.subscriptions + 511) / 512;
    EXPECT_EQ(gateway.subscribes, subscribes);
    EXPECT_EQ(gateway.unsubscribes, (gateway.subscriptions + 63) / 64) << "smaller ones to leave";

    const MovePlan gentle = world.plan(request_of(Kind::remove, "redis-2"), 1'000);
    EXPECT_EQ(gentle.total.gateways[0].unsubscribes, gateway.unsubscribes)
        << "however slow, a command waits until it is full";
}

TEST(CtlMovePlanTest, EachGatewayHasItsOwnBatch) {
    World world;
    world.gateways = {{"gw-1", channels(0, 3'000)}, {"gw-2", channels(0, 3'000)}};
    world.batches = {{"gw-1", 100}, {"gw-2", 1}};
    const MovePlan moves = world.plan(request_of(Kind::remove, "redis-2"));

    const auto& gateways = moves.total.gateways;
    ASSERT_EQ(gateways.size(), 2U);
    std::uint64_t subscribes = 0;
    for (const Flow& flow : moves.total.flows) subscribes += (flow.subscriptions / 2 + 99) / 100;
    EXPECT_EQ(gateways[0].subscribes, subscribes);
    EXPECT_EQ(gateways[0].unsubscribes, (gateways[0].subscriptions + 11) / 12);
    EXPECT_EQ(gateways[1].subscribes, gateways[1].subscriptions);
    EXPECT_EQ(gateways[1].unsubscribes, gateways[1].subscriptions);
}

TEST(CtlMovePlanTest, TheSlowestGatewayAndTheRateMakeTheTime) {
    World world;
    world.gateways = {{"gw-1", channels(0, 30'000)}, {"gw-2", channels(0, 10)}};
    const Request request = request_of(Kind::remove, "redis-2");
    const double slow = world.plan(request, 1'000).total.seconds;
    const double fast = world.plan(request, 10'000).total.seconds;
    const auto moving = static_cast<double>(world.plan(request).total.gateways[0].subscriptions);
    EXPECT_NEAR(slow, 2 * moving / 1'000, 0.31) << "and the rest of the last slice";
    EXPECT_NEAR(slow / fast, 10, 2);
}

TEST(CtlMovePlanTest, TheRequestsRateGoesBeforeTheClusters) {
    const World world;
    Request request = request_of(Kind::remove, "redis-2");
    request.rate = 500;
    const MovePlan moves = world.plan(request, 1'000);
    EXPECT_EQ(moves.rate, 500U);
    EXPECT_NEAR(moves.total.seconds / world.plan(request, 500).total.seconds, 1, 1e-9);
}

TEST(CtlMovePlanTest, WhatGatewaysCannotPrepareInTimeIsGivenUp) {
    World world;
    world.gateways = {{"gw-1", channels(0, 30'000)}, {"gw-2", channels(0, 10)}};
    const Request request = request_of(Kind::remove, "redis-2");
    router::ClusterSettings settings{.subscribe_rate = 100};
    const MovePlan moves = world.plan(request, settings);
    const double needed = moves.steps[0].prepare_seconds;
    EXPECT_NEAR(needed, static_cast<double>(moves.total.subscriptions) / 100, 1);

    settings.prepare_seconds_max = static_cast<std::uint32_t>(needed) + 1;
    EXPECT_FALSE(world.plan(request, settings).given_up_at());
    EXPECT_EQ(report_plan(world.plan(request, settings), Output::table).exit, ExitCode::done);

    settings.prepare_seconds_max = static_cast<std::uint32_t>(needed) - 1;
    const MovePlan slow = world.plan(request, settings);
    EXPECT_EQ(slow.given_up_at(), 1U);
    const Report report = report_plan(slow, Output::table);
    EXPECT_EQ(report.exit, ExitCode::refused);
    EXPECT_EQ(report.error.find("would be given up: it takes about "), 0U) << report.error;
    EXPECT_NE(report.error.find("prepare_seconds_max is " +
                                std::to_string(settings.prepare_seconds_max) + ": give a higher"),
              std::string::npos);
    EXPECT_NE(report.text.find("would move"), std::string::npos) << "the whole plan all the same";
}

TEST(CtlMovePlanTest, WhoHasNotLeftInTimeIsNotWaitedForAndBeginsTheNextStepLater) {
    World world;
    world.gateways = {{"gw-1", channels(0, 30'000)}};
    const Request request = request_of(Kind::remove, "redis-2", {50, 100});
    router::ClusterSettings settings{.subscribe_rate = 100, .leave_seconds_max = 1'000};
    const MovePlan patient = world.plan(request, settings);
    const double leave = patient.steps[0].seconds - patient.steps[0].prepare_seconds;
    ASSERT_GT(leave, 20);

    settings.leave_seconds_max = 10;
    const MovePlan moves = world.plan(request, settings);
    EXPECT_NEAR(moves.steps[0].seconds - moves.steps[0].prepare_seconds, 10, 0.1);
    EXPECT_NEAR(moves.steps[1].prepare_seconds,
                patient.steps[1].prepare_seconds + leave - 10, 0.1);

    settings.prepare_seconds_max =
        static_cast<std::uint32_t>(patient.steps[1].prepare_seconds) + 10;
    const MovePlan late = world.plan(request, settings);
    EXPECT_EQ(late.given_up_at(), 2U);
    EXPECT_EQ(report_plan(late, Output::table).error.find("would be given up: step 2 takes "), 0U);
    settings.leave_seconds_max = 1'000;
    EXPECT_FALSE(world.plan(request, settings).given_up_at());
}

TEST(CtlMovePlanTest, SharesBeforeAndAfterAreThoseOfTheRings) {
    const MovePlan moves = World().plan(request_of(Kind::add, "redis-4"));
    ASSERT_EQ(moves.total.members.size(), 4U);
    const MemberShare& newcomer = moves.total.members[3];
    EXPECT_EQ(newcomer.id, "redis-4");
    EXPECT_EQ(newcomer.weight_before, 0U);
    EXPECT_EQ(newcomer.weight_after, 100U);
    EXPECT_EQ(newcomer.arcs_before, 0U);
    EXPECT_EQ(newcomer.arcs_after, ring::arc_count / 4);
    EXPECT_EQ(newcomer.channels_in, moves.total.channels);
}

TEST(CtlMovePlanTest, WhatWouldBeRefusedOrIsDoneMovesNothing) {
    const World world;
    const MovePlan refused = world.plan(request_of(Kind::add, "redis-9"));
    EXPECT_FALSE(refused.done);
    EXPECT_NE(refused.reason.find("redis-9"), std::string::npos);
    EXPECT_TRUE(refused.steps.empty());
    EXPECT_EQ(report_plan(refused, Output::table).exit, ExitCode::refused);

    const MovePlan idle = world.plan(request_of(Kind::add, "redis-1"));
    EXPECT_TRUE(idle.done);
    EXPECT_TRUE(idle.steps.empty());
    EXPECT_EQ(report_plan(idle, Output::table).text,
              "Nothing to do: redis-1 is a member already.\n");
}

TEST(CtlMovePlanTest, AGatewayThatDoesNotAnswerIsSaid) {
    const Request request = request_of(Kind::add, "redis-4");
    const RingPlan ring = plan_ring(three_members(), four, request);
    const MovePlan moves =
        plan_moves(request, ring, {{"gw-1", "", {}}, {"gw-2", "does not answer", {}}}, {});

    const Report report = report_plan(moves, Output::table);
    EXPECT_EQ(report.exit, ExitCode::incomplete);
    EXPECT_EQ(report.error,
              "ringcastctl: gateway gw-2 does not answer: its channels are not counted\n");
    EXPECT_NE(report.text.find("would move 16384 arcs"), std::string::npos) << report.text;
}

/// What a report must say of these steps together; each is a handoff, and sends commands of its
/// own.
StepPlan added_up(const std::vector<StepPlan>& steps) {
    StepPlan sum;
    std::map<std::string, GatewayLoad> gateways;
    for (const StepPlan& step : steps) {
        sum.arcs += step.arcs;
        sum.channels += step.channels;
        sum.subscriptions += step.subscriptions;
        sum.seconds += step.seconds;
        for (const GatewayLoad& gateway : step.gateways) {
            GatewayLoad& all = gateways[gateway.id];
            all.id = gateway.id;
            all.subscriptions += gateway.subscriptions;
            all.subscribes += gateway.subscribes;
            all.unsubscribes += gateway.unsubscribes;
        }
    }
    for (auto& [id, gateway] : gateways) sum.gateways.push_back(gateway);
    return sum;
}

/// The numbers in the row of a table that begins with this word.
std::vector<std::uint64_t> row(const std::string& text, const std::string& word) {
    std::vector<std::uint64_t> numbers;
    const std::size_t at = text.find("\n" + word + " ");
    if (at == std::string::npos) return numbers;
    std::istringstream line(text.substr(at + 1 + word.size(), text.find('\n', at + 1) - at - 1));
    for (std::uint64_t number = 0; line >> number;) numbers.push_back(number);
    return numbers;
}

TEST(CtlMovePlanTest, InAReportTheStepsAddUp) {
    for (const Request& request : {request_of(Kind::remove, "redis-2", {50, 100}),
                                   request_of(Kind::add, "redis-4", {10, 60, 100}),
                                   request_of(Kind::weight, "redis-1", {25, 50, 100})}) {
        const MovePlan moves = World().plan(request);
        ASSERT_EQ(moves.steps.size(), request.steps.size());
        const StepPlan wanted = added_up(moves.steps);

        EXPECT_EQ(moves.total.channels, wanted.channels);
        EXPECT_EQ(moves.total.seconds, wanted.seconds);
        StepPlan of_flows;
        for (const Flow& flow : moves.total.flows) {
            of_flows.arcs += flow.arcs;
            of_flows.channels += flow.channels;
            of_flows.subscriptions += flow.subscriptions;
        }
        EXPECT_EQ(of_flows.arcs, wanted.arcs);
        EXPECT_EQ(of_flows.channels, wanted.channels);
        EXPECT_EQ(of_flows.subscriptions, wanted.subscriptions);
        std::uint64_t in = 0;
        std::uint64_t out = 0;
        for (const MemberShare& member : moves.total.members) {
            in += member.channels_in;
            out += member.channels_out;
        }
        EXPECT_EQ(in, wanted.channels);
        EXPECT_EQ(out, wanted.channels);

        const std::string text = report_plan(moves, Output::table).text;
        EXPECT_NE(text.find("would move " + std::to_string(wanted.arcs) + " arcs"),
                  std::string::npos);
        EXPECT_NE(text.find(std::to_string(wanted.channels) + " channels and " +
                            std::to_string(wanted.subscriptions) + " subscriptions"),
                  std::string::npos);
        ASSERT_EQ(wanted.gateways.size(), 2U);
        for (const GatewayLoad& gateway : wanted.gateways) {
            EXPECT_EQ(row(text, gateway.id),
                      (std::vector<std::uint64_t>{gateway.subscriptions, gateway.subscribes,
                                                  gateway.unsubscribes}))
                << text;
        }
    }
}

TEST(CtlAdminClientTest, UrlsOfAdminPorts) {
    EXPECT_EQ(parse_admin_url("http://gw-1.example:9000"), (AdminPlace{"gw-1.example", "9000"}));
    EXPECT_EQ(parse_admin_url("http://[::1]:9000/"), (AdminPlace{"::1", "9000"}));
    for (const char* wrong : {"", "http://", "https://a:1", "http://a", "http://a:0", "a:1"}) {
        EXPECT_FALSE(parse_admin_url(wrong)) << wrong;
    }
}

TEST(CtlAdminClientTest, ManyArcsAreAskedForInSeveralRequests) {
    EXPECT_TRUE(channel_targets({}).empty());
    EXPECT_EQ(channel_targets({{0, 5}, {7, 8}}),
              (std::vector<std::string>{"/channels?arcs=0-5,7-1"}));

    std::vector<Arcs> many;
    for (std::size_t i = 0; i < ring::arc_count; i += 2) many.push_back({i, i + 1});
    std::size_t runs = 0;
    for (const std::string& target : channel_targets(many)) {
        EXPECT_LT(target.size(), 7'000U);
        runs += 1 + static_cast<std::size_t>(std::ranges::count(target, ','));
    }
    EXPECT_EQ(runs, many.size());
}

TEST(CtlAdminClientTest, PointsThatAreNotInOrderAreNoPoints) {
    std::vector<std::uint64_t> points;
    EXPECT_TRUE(take_points(std::string_view("\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\2", 16), points));
    EXPECT_EQ(points, (std::vector<std::uint64_t>{256, 258}));
    EXPECT_TRUE(take_points("", points));
    EXPECT_FALSE(take_points(std::string_view("\0\0\0\0\0\0\1\0", 8), points)) << "it goes back";
    EXPECT_FALSE(take_points("short", points));
}

TEST(CtlAdminClientTest, ABatchThatIsNoneIsThatOfTheDefault) {
    EXPECT_EQ(batch_in("100"), 100U);
    for (const char* none : {"", "0", "-1", "1e3", " 5", "5 ", "99999999999"}) {
        EXPECT_EQ(batch_in(none), command_channels) << none;
    }
}

}  // namespace
}  // namespace ringcast::ctl
