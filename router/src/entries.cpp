#include "ringcast/router/entries.hpp"

#include "entries_limits.hpp"
#include "json_fields.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace ringcast::router {
namespace {

namespace json = boost::json;

using detail::Fields;

bool is_printable(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

}  // namespace

bool is_entry_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= id_size_max && is_printable(id) &&
           id.find('/') == std::string_view::npos && id != "." && id != "..";
}

bool is_zone(std::string_view zone) noexcept {
    return zone.size() <= id_size_max && is_printable(zone);
}

std::string encode(const NodeEntry& entry) {
    json::object load{{"channels", entry.load.channels},
                      {"gateways", entry.load.gateways},
                      {"memory_bytes", entry.load.memory_bytes}};
    if (const auto& rate = entry.load.messages_per_second) load["messages_per_second"] = *rate;
    return json::serialize(json::object{
        {"address", entry.address.text()},
        {"weight", entry.weight},
        {"zone", entry.zone},
        {"version", entry.version},
        {"instance", entry.instance},
        {"load", std::move(load)},
    });
}

std::string encode(const GatewayEntry& entry) {
    json::array unreachable;
    for (const std::string& id : entry.unreachable) unreachable.emplace_back(id);
    return json::serialize(json::object{
        {"id", entry.id},
        {"client_url", entry.client_url},
        {"admin_url", entry.admin_url},
        {"version", entry.version},
        {"draining", entry.draining},
        {"unreachable", std::move(unreachable)},
        {"load",
         {{"clients", entry.load.clients},
          {"users", entry.load.users},
          {"subscriptions", entry.load.subscriptions},
          {"channels", entry.load.channels},
          {"messages_per_second", entry.load.messages_per_second}}},
        {"started_at", entry.started_at},
    });
}

std::optional<NodeEntry> parse_node_entry(std::string_view id, std::string_view text) {
    NodeEntry entry;
    Fields fields(text);
    std::string address;
    fields.take("address", address, true);
    fields.take("weight", entry.weight, detail::weight_max);
    fields.take("zone", entry.zone);
    fields.take("version", entry.version);
    fields.take("instance", entry.instance);

    Fields load(fields, "load");
    load.take("channels", entry.load.channels);
    load.take("gateways", entry.load.gateways);
    if (load.has("messages_per_second")) {
        load.take("messages_per_second", entry.load.messages_per_second.emplace());
    }
    load.take("memory_bytes", entry.load.memory_bytes);

    const std::optional<Address> parsed = Address::parse(address);
    if (fields.failed() || load.failed() || !parsed || entry.weight == 0) return std::nullopt;
    if (!is_entry_id(id) || !is_zone(entry.zone)) return std::nullopt;
    entry.id = id;
    entry.address = *parsed;
    return entry;
}

std::optional<GatewayEntry> parse_gateway_entry(std::string_view text) {
    GatewayEntry entry;
    Fields fields(text);
    fields.take_id("id", entry.id, true);
    fields.take("client_url", entry.client_url);
    fields.take("admin_url", entry.admin_url);
    fields.take("version", entry.version);
    fields.take("draining", entry.draining);
    fields.take_ids("unreachable", entry.unreachable);
    fields.take("started_at", entry.started_at);

    Fields load(fields, "load");
    load.take("clients", entry.load.clients);
    load.take("users", entry.load.users);
    load.take("subscriptions", entry.load.subscriptions);
    load.take("channels", entry.load.channels);
    load.take("messages_per_second", entry.load.messages_per_second);

    if (fields.failed() || load.failed()) return std::nullopt;
    return entry;
}

std::string paths::acks_of(ViewNumber view, std::string_view stage) {
    return std::string(acks) + "/" + std::to_string(static_cast<std::uint64_t>(view)) + "/" +
           std::string(stage);
}

}  // namespace ringcast::router
