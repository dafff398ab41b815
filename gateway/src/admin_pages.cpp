#include "admin_pages.hpp"

#include "metrics.hpp"
#include "ringcast/gateway/protocol.hpp"

namespace ringcast::gateway {
namespace {

constexpr std::string_view directory =
    "ringcast-gateway, for operators:\n"
    "  /health   does it live\n"
    "  /ready    should newcomers come here, and if not, why\n"
    "  /ready/haproxy  the same, as HAProxy wants it: 404 means no newcomers, and those here stay\n"
    "  /metrics  for Prometheus\n"
    "  /status   view, links and clients as JSON\n"
    "  /channels?arcs=FIRST-LENGTH,...  the points of its channels on these arcs, 8 bytes each\n"
    "  /drain?rate=N  (POST) send the clients elsewhere, N a second, and end\n";

constexpr auto json = "application/json";

/// Writes one JSON object, member by member.
class Object {
public:
    Object& text(std::string_view name, std::string_view value) {
        begin(name);
        append_json_string(out_, value);
        return *this;
    }
    Object& number(std::string_view name, std::uint64_t value) {
        return raw(name, std::to_string(value));
    }
    Object& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
    Object& raw(std::string_view name, std::string_view value) {
        begin(name);
        out_ += value;
        return *this;
    }
    [[nodiscard]] std::string done() const { return out_ + '}'; }

private:
    void begin(std::string_view name) {
        if (out_.size() > 1) out_ += ',';
        append_json_string(out_, name);
        out_ += ':';
    }
    std::string out_ = "{";
};

std::string list(const std::vector<std::string>& items, bool quoted) {
    std::string out = "[";
    for (const auto& item : items) {
        if (out.size() > 1) out += ',';
        if (quoted) {
            append_json_string(out, item);
        } else {
            out += item;
        }
    }
    return out + ']';
}

std::string ready_page(const Readiness& readiness) {
    Object page;
    page.flag("ready", readiness.ready()).raw("reasons", list(readiness.reasons, true));
    if (!readiness.remarks.empty()) page.raw("remarks", list(readiness.remarks, true));
    return page.done();
}

/// How far this gateway is with the handoff that runs, or null.
std::string handoff_json(const router::RouterStatus& status) {
    if (!status.handoff) return "null";
    const router::HandoffStatus& handoff = *status.handoff;
    return Object()
        .number("view", static_cast<std::uint64_t>(handoff.view))
        .text("stage", handoff.stage)
        .number("moving", handoff.moving)
        .number("prepared", handoff.prepared)
        .number("switched", handoff.switched)
        .number("left", handoff.left)
        .number("buffered_bytes", handoff.early_bytes)
        .done();
}

/// What this gateway does as coordinator, or null when another one leads.
std::string coordination_json(const router::CoordinatorStatus& status) {
    if (!status.leading) return "null";
    std::string running = "null";
    if (status.handoff) {
        const router::HandoffProgress& handoff = *status.handoff;
        running = Object()
                      .number("view", static_cast<std::uint64_t>(handoff.view))
                      .text("stage", handoff.stage)
                      .text("request", handoff.request)
                      .number("step", handoff.step)
                      .number("steps", handoff.steps)
                      .raw("waiting_for", list(handoff.waiting_for, true))
                      .number("running_ms", static_cast<std::uint64_t>(handoff.running.count()))
                      .done();
    }
    std::vector<std::string> removals;
    for (const router::RemovalProgress& removal : status.removals) {
        removals.push_back(Object()
                               .text("node", removal.node)
                               .text("waits_for", removal.waits_for)
                               .number("left_ms", static_cast<std::uint64_t>(removal.left.count()))
                               .done());
    }
    std::vector<std::string> requests;
    for (const router::RequestProgress& request : status.requests) {
        requests.push_back(Object()
                               .text("name", request.name)
                               .flag("due", request.due)
                               .text("waits_for", request.waits_for)
                               .done());
    }
    return Object()
        .number("view", static_cast<std::uint64_t>(status.view))
        .number("messages_per_second", status.messages_per_second)
        .flag("paused", status.paused)
        .text("waiting", status.waiting)
        .raw("requests", list(requests, false))
        .raw("handoff", running)
        .raw("removals", list(removals, false))
        .done();
}

std::string status_page(const Snapshot& snapshot, const Readiness& readiness) {
    std::vector<std::string> links;
    for (const auto& link : snapshot.router.links) {
        links.push_back(Object()
                            .text("node", link.member)
                            .text("address", link.address)
                            .flag("publishing", link.publishing)
                            .flag("subscribing", link.subscribing)
                            .flag("deaf", link.deaf)
                            .flag("unreachable", link.unreachable)
                            .number("channels", link.channels)
                            .number("unanswered", link.unanswered)
                            .number("reconnects", link.reconnects)
                            .done());
    }
    const auto& server = snapshot.server;
    return Object()
        .text("id", snapshot.id)
        .text("version", snapshot.version)
        .number("uptime", static_cast<std::uint64_t>(snapshot.uptime.count()))
        .flag("ready", readiness.ready())
        .raw("reasons", list(readiness.reasons, true))
        .flag("draining", server.draining)
        .text("session", name_of(snapshot.session.state))
        .flag("announced", snapshot.announced)
        .flag("coordinator", snapshot.coordinator.leading)
        .number("view", static_cast<std::uint64_t>(snapshot.router.view))
        .text("digest", snapshot.router.digest)
        .number("sessions", server.sessions)
        .number("users", server.users)
        .number("subscriptions", server.subscriptions)
        .number("channels", server.channels)
        .number("queue_bytes", server.queue_bytes)
        .number("publishes_held", snapshot.router.publishes_held)
        .raw("handoff", handoff_json(snapshot.router))
        .raw("coordination", coordination_json(snapshot.coordinator))
        .raw("links", list(links, false))
        .done();
}

}  // namespace

AdminPage AdminPages::answer(const AdminRequest& request, const Snapshot& snapshot) {
    const Readiness readiness = gateway::readiness(snapshot, was_ready_);
    was_ready_ = was_ready_ || readiness.ready();

    const std::string_view path = request.path;
    if (path == "/drain") {
        if (request.method != "POST") return {405, json, R"({"error":"only POST"})"};
        return drain(request.query, snapshot);
    }
    if (request.method != "GET" && request.method != "HEAD") {
        return {405, json, R"({"error":"only GET"})"};
    }
    if (path == "/") return {200, "text/plain", std::string(directory)};
    if (path == "/health") return {200, json, "{}"};
    if (path == "/ready") return {readiness.ready() ? 200U : 503U, json, ready_page(readiness)};
    // For `http-check disable-on-404`: after any other failure HAProxy would cut the sessions that
    // a draining gateway means to close one by one.
    if (path == "/ready/haproxy") {
        return {readiness.ready() ? 200U : 404U, json, ready_page(readiness)};
    }
    if (path == "/status") return {200, json, status_page(snapshot, readiness)};
    if (path == "/metrics") {
        return {200, "text/plain; version=0.0.4", metrics_page(snapshot, readiness.ready())};
    }
    if (path == "/channels") return channels(request.query);
    return {404, json, R"({"error":"no such page; / lists them"})"};
}

AdminPage AdminPages::channels(std::string_view query) const {
    std::vector<ArcRun> runs{{0, ring::arc_count}};
    if (const auto arcs = query_value(query, "arcs")) {
        auto parsed = parse_arcs(*arcs);
        if (!parsed) {
            return {400, json,
                    R"({"error":"arcs are FIRST-LENGTH,FIRST-LENGTH,... in ascending order"})"};
        }
        runs = *std::move(parsed);
    }
    AdminPage page{200, "application/octet-stream", {}};
    page.more = ChannelPoints(std::move(runs), controls_.channels);
    page.fields.emplace_back("Ringcast-Subscribe-Batch",
                             std::to_string(controls_.subscribe_batch_max));
    return page;
}

AdminPage AdminPages::drain(std::string_view query, const Snapshot& snapshot) const {
    std::optional<unsigned> rate;
    if (const auto value = query_value(query, "rate")) {
        rate = parse_rate(*value);
        if (!rate) {
            return {400, json,
                    R"({"error":"rate is a number of sessions a second; 0: as fast as it can"})"};
        }
    }
    if (const auto reason = controls_.drain(rate)) {
        return {409, json, Object().text("error", *reason).done()};
    }
    return {202, json,
            Object().flag("draining", true).number("sessions", snapshot.server.sessions).done()};
}

}  // namespace ringcast::gateway
