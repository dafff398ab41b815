#include "live_report.hpp"

#include "bounds.hpp"
#include "report.hpp"
#include "text_table.hpp"

#include <algorithm>
#include <functional>

namespace ringcast::bench {
namespace {

using Align = ctl::TextTable::Align;
using Measurements = std::vector<Measurement>;

constexpr const char* unknown = "unknown";

std::string span(std::int64_t from, std::int64_t to) {
    if (from == 0 || to == 0) return "-";
    return fixed(static_cast<double>(to - from) / 1e9, 3) + " s";
}

/// A death, like a naive switch, brings the next view into force as it is: nobody prepares for it.
bool is_handed_over(const Measurement& one) {
    return one.phases.prepare != 0;
}

std::string times(const Percentiles& of) {
    if (of.count == 0) return "-";
    return fixed(of.p50, 1) + " / " + fixed(of.p99, 1) + " / " + fixed(of.p999, 1) + " / " +
           fixed(of.max, 1);
}

std::string took(const Measurement& one) {
    return fixed(std::chrono::duration<double>(*one.phases.took).count(), 3) + " s";
}

/// From outside only bounds of buckets are known.
std::string times(const Measurement& one, Percentiles Holds::*part) {
    if (!one.holds) return unknown;
    const Percentiles& of = (*one.holds).*part;
    return (one.holds->bounds && of.count > 0 ? "within " : "") + times(of);
}

std::string cores(const std::vector<Cpu>& of) {
    if (of.empty()) return unknown;
    Cpu sum;
    for (const Cpu& one : of) {
        sum.before += one.before;
        sum.during += one.during;
        sum.after += one.after;
    }
    return fixed(100 * sum.before, 0) + " / " + fixed(100 * sum.during, 0) + " / " +
           fixed(100 * sum.after, 0);
}

std::uint64_t sum_of(const Measurement& one, std::uint64_t NodeSample::*figure) {
    std::uint64_t sum = 0;
    for (const NodeSample& node : one.nodes) sum += node.*figure;
    return sum;
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
    row("invented", [](M one) { return grouped(one.verdict.invented); });
    row("gaps told", [](M one) { return grouped(one.verdict.gaps); });
    row("publishes failed",
        [](M one) { return grouped(one.verdict.failed + one.verdict.unanswered); });
    row("whole move, seen from outside", [](M one) { return fixed(one.seconds(), 3) + " s"; });
    row("  as history tells it", [](M one) { return one.phases.took ? took(one) : "-"; });
    row("  as it was predicted",
        [](M one) { return one.is_predicted() ? fixed(one.predicted_s, 3) + " s" : "-"; });
    row("  until proposed", [](M one) { return span(one.phases.asked, one.phases.prepare); });
    row("  prepare", [](M one) { return span(one.phases.prepare, one.phases.fence); });
    row("  fence and switch", [](M one) { return span(one.phases.fence, one.phases.in_force); });
    row("  leave", [](M one) {
        return is_handed_over(one) ? span(one.phases.in_force, one.phases.done) : "-";
    });
    row("  until the new view, without a handoff", [](M one) {
        return is_handed_over(one) ? "-" : span(one.phases.asked, one.phases.in_force);
    });
    row("  until all have followed it", [](M one) {
        return is_handed_over(one) ? "-" : span(one.phases.in_force, one.phases.done);
    });
    row("channels moved", [](M one) { return grouped(one.channels_moved); });
    row("moved/least", [&](M one) { return fixed(moved_over_least(one, plan), 3); });
    // A sum of what some nodes tell would be taken for that of all.
    const auto told = [](M one, std::uint64_t sum) {
        return one.subscribes ? grouped(sum) : std::string(unknown);
    };
    row("subscriptions made / dropped", [](M one) {
        if (!one.subscriptions) return std::string(unknown);
        return grouped(one.subscriptions->made) + " / " + grouped(one.subscriptions->dropped);
    });
    row("SUBSCRIBE commands", [&](M one) { return told(one, one.subscribes.value_or(0)); });
    row("UNSUBSCRIBE commands",
        [&](M one) { return told(one, sum_of(one, &NodeSample::unsubscribes)); });
    row("bytes to the nodes meanwhile, with all publishes",
        [&](M one) { return told(one, sum_of(one, &NodeSample::bytes_in)); });
    row("delivery ms before: p50/p99/p99.9/max", [](M one) { return times(one.delivery.before); });
    row("  during", [](M one) { return times(one.delivery.during); });
    row("  after", [](M one) { return times(one.delivery.after); });
    row("publish answered ms before", [](M one) { return times(one.answer.before); });
    row("  during", [](M one) { return times(one.answer.during); });
    row("  during, channels that move", [](M one) { return times(one.answer_moving.during); });
    row("  after", [](M one) { return times(one.answer.after); });
    row("publishes held by a fence",
        [](M one) { return one.holds ? grouped(one.holds->ms.count) : std::string(unknown); });
    row("  for ms: p50/p99/p99.9/max", [](M one) { return times(one, &Holds::ms); });
    row("  before", [](M one) { return times(one, &Holds::before); });
    row("  during", [](M one) { return times(one, &Holds::during); });
    row("  after", [](M one) { return times(one, &Holds::after); });
    row("CPU of all gateways, % of a core, before/during/after",
        [](M one) { return cores(one.gateways); });
    row("CPU of all nodes",
        [](M one) { return one.subscribes ? cores(one.nodes_cpu) : std::string(unknown); });
    return table.text();
}

std::string nodes_of(const Measurement& one) {
    ctl::TextTable table({{"node, during the " + std::string(name_of(one.way))},
                          {"channels before", Align::right},
                          {"after", Align::right},
                          {"share before", Align::right},
                          {"after", Align::right},
                          {"SUBSCRIBE", Align::right},
                          {"UNSUBSCRIBE", Align::right},
                          {"EVALSHA: publishes, probes", Align::right},
                          {"bytes in", Align::right},
                          {"CPU % before/during/after", Align::right}});
    const auto shares = shares_of(one);
    const auto percent = [](double share) { return fixed(share, 2) + " %"; };
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        if (one.remarks.is_mute(i)) {
            table.add({one.node_names[i] + " " + one.remarks.nodes_mute[i], unknown, unknown,
                       unknown, unknown, unknown, unknown, unknown, unknown, unknown});
            continue;
        }
        const NodeSample& node = one.nodes[i];
        table.add({one.node_names[i], grouped(one.channels_before[i]), grouped(node.channels),
                   shares ? percent((*shares)[i].before) : unknown,
                   shares ? percent((*shares)[i].after) : unknown, grouped(node.subscribes),
                   grouped(node.unsubscribes), grouped(node.scripts), grouped(node.bytes_in),
                   cores({one.nodes_cpu[i]})});
    }
    return table.text();
}

/// What only a cluster has that is looked at from outside.
std::string remarks_of(const Remarks& remarks) {
    std::string text;
    if (!remarks.through.empty()) {
        ctl::TextTable table({{"gateway, seen as its clients"},
                              {"connections", Align::right},
                              {"published", Align::right},
                              {"heard", Align::right}});
        for (const auto& one : remarks.through) {
            table.add({one.gateway, grouped(one.connections), grouped(one.published),
                       grouped(one.heard)});
        }
        text += table.text() + "\n";
    }
    for (const std::string& mute : remarks.gateways_mute) {
        text += "Gateway " + mute + ": what all gateways do together is not known.\n\n";
    }
    if (remarks.other_clients > 0) {
        text += grouped(remarks.other_clients) +
                " clients of others: what the nodes tell has their channels and messages in it, so "
                "that no bound is set for the commands.\n\n";
    }
    return text;
}

std::string bounds_table(const Measurement& one, const Cost& plan) {
    const bool planned = one.kind != Change::Kind::crash;
    ctl::TextTable table({{planned ? "to reach, by handoff" : "promised when a node dies"},
                          {"measured", Align::right},
                          {"bound"},
                          {""}});
    for (const Bound& bound : bounds_of(one, plan)) {
        const std::string most = "<= " + fixed(bound.most, bound.digits);
        if (bound.measured) {
            table.add({bound.what, fixed(*bound.measured, bound.digits), most,
                       bound.kept() ? "kept" : "MISSED"});
        } else {
            table.add({bound.what, unknown, most, bound.unknown});
        }
    }
    return table.text();
}

/// Without the control channel, which each node has on which there is anything.
double percent_of(std::uint64_t channels, std::uint64_t whole) {
    if (channels == 0 || whole == 0) return 0;
    return 100.0 * static_cast<double>(channels - 1) / static_cast<double>(whole);
}

}  // namespace

std::optional<std::vector<Share>> shares_of(const Measurement& one) {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        if (one.remarks.is_mute(i)) return std::nullopt;
        before += one.channels_before[i] - std::min<std::uint64_t>(1, one.channels_before[i]);
        after += one.nodes[i].channels - std::min<std::uint64_t>(1, one.nodes[i].channels);
    }
    std::vector<Share> shares;
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        shares.push_back({percent_of(one.channels_before[i], before),
                          percent_of(one.nodes[i].channels, after)});
    }
    return shares;
}

std::string table_of(const std::vector<Measurement>& measurements, const Cost& plan) {
    std::string text = figures(measurements, plan) + "\n";
    for (const Measurement& one : measurements) {
        text += nodes_of(one) + "\n" + remarks_of(one.remarks);
    }
    for (const Measurement& one : measurements) {
        if (one.way == Way::handoff) text += bounds_table(one, plan);
        if (one.way == Way::naive && !sees_loss(one)) {
            text +=
                "The naive switch lost nothing: this load does not show what it costs. More "
                "--messages, more --channels or --naive-lag 100 would.\n";
        }
    }
    return text;
}

}  // namespace ringcast::bench
