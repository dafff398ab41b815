// Requests, and what history says came of them.

#include "entries_limits.hpp"
#include "json_fields.hpp"
#include "ringcast/router/entries.hpp"

#include <boost/json.hpp>

#include <array>
#include <utility>

namespace ringcast::router {
namespace {

namespace json = boost::json;

using detail::Fields;
using Kind = Request::Kind;

constexpr std::uint16_t minutes_a_day = 24 * 60;
constexpr std::uint32_t quiet_for_max_s = 24 * 60 * 60;
constexpr std::uint32_t all_percent = 100;

constexpr std::array<std::pair<Kind, std::string_view>, 5> kinds{{
    {Kind::add, "add"},
    {Kind::remove, "remove"},
    {Kind::weight, "weight"},
    {Kind::pin, "pin"},
    {Kind::unpin, "unpin"},
}};

bool moves_a_channel(Kind kind) {
    return kind == Kind::pin || kind == Kind::unpin;
}

json::object encode_when(const When& when) {
    switch (when.kind) {
        case When::Kind::now:
            break;
        case When::Kind::window:
            return {{"kind", "window"},
                    {"from", time_of_day_text(when.from)},
                    {"until", time_of_day_text(when.until)}};
        case When::Kind::quiet:
            return {{"kind", "quiet"}, {"below", when.below}, {"for_s", when.for_s}};
    }
    return {{"kind", "now"}};
}

std::optional<When> parse_when(const Fields& request) {
    When when;
    if (!request.has("when")) return when;
    Fields fields(request, "when");
    std::string kind;
    fields.take("kind", kind, true);
    if (kind == "window") {
        std::string from;
        std::string until;
        fields.take("from", from, true);
        fields.take("until", until, true);
        const auto begin = parse_time_of_day(from);
        const auto end = parse_time_of_day(until);
        if (!begin || !end || begin == end) return std::nullopt;
        when = {.kind = When::Kind::window, .from = *begin, .until = *end};
    } else if (kind == "quiet") {
        when.kind = When::Kind::quiet;
        fields.take("below", when.below);
        fields.take("for_s", when.for_s, quiet_for_max_s);
        if (when.below == 0) return std::nullopt;
    } else if (kind != "now") {
        return std::nullopt;
    }
    return fields.failed() ? std::nullopt : std::optional(when);
}

/// What the kind of a request needs is there.
bool is_whole(const Request& request) {
    const bool names_channel =
        !request.channel.empty() && request.channel.size() <= detail::channel_size_max;
    if (moves_a_channel(request.kind) && !names_channel) return false;
    if (request.kind != Kind::unpin && request.node.empty()) return false;
    if (request.kind == Kind::weight && request.weight == 0) return false;
    if (request.kind != Kind::add && !request.pins.empty()) return false;
    return request.steps.empty() || request.steps.back() == all_percent;
}

}  // namespace

std::string_view name_of(Kind kind) noexcept {
    for (const auto& [known, name] : kinds) {
        if (known == kind) return name;
    }
    return "unknown";
}

std::optional<Kind> parse_request_kind(std::string_view name) noexcept {
    for (const auto& [kind, known] : kinds) {
        if (known == name) return kind;
    }
    return std::nullopt;
}

std::optional<std::uint16_t> parse_time_of_day(std::string_view text) noexcept {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    unsigned digits[4] = {};
    for (std::size_t i = 0, at = 0; i != 4; ++i, ++at) {
        if (at == 2) ++at;
        if (text[at] < '0' || text[at] > '9') return std::nullopt;
        digits[i] = static_cast<unsigned>(text[at] - '0');
    }
    const unsigned hours = digits[0] * 10 + digits[1];
    const unsigned minutes = digits[2] * 10 + digits[3];
    if (hours > 23 || minutes > 59) return std::nullopt;
    return static_cast<std::uint16_t>(hours * 60 + minutes);
}

std::string time_of_day_text(std::uint16_t minutes) {
    minutes = static_cast<std::uint16_t>(minutes % minutes_a_day);
    std::string text = "00:00";
    text[0] = static_cast<char>('0' + minutes / 600);
    text[1] = static_cast<char>('0' + minutes / 60 % 10);
    text[3] = static_cast<char>('0' + minutes % 60 / 10);
    text[4] = static_cast<char>('0' + minutes % 10);
    return text;
}

std::string encode(const Request& request) {
    json::object object{{"kind", name_of(request.kind)}, {"by", request.by}, {"at", request.at}};
    if (!request.node.empty()) object["node"] = request.node;
    if (request.weight != 0) object["weight"] = request.weight;
    if (!request.channel.empty()) object["channel"] = request.channel;
    if (!request.undo_of.empty()) object["undo_of"] = request.undo_of;
    object["when"] = encode_when(request.when);
    if (!request.steps.empty())
        object["steps"] = json::array(request.steps.begin(), request.steps.end());
    if (request.rate != 0) object["rate"] = request.rate;
    if (!request.pins.empty())
        object["pins"] = json::array(request.pins.begin(), request.pins.end());
    return json::serialize(object);
}

std::optional<Request> parse_request(std::string_view text) {
    Request request;
    Fields fields(text);
    std::string kind;
    fields.take("kind", kind, true);
    fields.take_id("node", request.node, false);
    fields.take("by", request.by);
    fields.take("at", request.at);
    fields.take("weight", request.weight, detail::weight_max);
    fields.take("channel", request.channel);
    fields.take("undo_of", request.undo_of);
    fields.take_rising("steps", request.steps, all_percent);
    fields.take("rate", request.rate);
    fields.take_channels("pins", request.pins);
    const auto when = parse_when(fields);
    const auto known = parse_request_kind(kind);

    if (fields.failed() || !when || !known) return std::nullopt;
    request.when = *when;
    request.kind = *known;
    return is_whole(request) ? std::optional(std::move(request)) : std::nullopt;
}

std::string encode(const HistoryEntry& entry) {
    json::object object{
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
        {"weight", entry.weight},
        {"weight_before", entry.weight_before},
        {"steps", entry.steps},
        {"phases",
         {{"prepare_ms", entry.phases.prepare_ms},
          {"fence_ms", entry.phases.fence_ms},
          {"leave_ms", entry.phases.leave_ms}}},
        {"gateways", entry.gateways},
        {"started_at", entry.started_at},
    };
    if (!entry.channel.empty()) object["channel"] = entry.channel;
    if (!entry.node_before.empty()) object["node_before"] = entry.node_before;
    if (!entry.pins.empty()) object["pins"] = json::array(entry.pins.begin(), entry.pins.end());
    if (!entry.undo_of.empty()) object["undo_of"] = entry.undo_of;
    return json::serialize(object);
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
    fields.take("channel", entry.channel);
    fields.take("node_before", entry.node_before);
    fields.take_channels("pins", entry.pins);
    fields.take("weight", entry.weight);
    fields.take("weight_before", entry.weight_before);
    fields.take("undo_of", entry.undo_of);
    fields.take("steps", entry.steps);
    fields.take("gateways", entry.gateways);
    fields.take("started_at", entry.started_at);

    Fields phases(fields, "phases");
    phases.take("prepare_ms", entry.phases.prepare_ms);
    phases.take("fence_ms", entry.phases.fence_ms);
    phases.take("leave_ms", entry.phases.leave_ms);

    if (fields.failed() || phases.failed()) return std::nullopt;
    return entry;
}

}  // namespace ringcast::router
