#include "ringcast/router/entries.hpp"

#include "entries_limits.hpp"

#include <boost/json.hpp>

#include <cstddef>
#include <limits>
#include <utility>

namespace ringcast::router {
namespace {

namespace json = boost::json;

using detail::entry_size_max;
using detail::is_entry_id;
using detail::text_size_max;

/// Reads the fields of one JSON object. A field that is there with the wrong type or an impossible
/// value spoils the whole entry; one that is absent keeps its default unless it is required.
class Fields {
public:
    explicit Fields(std::string_view text) {
        if (text.size() > entry_size_max) return;
        json::parse_options options;
        options.max_depth = 4;
        boost::system::error_code error;
        value_ = json::parse(text, error, {}, options);
        if (!error) object_ = value_.if_object();
        failed_ = object_ == nullptr;
    }

    /// The fields of an object within; all absent when it is.
    Fields(const Fields& outer, std::string_view name) : object_(&empty()), failed_(outer.failed_) {
        if (const json::value* inner = outer.find(name)) {
            object_ = inner->if_object();
            failed_ = object_ == nullptr;
        }
    }

    [[nodiscard]] bool failed() const { return failed_; }
    void fail() { failed_ = true; }

    void take(std::string_view name, std::string& out, bool required = false) {
        const json::value* value = find(name, required);
        if (value == nullptr) return;
        const json::string* text = value->if_string();
        if (text == nullptr || text->size() > text_size_max) return fail();
        out.assign(text->data(), text->size());
    }

    void take_id(std::string_view name, std::string& out, bool required) {
        take(name, out, required);
        if (find(name) != nullptr && !is_entry_id(out)) fail();
    }

    template <typename Integer>
    void take(std::string_view name, Integer& out,
              Integer max = std::numeric_limits<Integer>::max()) {
        const json::value* value = find(name);
        if (value == nullptr) return;
        boost::system::error_code error;
        const auto number = value->to_number<Integer>(error);
        if (error || !(value->is_int64() || value->is_uint64()) || number < 0 || number > max) {
            return fail();
        }
        out = number;
    }

    void take(std::string_view name, bool& out, bool required = false) {
        const json::value* value = find(name, required);
        if (value == nullptr) return;
        if (!value->is_bool()) return fail();
        out = value->get_bool();
    }

    void take_ids(std::string_view name, std::vector<std::string>& out) {
        const json::value* value = find(name);
        if (value == nullptr) return;
        const json::array* array = value->if_array();
        if (array == nullptr) return fail();
        for (const json::value& element : *array) {
            const json::string* text = element.if_string();
            if (text == nullptr || !is_entry_id({text->data(), text->size()})) return fail();
            out.emplace_back(text->data(), text->size());
        }
    }

private:
    static const json::object& empty() {
        static const json::object none;
        return none;
    }

    [[nodiscard]] const json::value* find(std::string_view name) const {
        return failed_ ? nullptr : object_->if_contains({name.data(), name.size()});
    }

    const json::value* find(std::string_view name, bool required) {
        const json::value* value = find(name);
        if (value == nullptr && required) fail();
        return value;
    }

    json::value value_;
    const json::object* object_ = nullptr;
    bool failed_ = true;
};

}  // namespace

std::string_view name_of(Request::Kind kind) noexcept {
    return kind == Request::Kind::add ? "add" : "remove";
}

std::string encode(const NodeEntry& entry) {
    return json::serialize(json::object{
        {"address", entry.address.text()},
        {"weight", entry.weight},
        {"zone", entry.zone},
        {"version", entry.version},
        {"instance", entry.instance},
        {"load",
         {{"channels", entry.load.channels},
          {"gateways", entry.load.gateways},
          {"messages_per_second", entry.load.messages_per_second},
          {"memory_bytes", entry.load.memory_bytes}}},
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

std::string encode(const Request& request) {
    return json::serialize(json::object{
        {"kind", name_of(request.kind)},
        {"node", request.node},
        {"by", request.by},
        {"at", request.at},
    });
}

std::string encode(const HistoryEntry& entry) {
    return json::serialize(json::object{
        {"request", entry.request},
        {"what", entry.what},
        {"node", entry.node},
        {"by", entry.by},
        {"done", entry.done},
        {"reason", entry.reason},
        {"at", entry.at},
        {"took_ms", entry.took_ms},
        {"view", entry.view},
        {"arcs_moved", entry.arcs_moved},
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
    load.take("messages_per_second", entry.load.messages_per_second);
    load.take("memory_bytes", entry.load.memory_bytes);

    const std::optional<Address> parsed = Address::parse(address);
    if (fields.failed() || load.failed() || !parsed || entry.weight == 0) return std::nullopt;
    if (!is_entry_id(id) || !detail::is_zone(entry.zone)) return std::nullopt;
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

std::optional<Request> parse_request(std::string_view text) {
    Request request;
    Fields fields(text);
    std::string kind;
    fields.take("kind", kind, true);
    fields.take_id("node", request.node, true);
    fields.take("by", request.by);
    fields.take("at", request.at);

    if (fields.failed()) return std::nullopt;
    for (const Request::Kind known : {Request::Kind::add, Request::Kind::remove}) {
        if (kind != name_of(known)) continue;
        request.kind = known;
        return request;
    }
    return std::nullopt;
}

std::optional<HistoryEntry> parse_history_entry(std::string_view text) {
    HistoryEntry entry;
    Fields fields(text);
    fields.take("request", entry.request);
    fields.take("what", entry.what, true);
    fields.take("node", entry.node);
    fields.take("by", entry.by);
    fields.take("done", entry.done, true);
    fields.take("reason", entry.reason);
    fields.take("at", entry.at);
    fields.take("took_ms", entry.took_ms);
    fields.take("view", entry.view);
    fields.take("arcs_moved", entry.arcs_moved);

    if (fields.failed()) return std::nullopt;
    return entry;
}

}  // namespace ringcast::router
