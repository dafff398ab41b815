#include "bounds.hpp"
#include "live_report.hpp"

#include <boost/json.hpp>

#include <cmath>
#include <utility>

namespace ringcast::bench {
namespace {

boost::json::object json_of(const Percentiles& of) {
    return {
        {"count", of.count}, {"p50", of.p50}, {"p99", of.p99}, {"p99.9", of.p999}, {"max", of.max}};
}

/// Null: longer than every bound that is told.
boost::json::value finite(double ms) {
    return std::isfinite(ms) ? boost::json::value(ms) : boost::json::value(nullptr);
}

boost::json::object held(const Percentiles& of) {
    return {{"count", of.count},
            {"p50", finite(of.p50)},
            {"p99", finite(of.p99)},
            {"p99.9", finite(of.p999)},
            {"max", finite(of.max)}};
}

boost::json::object json_of(const Holds& of) {
    boost::json::object all = held(of.ms);
    all["bounds"] = of.bounds;
    all["before"] = held(of.before);
    all["during"] = held(of.during);
    all["after"] = held(of.after);
    return all;
}

boost::json::array json_of(const std::vector<Bound>& bounds) {
    boost::json::array all;
    for (const Bound& bound : bounds) {
        boost::json::object& told = all.emplace_back(boost::json::object_kind).as_object();
        told = {{"name", bound.name},
                {"measured", nullptr},
                {"at_most", bound.most},
                {"kept", nullptr},
                {"promise", bound.promise}};
        if (bound.measured) {
            told["measured"] = *bound.measured;
            told["kept"] = bound.kept();
        } else {
            told["unknown"] = bound.unknown;
        }
    }
    return all;
}

boost::json::object json_of(const Times& of) {
    return {{"before", json_of(of.before)},
            {"during", json_of(of.during)},
            {"after", json_of(of.after)}};
}

boost::json::object json_of(const Cpu& of) {
    return {{"before", of.before}, {"during", of.during}, {"after", of.after}};
}

boost::json::value second(const Phases& phases, std::int64_t at) {
    if (at == 0) return nullptr;
    return static_cast<double>(at - phases.asked) / 1e9;
}

boost::json::object json_of(const Verdict& verdict) {
    return {{"accepted", verdict.accepted},
            {"failed", verdict.failed},
            {"unanswered", verdict.unanswered},
            {"expected", verdict.expected},
            {"delivered", verdict.delivered},
            {"lost", verdict.lost},
            {"lost_untold", verdict.lost_untold},
            {"duplicated", verdict.duplicated},
            {"reordered", verdict.reordered},
            {"invented", verdict.invented},
            {"gaps", verdict.gaps}};
}

boost::json::object json_of(const Measurement& one, const Cost& plan) {
    boost::json::array nodes;
    const auto shares = shares_of(one);
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        if (one.remarks.is_mute(i)) {
            nodes.push_back({{"node", one.node_names[i]}, {"unknown", one.remarks.nodes_mute[i]}});
            continue;
        }
        const NodeSample& node = one.nodes[i];
        boost::json::object told{{"node", one.node_names[i]},
                                 {"channels_before", one.channels_before[i]},
                                 {"channels_after", node.channels},
                                 {"share_percent_before", nullptr},
                                 {"share_percent_after", nullptr},
                                 {"subscribes", node.subscribes},
                                 {"unsubscribes", node.unsubscribes},
                                 {"evalsha", node.scripts},
                                 {"bytes_in", node.bytes_in},
                                 {"bytes_out", node.bytes_out},
                                 {"cpu", json_of(one.nodes_cpu[i])}};
        if (shares) {
            told["share_percent_before"] = (*shares)[i].before;
            told["share_percent_after"] = (*shares)[i].after;
        }
        nodes.push_back(std::move(told));
    }
    boost::json::value gateways_cpu;  // null: unknown
    if (!one.gateways.empty()) {
        boost::json::array& gateways = gateways_cpu.emplace_array();
        for (const Cpu& cpu : one.gateways) gateways.push_back(json_of(cpu));
    }
    boost::json::array gateways_mute;
    for (const std::string& mute : one.remarks.gateways_mute) gateways_mute.emplace_back(mute);
    boost::json::array through;
    for (const auto& each : one.remarks.through) {
        through.push_back({{"gateway", each.gateway},
                           {"connections", each.connections},
                           {"published", each.published},
                           {"heard", each.heard}});
    }
    const Phases& phases = one.phases;
    boost::json::object all{{"way", name_of(one.way)},
                            {"seconds", one.seconds()},
                            {"took_s", nullptr},
                            {"predicted_s", nullptr},
                            {"phases",
                             {{"prepare", second(phases, phases.prepare)},
                              {"fence", second(phases, phases.fence)},
                              {"in_force", second(phases, phases.in_force)},
                              {"done", second(phases, phases.done)}}},
                            {"channels_moved", one.channels_moved},
                            {"moved_over_least", moved_over_least(one, plan)},
                            {"subscriptions", nullptr},
                            {"subscribes", nullptr},
                            {"subscribes_max", one.subscribes_max},
                            {"verdict", json_of(one.verdict)},
                            {"bounds", json_of(bounds_of(one, plan))},
                            {"delivery_ms", json_of(one.delivery)},
                            {"answer_ms", json_of(one.answer)},
                            {"answer_moving_ms", json_of(one.answer_moving)},
                            {"publish_hold_ms", nullptr},
                            {"gateways_cpu", std::move(gateways_cpu)},
                            {"gateways_mute", std::move(gateways_mute)},
                            {"nodes", std::move(nodes)},
                            {"other_clients", one.remarks.other_clients},
                            {"through", std::move(through)}};
    if (one.phases.took) {
        all["took_s"] = std::chrono::duration<double>(*one.phases.took).count();
    }
    if (one.is_predicted()) all["predicted_s"] = one.predicted_s;
    if (one.way == Way::naive) all["loss_seen"] = sees_loss(one);
    if (one.subscriptions) {
        all["subscriptions"] = {{"made", one.subscriptions->made},
                                {"dropped", one.subscriptions->dropped}};
    }
    if (one.subscribes) all["subscribes"] = *one.subscribes;
    if (one.holds) all["publish_hold_ms"] = json_of(*one.holds);
    return all;
}

}  // namespace

boost::json::array json_of(const std::vector<Measurement>& measurements, const Cost& plan) {
    boost::json::array all;
    for (const Measurement& one : measurements) all.push_back(json_of(one, plan));
    return all;
}

}  // namespace ringcast::bench
