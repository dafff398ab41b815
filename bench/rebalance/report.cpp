#include "report.hpp"

#include "text_table.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <sstream>

namespace ringcast::bench {
namespace {

using Align = ctl::TextTable::Align;

/// Flows that the table shows; JSON has all.
constexpr std::size_t flows_shown = 12;

std::string share(std::uint64_t part, std::uint64_t whole) {
    return fixed(100.0 * static_cast<double>(part) / static_cast<double>(whole), 3) + " %";
}

std::string conditions_of(const Rebalance& wanted, const Members& members) {
    std::ostringstream text;
    text << name_of(wanted.change.kind) << " of " << members.changed().id << ": "
         << members.before.size() << " -> " << members.after.size() << " members";
    if (wanted.change.kind == Change::Kind::weight) {
        text << ", its weight " << members.before.back().weight << " -> "
             << members.after.back().weight;
    }
    text << "; " << grouped(wanted.channels) << " channels, " << wanted.spread.gateways
         << " gateways, " << wanted.spread.subscribers << " of them subscribed to each channel\n";
    if (!wanted.simulate) {
        text << grouped(static_cast<std::uint64_t>(std::llround(wanted.messages_per_second)))
             << " messages a second of " << wanted.payload_bytes << " bytes, half of them on "
             << grouped(std::min(wanted.busy_channels, wanted.channels)) << " channels; "
             << fixed(wanted.before_s, 1) << " s before the change, " << fixed(wanted.after_s, 1)
             << " s after it";
        if (wanted.naive_lag_ms > 0) {
            text << "; the last gateway hears of the naive switch " << wanted.naive_lag_ms
                 << " ms later";
        }
        text << "\n";
    }
    return text.str();
}

std::string schemes_table(const Rebalance& wanted, const std::vector<Cost>& costs) {
    ctl::TextTable table({{"scheme"},
                          {"channels moved", Align::right},
                          {"of all", Align::right},
                          {"units moved", Align::right},
                          {"moved/least", Align::right},
                          {"busiest/fair before", Align::right},
                          {"after", Align::right},
                          {"subscriptions", Align::right},
                          {"in commands", Align::right},
                          {"of the cluster", Align::right}});
    for (const Cost& cost : costs) {
        const bool possible = cost.moved_over_least.has_value();
        const std::string units =
            grouped(cost.units_moved) + " " + std::string(name_of_units(cost.scheme));
        table.add({std::string(name_of(cost.scheme)),
                   possible ? grouped(cost.channels_moved) : "impossible",
                   possible ? share(cost.channels_moved, wanted.channels) : "-",
                   possible ? units : "-",
                   possible ? fixed(*cost.moved_over_least, 3) : "-", fixed(cost.busiest_before, 3),
                   fixed(cost.busiest_after, 3), grouped(cost.subscriptions_moved),
                   grouped(cost.subscribe_commands),
                   cost.cluster_commands == 0 ? "-" : grouped(cost.cluster_commands)});
    }
    return table.text();
}

std::string flows_table(const Members& members, const Cost& cost) {
    std::vector<Flow> flows = cost.flows;
    std::sort(flows.begin(), flows.end(),
              [](const Flow& a, const Flow& b) { return a.channels > b.channels; });
    const std::size_t hidden = flows.size() - std::min(flows.size(), flows_shown);
    flows.resize(flows.size() - hidden);
    ctl::TextTable table(
        {{"from"}, {"to"}, {"channels", Align::right}, {"subscriptions", Align::right}});
    for (const Flow& flow : flows) {
        table.add({members.node(flow.from).id, members.node(flow.to).id, grouped(flow.channels),
                   grouped(flow.subscriptions)});
    }
    std::string text = table.text();
    if (hidden > 0) text += "... and " + grouped(hidden) + " more: see -o json\n";
    return text;
}

std::string prediction_text(const Rebalance& wanted, const Cost& cost) {
    const Prediction prediction = predict(cost, wanted.speeds);
    const std::string rate = wanted.speeds.rate == 0
                                 ? "without a limit"
                                 : "at " + grouped(wanted.speeds.rate) + " channels a second";
    std::uint64_t most = 0;
    for (const std::uint64_t one : cost.by_gateway) most = std::max(most, one);
    return "ringcast moves " + grouped(cost.units_moved) + " arcs of 65,536, at least " +
           grouped(cost.units_least.value_or(0)) + " have to; up to " + grouped(most) +
           " subscriptions a gateway.\nPredicted, each gateway " + rate + ": prepare " +
           fixed(prediction.prepare_s, 2) + " s, fence " + fixed(prediction.fence_s, 2) +
           " s, leave " + fixed(prediction.leave_s, 2) + " s: " + fixed(prediction.total_s(), 2) +
           " s in all, bound by the " + prediction.bound + ".\n";
}

/// What each node carries of all channels, in percent.
boost::json::array shares_of(const std::vector<std::uint64_t>& channels) {
    const auto whole = static_cast<double>(
        std::max<std::uint64_t>(1, std::accumulate(channels.begin(), channels.end(), 0ULL)));
    boost::json::array shares;
    for (const std::uint64_t one : channels) {
        shares.emplace_back(100.0 * static_cast<double>(one) / whole);
    }
    return shares;
}

boost::json::object json_of(const Members& members, const Cost& cost) {
    boost::json::array flows;
    for (const Flow& flow : cost.flows) {
        flows.push_back({{"from", members.node(flow.from).id},
                         {"to", members.node(flow.to).id},
                         {"channels", flow.channels},
                         {"subscriptions", flow.subscriptions}});
    }
    boost::json::object object{
        {"scheme", name_of(cost.scheme)},
        {"channels_moved", cost.channels_moved},
        {"moved_over_least", nullptr},
        {"subscriptions_moved", cost.subscriptions_moved},
        {"subscribe_commands", cost.subscribe_commands},
        {"cluster_commands", cost.cluster_commands},
        {"busiest_before", cost.busiest_before},
        {"busiest_after", cost.busiest_after},
        {"units_moved", cost.units_moved},
        {"units_least", nullptr},
        {"channels_before", boost::json::value_from(cost.before)},
        {"channels_after", boost::json::value_from(cost.after)},
        {"share_percent_before", shares_of(cost.before)},
        {"share_percent_after", shares_of(cost.after)},
        {"subscriptions_by_gateway", boost::json::value_from(cost.by_gateway)},
        {"flows", std::move(flows)}};
    if (cost.moved_over_least) object["moved_over_least"] = *cost.moved_over_least;
    if (cost.units_least) object["units_least"] = *cost.units_least;
    return object;
}

}  // namespace

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
        text.insert(static_cast<std::size_t>(at), ",");
    }
    return text;
}

std::string fixed(double number, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, number);
    return text;
}

std::string table_of(const Rebalance& wanted, const Members& members,
                     const std::vector<Cost>& costs) {
    return conditions_of(wanted, members) + "\n" + schemes_table(wanted, costs) + "\n" +
           prediction_text(wanted, costs.front()) + "\n" + flows_table(members, costs.front());
}

boost::json::object json_of(const Rebalance& wanted, const Members& members,
                            const std::vector<Cost>& costs) {
    boost::json::array all;
    for (const Cost& cost : costs) all.push_back(json_of(members, cost));
    const Prediction prediction = predict(costs.front(), wanted.speeds);
    boost::json::value load;  // null: nothing was loaded
    if (!wanted.simulate) {
        load = {{"messages_per_second", wanted.messages_per_second},
                {"payload_bytes", wanted.payload_bytes},
                {"busy_channels", wanted.busy_channels},
                {"before_s", wanted.before_s},
                {"after_s", wanted.after_s},
                {"naive_lag_ms", wanted.naive_lag_ms}};
    }
    return {{"change", name_of(wanted.change.kind)},
            {"node", members.changed().id},
            {"weight", wanted.change.weight},
            {"nodes_before", members.before.size()},
            {"nodes_after", members.after.size()},
            {"channels", wanted.channels},
            {"gateways", wanted.spread.gateways},
            {"subscribers", wanted.spread.subscribers},
            {"seed", wanted.seed},
            {"load", std::move(load)},
            {"schemes", std::move(all)},
            {"prediction",
             {{"rate", wanted.speeds.rate},
              {"prepare_s", prediction.prepare_s},
              {"fence_s", prediction.fence_s},
              {"leave_s", prediction.leave_s},
              {"total_s", prediction.total_s()},
              {"bound", prediction.bound}}}};
}

}  // namespace ringcast::bench
