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
    "  /status   view, links and clients as JSON\n";

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
    Object& raw(std::string_view name, std::string_view json) {
        begin(name);
        out_ += json;
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
        .raw("links", list(links, false))
        .done();
}

}  // namespace

AdminPage AdminPages::answer(std::string_view method, std::string_view path,
                             const Snapshot& snapshot) {
    const Readiness readiness = gateway::readiness(snapshot, was_ready_);
    was_ready_ = was_ready_ || readiness.ready();

    constexpr auto json = "application/json";
    if (method != "GET" && method != "HEAD") return {405, json, R"({"error":"only GET"})"};
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
    return {404, json, R"({"error":"no such page; / lists them"})"};
}

}  // namespace ringcast::gateway
