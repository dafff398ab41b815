#include "live_report.hpp"

#include "report.hpp"
#include "text_table.hpp"

#include <boost/json.hpp>

#include <functional>

namespace ringcast::bench {
namespace {

using Align = ctl::TextTable::Align;
using Measurements = std::vector<Measurement>;

constexpr double seconds_max = 10;
constexpr double slowdown_max = 2;

std::string span(std::int64_t from, std::int64_t to) {
    if (from == 0 || to == 0) return "-";
    return fixed(static_cast<double>(to - from) / 1e9, 3) + " s";
}

std::string times(const Percentiles& of) {
    if (of.count == 0) return "-";
    return fixed(of.p50, 1) + " / " + fixed(of.p99, 1) + " / " + fixed(of.p999, 1) + " / " +
           fixed(of.max, 1);
}

double milliseconds(router::HoldTimes::Duration time) {
    return static_cast<double>(time.count()) / 1e6;
}

std::string times(const router::HoldTimes& of) {
    if (of.count() == 0) return "-";
    return fixed(milliseconds(of.within(500)), 1) + " / " + fixed(milliseconds(of.within(990)), 1) +
           " / " + fixed(milliseconds(of.within(999)), 1) + " / " +
           fixed(milliseconds(of.max()), 1);
}

std::string cores(const std::vector<Cpu>& of) {
    Cpu sum;
    for (const Cpu& one : of) {
        sum.before += one.before;
        sum.during += one.during;
        sum.after += one.after;
    }
    return fixed(100 * sum.before, 0) + " / " + fixed(100 * sum.during, 0) + " / " +
           fixed(100 * sum.after, 0);
}

NodeSample sum_of(const Measurement& one) {
    NodeSample sum;
    for (const NodeSample& node : one.nodes) {
        sum.unsubscribes += node.unsubscribes;
        sum.scripts += node.scripts;
        sum.bytes_in += node.bytes_in;
        sum.bytes_out += node.bytes_out;
    }
    return sum;
}

double slowdown(const Measurement& one) {
    return one.delivery.before.p99 > 0 ? one.delivery.during.p99 / one.delivery.before.p99 : 0;
}

std::string figures(const Measurements& all, const Cost& plan) {
    std::vector<ctl::TextTable::Column> columns{{"measured"}};
    for (const Measurement& one : all) {
        columns.push_back({std::string(name_of(one.way)), Align::right});
    }
    ctl::TextTable table(std::move(columns));
    const auto row = [&](const char* what,
                         const std::function<std::string(const Measurement&)>& cell) {
        std::vector<std::string> cells{what};
        for (const Measurement& one : all) cells.push_back(cell(one));
        table.add(std::move(cells));
    };
    using M = const Measurement&;
    row("messages accepted", [](M one) { return grouped(one.verdict.accepted); });
    row("deliveries expected", [](M one) { return grouped(one.verdict.expected); });
    row("lost", [](M one) { return grouped(one.verdict.lost); });
    row("  of these without a gap told", [](M one) { return grouped(one.verdict.lost_untold); });
    row("duplicated", [](M one) { return grouped(one.verdict.duplicated); });
    row("reordered", [](M one) { return grouped(one.verdict.reordered); });
    row("gaps told", [](M one) { return grouped(one.verdict.gaps); });
    row("publishes failed",
        [](M one) { return grouped(one.verdict.failed + one.verdict.unanswered); });
    row("whole move", [](M one) { return fixed(one.seconds(), 3) + " s"; });
    row("  until proposed", [](M one) { return span(one.phases.asked, one.phases.prepare); });
    row("  prepare", [](M one) { return span(one.phases.prepare, one.phases.fence); });
    row("  fence and switch", [](M one) { return span(one.phases.fence, one.phases.in_force); });
    row("  leave", [](M one) { return span(one.phases.in_force, one.phases.done); });
    row("channels moved", [](M one) { return grouped(one.channels_moved); });
    row("moved/least", [&](M one) { return fixed(moved_over_least(one, plan), 3); });
    row("SUBSCRIBE commands", [](M one) { return grouped(one.subscribes); });
    row("UNSUBSCRIBE commands", [](M one) { return grouped(sum_of(one).unsubscribes); });
    row("bytes to the nodes", [](M one) { return grouped(sum_of(one).bytes_in); });
    row("delivery ms before: p50/p99/p99.9/max", [](M one) { return times(one.delivery.before); });
    row("  during", [](M one) { return times(one.delivery.during); });
    row("  after", [](M one) { return times(one.delivery.after); });
    row("publish answered ms before", [](M one) { return times(one.answer.before); });
    row("  during", [](M one) { return times(one.answer.during); });
    row("  during, channels that move", [](M one) { return times(one.answer_moving.during); });
    row("  after", [](M one) { return times(one.answer.after); });
    row("publishes held by a fence", [](M one) { return grouped(one.holds.count()); });
    row("  for ms: p50/p99/p99.9/max", [](M one) { return times(one.holds); });
    row("CPU of all gateways, % of a core, before/during/after",
        [](M one) { return cores(one.gateways); });
    row("CPU of all nodes", [](M one) { return cores(one.nodes_cpu); });
    return table.text();
}

std::string nodes_of(const Measurement& one) {
    ctl::TextTable table({{"node, " + std::string(name_of(one.way))},
                          {"channels before", Align::right},
                          {"after", Align::right},
                          {"SUBSCRIBE", Align::right},
                          {"UNSUBSCRIBE", Align::right},
                          {"publish batches", Align::right},
                          {"bytes in", Align::right},
                          {"CPU % before/during/after", Align::right}});
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        const NodeSample& node = one.nodes[i];
        table.add({one.node_names[i], grouped(one.channels_before[i]), grouped(node.channels),
                   grouped(node.subscribes), grouped(node.unsubscribes), grouped(node.scripts),
                   grouped(node.bytes_in), cores({one.nodes_cpu[i]})});
    }
    return table.text();
}

std::string bounds_of(const Measurement& handoff, const Cost& plan) {
    ctl::TextTable table({{"to reach, by handoff"}, {"measured", Align::right}, {"bound"}, {""}});
    const auto row = [&](const char* what, double value, int digits, double bound) {
        table.add({what, fixed(value, digits), "<= " + fixed(bound, digits),
                   value <= bound ? "kept" : "MISSED"});
    };
    const Verdict& verdict = handoff.verdict;
    row("lost, duplicated, reordered, invented",
        static_cast<double>(verdict.lost + verdict.duplicated + verdict.reordered +
                            verdict.invented),
        0, 0);
    row("gaps told, publishes failed",
        static_cast<double>(verdict.gaps + verdict.failed + verdict.unanswered), 0, 0);
    row("whole move, s", handoff.seconds(), 2, seconds_max);
    row("moved/least", moved_over_least(handoff, plan), 3, 1);
    row("SUBSCRIBE commands", static_cast<double>(handoff.subscribes), 0,
        static_cast<double>(handoff.subscribes_max));
    row("delivery p99 during/before", slowdown(handoff), 2, slowdown_max);
    return table.text();
}

boost::json::object json_of(const Percentiles& of) {
    return {
        {"count", of.count}, {"p50", of.p50}, {"p99", of.p99}, {"p99.9", of.p999}, {"max", of.max}};
}

boost::json::object json_of(const router::HoldTimes& of) {
    return {{"count", of.count()},
            {"p50", milliseconds(of.within(500))},
            {"p99", milliseconds(of.within(990))},
            {"p99.9", milliseconds(of.within(999))},
            {"max", milliseconds(of.max())}};
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
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        const NodeSample& node = one.nodes[i];
        nodes.push_back({{"node", one.node_names[i]},
                         {"channels_before", one.channels_before[i]},
                         {"channels_after", node.channels},
                         {"subscribes", node.subscribes},
                         {"unsubscribes", node.unsubscribes},
                         {"publish_batches", node.scripts},
                         {"bytes_in", node.bytes_in},
                         {"bytes_out", node.bytes_out},
                         {"cpu", json_of(one.nodes_cpu[i])}});
    }
    boost::json::array gateways;
    for (const Cpu& cpu : one.gateways) gateways.push_back(json_of(cpu));
    const Phases& phases = one.phases;
    return {{"way", name_of(one.way)},
            {"seconds", one.seconds()},
            {"phases",
             {{"prepare", second(phases, phases.prepare)},
              {"fence", second(phases, phases.fence)},
              {"in_force", second(phases, phases.in_force)},
              {"done", second(phases, phases.done)}}},
            {"channels_moved", one.channels_moved},
            {"moved_over_least", moved_over_least(one, plan)},
            {"subscribes", one.subscribes},
            {"subscribes_max", one.subscribes_max},
            {"verdict", json_of(one.verdict)},
            {"delivery_ms", json_of(one.delivery)},
            {"answer_ms", json_of(one.answer)},
            {"answer_moving_ms", json_of(one.answer_moving)},
            {"publish_hold_ms", json_of(one.holds)},
            {"gateways_cpu", std::move(gateways)},
            {"nodes", std::move(nodes)}};
}

}  // namespace

double moved_over_least(const Measurement& measurement, const Cost& plan) {
    if (measurement.channels_moved == plan.channels_moved) return plan.moved_over_least.value_or(1);
    return plan.moved_over_least.value_or(1) * static_cast<double>(measurement.channels_moved) /
           static_cast<double>(plan.channels_moved > 0 ? plan.channels_moved : 1);
}

std::string table_of(const std::vector<Measurement>& measurements, const Cost& plan) {
    std::string text = figures(measurements, plan) + "\n";
    for (const Measurement& one : measurements) text += nodes_of(one) + "\n";
    for (const Measurement& one : measurements) {
        if (one.way == Way::handoff) text += bounds_of(one, plan);
        if (one.way == Way::naive && one.verdict.lost + one.verdict.gaps == 0) {
            text += "The naive switch lost nothing: this load does not show what it costs.\n";
        }
    }
    return text;
}

boost::json::array json_of(const std::vector<Measurement>& measurements, const Cost& plan) {
    boost::json::array all;
    for (const Measurement& one : measurements) all.push_back(json_of(one, plan));
    return all;
}

}  // namespace ringcast::bench
