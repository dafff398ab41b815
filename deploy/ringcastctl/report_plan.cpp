#include "report.hpp"
#include "text_table.hpp"
#include "when_text.hpp"

#include <boost/json.hpp>

namespace ringcast::ctl {
namespace {

namespace json = boost::json;
using Align = TextTable::Align;

json::object step_json(const StepPlan& step) {
    json::array flows;
    for (const Flow& flow : step.flows) {
        flows.push_back(json::object{{"from", flow.from},
                                     {"to", flow.to},
                                     {"arcs", flow.arcs},
                                     {"channels", flow.channels},
                                     {"subscriptions", flow.subscriptions}});
    }
    json::array gateways;
    for (const GatewayLoad& gateway : step.gateways) {
        gateways.push_back(json::object{{"id", gateway.id},
                                        {"subscriptions", gateway.subscriptions},
                                        {"subscribe_commands", gateway.subscribes},
                                        {"unsubscribe_commands", gateway.unsubscribes}});
    }
    json::array members;
    for (const MemberShare& member : step.members) {
        const auto share = [](std::size_t arcs) {
            return 100.0 * static_cast<double>(arcs) / ring::arc_count;
        };
        members.push_back(json::object{{"id", member.id},
                                       {"weight_before", member.weight_before},
                                       {"weight_after", member.weight_after},
                                       {"arcs_before", member.arcs_before},
                                       {"arcs_after", member.arcs_after},
                                       {"share_percent_before", share(member.arcs_before)},
                                       {"share_percent_after", share(member.arcs_after)},
                                       {"channels_in", member.channels_in},
                                       {"channels_out", member.channels_out}});
    }
    return {{"percent", step.percent},
            {"arcs_moved", step.arcs},
            {"channels_moved", step.channels},
            {"subscriptions_moved", step.subscriptions},
            {"seconds", step.seconds},
            {"prepare_seconds", step.prepare_seconds},
            {"flows", std::move(flows)},
            {"gateways", std::move(gateways)},
            {"members", std::move(members)}};
}

json::array names_json(const std::vector<Footing::Before>& requests) {
    json::array names;
    for (const Footing::Before& request : requests) names.emplace_back(request.name);
    return names;
}

json::object plan_json(const MovePlan& plan) {
    json::object object = step_json(plan.total);
    object.erase("percent");
    object.erase("prepare_seconds");  // each step has its own limit
    json::array steps;
    for (const StepPlan& step : plan.steps) steps.push_back(step_json(step));
    json::array mute;
    for (const std::string& gateway : plan.mute) mute.emplace_back(gateway);
    object["what"] = text_of(plan.request);
    object["done"] = plan.done;
    object["reason"] = plan.reason;
    object["rate"] = plan.rate;
    object["prepare_seconds_max"] = plan.prepare_seconds_max;
    object["given_up_at"] = nullptr;
    if (const auto step = plan.given_up_at()) object["given_up_at"] = *step;
    object["steps"] = std::move(steps);
    object["not_counted"] = std::move(mute);
    object["upon"] = json::array();
    object["upon_handoff"] = nullptr;
    object["not_upon"] = json::array();
    if (plan.footing) {
        object["upon"] = names_json(plan.footing->upon);
        if (plan.footing->handoff) object["upon_handoff"] = *plan.footing->handoff;
        object["not_upon"] = names_json(plan.footing->not_upon);
    }
    return object;
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string flows_table(const StepPlan& step) {
    TextTable table({{"FROM"},
                     {"TO"},
                     {"ARCS", Align::right},
                     {"CHANNELS", Align::right},
                     {"SUBSCRIPTIONS", Align::right}});
    for (const Flow& flow : step.flows) {
        table.add({flow.from, flow.to, number(flow.arcs), number(flow.channels),
                   number(flow.subscriptions)});
    }
    return table.empty() ? "" : "\n" + table.text();
}

std::string weight_text(std::uint32_t weight) {
    return weight == 0 ? "-" : number(weight);
}

std::string members_table(const StepPlan& step) {
    TextTable table({{"MEMBER"},
                     {"WEIGHT", Align::right},
                     {"AFTER", Align::right},
                     {"SHARE", Align::right},
                     {"AFTER", Align::right},
                     {"CHANNELS IN", Align::right},
                     {"CHANNELS OUT", Align::right}});
    for (const MemberShare& member : step.members) {
        table.add({member.id, weight_text(member.weight_before), weight_text(member.weight_after),
                   percent(member.arcs_before, ring::arc_count),
                   percent(member.arcs_after, ring::arc_count), number(member.channels_in),
                   number(member.channels_out)});
    }
    return "\n" + table.text();
}

std::string gateways_table(const StepPlan& step) {
    TextTable table({{"GATEWAY"},
                     {"SUBSCRIPTIONS", Align::right},
                     {"SUBSCRIBE", Align::right},
                     {"UNSUBSCRIBE", Align::right}});
    for (const GatewayLoad& gateway : step.gateways) {
        table.add({gateway.id, number(gateway.subscriptions), number(gateway.subscribes),
                   number(gateway.unsubscribes)});
    }
    return table.empty() ? "" : "\n" + table.text();
}

std::string steps_table(const MovePlan& plan) {
    if (plan.steps.size() < 2) return "";
    TextTable table({{"STEP", Align::right},
                     {"ARCS", Align::right},
                     {"CHANNELS", Align::right},
                     {"SUBSCRIPTIONS", Align::right},
                     {"TIME", Align::right}});
    for (const StepPlan& step : plan.steps) {
        table.add({number(step.percent) + " %", number(step.arcs), number(step.channels),
                   number(step.subscriptions), duration_text(step.seconds)});
    }
    return "\n" + table.text();
}

std::string list(const std::vector<Footing::Before>& requests) {
    std::string text;
    for (const Footing::Before& request : requests) {
        text += "  " + request.name + "  " + request.what + "\n";
    }
    return text;
}

std::string count(std::size_t requests, const char* one, const char* several) {
    return std::to_string(requests) + (requests == 1 ? one : several);
}

/// Which ring it is that the plan speaks of.
std::string footing_text(const std::optional<Footing>& footing) {
    if (!footing) return "";
    std::string text;
    if (footing->handoff || !footing->upon.empty()) {
        text = "Planned upon ";
        if (footing->handoff) {
            text += "view " + std::to_string(*footing->handoff) + ", which is being handed over";
            text += footing->upon.empty() ? ".\n" : ", and upon ";
        }
        if (!footing->upon.empty()) {
            text += count(footing->upon.size(), " request that stands", " requests that stand") +
                    " before it:\n" + list(footing->upon);
        }
    }
    if (!footing->not_upon.empty()) {
        text += "Not planned upon " +
                count(footing->not_upon.size(), " request that waits for its own time",
                      " requests that wait for their own time") +
                ", and may go before or after:\n" + list(footing->not_upon);
    }
    return text;
}

/// Why a plan would not come to its end for want of time, and what would help; empty if it would.
std::string too_slow_text(const MovePlan& plan) {
    const auto step = plan.given_up_at();
    if (!step) return "";
    const std::string which = plan.steps.size() == 1 ? "it" : "step " + number(*step);
    return "would be given up: " + which + " takes about " +
           duration_text(plan.steps[*step - 1].prepare_seconds) +
           " to prepare, and prepare_seconds_max is " + number(plan.prepare_seconds_max) +
           ": give a higher --rate or smaller --steps, or raise it with `ringcastctl config set`\n";
}

}  // namespace

std::optional<Report> report_other_weight(const ClusterState& state, const router::ViewRecord& then,
                                          const router::Request& request, Output output) {
    using Kind = router::Request::Kind;
    if (request.kind != Kind::add || request.weight == 0 || !request.undo_of.empty()) return {};
    const auto index = then.in_force.ring.find(request.node);
    if (!index) return {};
    const std::uint32_t weight = then.in_force.ring.members()[*index].weight;
    if (weight == request.weight) return {};
    const bool now = state.record->in_force.ring.find(request.node).has_value();
    return report_failure(request.node + (now ? " is" : " will by then be") +
                              " a member of weight " + std::to_string(weight) +
                              ": use `ringcastctl weight`",
                          ExitCode::wrong_use, output);
}

Report report_plan(const MovePlan& plan, Output output) {
    Report report;
    for (const std::string& gateway : plan.mute) {
        report.exit = ExitCode::incomplete;
        report.error += "ringcastctl: gateway " + gateway + ": its channels are not counted\n";
    }
    if (const std::string too_slow = too_slow_text(plan); !too_slow.empty()) {
        report.exit = ExitCode::refused;
        report.error += too_slow;
    }
    if (!plan.done) {
        report.exit = ExitCode::refused;
        report.error = "would be refused: " + plan.reason + "\n" + footing_text(plan.footing);
    }
    if (output == Output::json) {
        report.text = json::serialize(plan_json(plan)) + "\n";
        return report;
    }
    if (!plan.done) return report;
    if (plan.steps.empty()) {
        report.text = "Nothing to do: " + plan.reason + ".\n" + footing_text(plan.footing);
        return report;
    }
    const StepPlan& sum = plan.total;
    report.text = text_of(plan.request) + " would move " + number(sum.arcs) + " arcs (" +
                  percent(sum.arcs, ring::arc_count) + "), " + number(sum.channels) +
                  " channels and " + number(sum.subscriptions) + " subscriptions in about " +
                  duration_text(sum.seconds) + ",\nat " + number(plan.rate) +
                  " channels a second per gateway. Nothing has been changed.\n";
    report.text += footing_text(plan.footing);
    report.text += steps_table(plan) + flows_table(sum) + members_table(sum) + gateways_table(sum);
    return report;
}

}  // namespace ringcast::ctl
