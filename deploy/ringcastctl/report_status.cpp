#include "report.hpp"
#include "text_table.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace ringcast::ctl {
namespace {

namespace json = boost::json;
using Align = TextTable::Align;

std::string or_dash(std::string text) {
    return text.empty() ? "-" : text;
}

/// Ids of the gateways that do not reach a member.
std::vector<std::string> complaining(const ClusterState& state, const std::string& member) {
    std::vector<std::string> ids;
    for (const router::GatewayEntry& gateway : state.gateways) {
        if (std::ranges::count(gateway.unreachable, member) != 0) ids.push_back(gateway.id);
    }
    return ids;
}

json::array array_of(const std::vector<std::string>& words) {
    json::array array;
    for (const std::string& word : words) array.emplace_back(word);
    return array;
}

json::value number_or_null(const std::optional<std::uint64_t>& number) {
    return number ? json::value(*number) : json::value();
}

void put_load(json::object& to, const router::NodeEntry::Load& load) {
    to["channels"] = load.channels;
    to["gateways"] = load.gateways;
    to["messages_per_second"] = number_or_null(load.messages_per_second);
    to["memory_bytes"] = load.memory_bytes;
}

json::value text_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return json::string(text);
}

json::array members_json(const ClusterState& state) {
    json::array members;
    if (!state.record) return members;
    const router::View& view = state.record->in_force;
    for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
        const ring::Member& member = view.ring.members()[i];
        const auto node = state.nodes.find(member.id);
        json::object object{
            {"id", member.id},
            {"address", view.address_of(i).text()},
            {"zone", member.zone},
            {"weight", member.weight},
            {"arcs", view.ring.arcs_of(i)},
            {"share_percent", 100.0 * static_cast<double>(view.ring.arcs_of(i)) / ring::arc_count},
            {"registered", node != state.nodes.end()},
            {"unreachable_for", array_of(complaining(state, member.id))},
            {"removal", text_or_null(state.removal_of(member.id))},
        };
        put_load(object, node == state.nodes.end() ? router::NodeEntry::Load{} : node->second.load);
        members.push_back(std::move(object));
    }
    return members;
}

bool is_member(const ClusterState& state, const std::string& id) {
    return state.record && state.record->in_force.ring.find(id);
}

/// But for the one that is carried out at this moment.
std::size_t requests_waiting(const ClusterState& state) {
    const Progress progress = progress_of(state);
    return progress.stage == Progress::Stage::idle ? progress.requests : progress.others.size();
}

std::string status_json(const ClusterState& state) {
    const Progress progress = progress_of(state);
    json::array standby;
    for (const auto& [id, node] : state.nodes) {
        if (is_member(state, id)) continue;
        standby.push_back(json::object{{"id", id},
                                       {"address", node.address.text()},
                                       {"zone", node.zone},
                                       {"weight", node.weight},
                                       {"version", node.version}});
    }
    json::array gateways;
    for (const router::GatewayEntry& gateway : state.gateways) {
        gateways.push_back(json::object{
            {"id", gateway.id},
            {"client_url", gateway.client_url},
            {"admin_url", gateway.admin_url},
            {"version", gateway.version},
            {"draining", gateway.draining},
            {"unreachable", array_of(gateway.unreachable)},
            {"clients", gateway.load.clients},
            {"users", gateway.load.users},
            {"subscriptions", gateway.load.subscriptions},
            {"channels", gateway.load.channels},
            {"messages_per_second", gateway.load.messages_per_second},
        });
    }
    const auto traffic = state.record ? state.traffic() : ClusterState::Traffic{};
    json::object status{
        {"cluster", state.cluster},
        {"zookeeper", state.zookeeper},
        {"coordinator", state.coordinator ? json::value(*state.coordinator) : json::value()},
        {"view", state.record ? static_cast<std::uint64_t>(state.record->in_force.number) : 0},
        {"digest", state.record ? state.record->in_force.ring.digest().text() : ""},
        {"members", members_json(state)},
        {"standby", std::move(standby)},
        {"gateways", std::move(gateways)},
        {"messages_per_second", traffic.messages_per_second},
        {"traffic_unknown_of", array_of(traffic.silent)},
        {"paused", state.settings.paused},
        {"change", progress.idle() ? json::value() : json::parse(progress_json(progress))},
        {"requests_waiting", requests_waiting(state)},
        {"waiting", state.coordination() == nullptr ? json::value()
                                                    : json::value(state.coordination()->waiting)},
        {"unreadable_entries", state.unreadable},
    };
    return json::serialize(status) + "\n";
}

std::string headline(const ClusterState& state) {
    std::string text = "cluster      " + state.cluster + "\n";
    text += "zookeeper    " + state.zookeeper + "\n";
    text += "coordinator  " + state.coordinator.value_or("none leads") + "\n";
    if (state.record) {
        const router::View& view = state.record->in_force;
        text += "view         " + std::to_string(static_cast<std::uint64_t>(view.number)) +
                ", digest " + view.ring.digest().text() + "\n";
    } else {
        text += state.view_unreadable ? "view         unreadable: see the coordinator's log\n"
                                      : "view         none yet\n";
    }
    if (state.record) {
        const auto traffic = state.traffic();
        text += "traffic      " + std::to_string(traffic.messages_per_second) + " messages/s";
        if (!traffic.silent.empty()) text += ", not known of " + join(traffic.silent);
        text += "\n";
    }
    if (state.settings.paused) {
        text += "paused       no handoff begins until `ringcastctl resume`\n";
    }
    if (const Progress progress = progress_of(state); !progress.idle()) {
        text += "change       " + progress_summary(progress) + "\n";
    }
    if (const std::size_t waiting = requests_waiting(state); waiting != 0) {
        text += "requests     " + std::to_string(waiting) + " waiting\n";
    }
    if (state.unreadable != 0) {
        text += "warning      " + std::to_string(state.unreadable) + " entries cannot be read\n";
    }
    return text;
}

std::string number_or_dash(const std::optional<std::uint64_t>& number) {
    return number ? std::to_string(*number) : "-";
}

std::string members_table(const ClusterState& state) {
    TextTable table({{"MEMBER"},
                     {"ADDRESS"},
                     {"ZONE"},
                     {"WEIGHT", Align::right},
                     {"ARCS", Align::right},
                     {"SHARE", Align::right},
                     {"CHANNELS", Align::right},
                     {"MESSAGES/S", Align::right},
                     {"MEMORY", Align::right},
                     {"STATE"}});
    if (!state.record) return {};
    const router::View& view = state.record->in_force;
    for (ring::MemberIndex i = 0; i != view.addresses.size(); ++i) {
        const ring::Member& member = view.ring.members()[i];
        const auto node = state.nodes.find(member.id);
        const bool registered = node != state.nodes.end();
        const std::vector<std::string> complaints = complaining(state, member.id);
        std::string health = registered ? "up" : "not registered";
        if (!complaints.empty()) health += ", unreachable for " + join(complaints);
        if (const std::string removal = state.removal_of(member.id); !removal.empty()) {
            health += ", " + removal;
        }
        table.add({member.id, view.address_of(i).text(), or_dash(member.zone),
                   std::to_string(member.weight), std::to_string(view.ring.arcs_of(i)),
                   percent(view.ring.arcs_of(i), ring::arc_count),
                   registered ? std::to_string(node->second.load.channels) : "-",
                   number_or_dash(router::messages_per_second(state.nodes, member.id)),
                   registered ? bytes(node->second.load.memory_bytes) : "-", std::move(health)});
    }
    return "\n" + table.text();
}

std::string standby_table(const ClusterState& state) {
    TextTable table({{"STANDBY"}, {"ADDRESS"}, {"ZONE"}, {"WEIGHT", Align::right}, {"REDIS"}});
    for (const auto& [id, node] : state.nodes) {
        if (is_member(state, id)) continue;
        table.add({id, node.address.text(), or_dash(node.zone), std::to_string(node.weight),
                   or_dash(node.version)});
    }
    return table.empty() ? "" : "\n" + table.text();
}

std::string gateways_table(const ClusterState& state) {
    TextTable table({{"GATEWAY"},
                     {"CLIENTS", Align::right},
                     {"SUBSCRIPTIONS", Align::right},
                     {"CHANNELS", Align::right},
                     {"MESSAGES/S", Align::right},
                     {"STATE"},
                     {"CLIENT URL"}});
    for (const router::GatewayEntry& gateway : state.gateways) {
        table.add({gateway.id, std::to_string(gateway.load.clients),
                   std::to_string(gateway.load.subscriptions),
                   std::to_string(gateway.load.channels),
                   std::to_string(gateway.load.messages_per_second),
                   gateway.draining ? "draining" : "active", or_dash(gateway.client_url)});
    }
    return table.empty() ? "" : "\n" + table.text();
}

}  // namespace

std::string ClusterState::removal_of(const std::string& member) const {
    if (!record) return {};
    const auto announced = [&](const auto& removal) { return removal.member == member; };
    if (std::ranges::none_of(record->removals, announced)) return {};
    std::string text = "taken for dead";
    const auto node = nodes.find(member);
    const auto index = record->in_force.ring.find(member);
    if (node != nodes.end() && index &&
        node->second.address != record->in_force.address_of(*index)) {
        text = "moving to " + node->second.address.text();
    }
    if (coordination() == nullptr) return text;
    for (const auto& removal : coordination()->removals) {
        if (removal.node != member) continue;
        text += ", waits for " + removal.waits_for;
        if (removal.left_ms != 0) text += " " + std::to_string(removal.left_ms / 1'000 + 1) + " s";
    }
    return text;
}

Report report_status(const ClusterState& state, Output output) {
    std::string text = output == Output::json ? status_json(state)
                                              : headline(state) + members_table(state) +
                                                    standby_table(state) + gateways_table(state);
    if (!state.is_empty()) return {std::move(text), ""};
    return {std::move(text), report_no_view(state, output).error, ExitCode::refused};
}

}  // namespace ringcast::ctl
