#include "settings.hpp"

#include "setting_values.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace ringcast::gateway {
namespace detail {
namespace {

using detail::read;
using detail::show;

/// An element of `namespaces`, from its own table.
Fault read(const YAML::Node& node, NamespaceOptions& value) {
    if (!node.IsMap()) return not_a(node, "a section");
    NamespaceOptions made;
    for (const auto& pair : node) {
        const std::string name = pair.first.Scalar();
        const auto found =
            std::ranges::find(namespace_table(), name, &Entry<NamespaceOptions>::key);
        if (found == namespace_table().end()) return "has an unknown key '" + name + "'";
        if (auto fault = found->assign(made, pair.second)) return name + " " + *fault;
    }
    if (made.name.empty()) return "has no name";
    value = std::move(made);
    return std::nullopt;
}

Fault read(const YAML::Node& node, std::vector<NamespaceOptions>& value) {
    if (!node.IsSequence()) return not_a(node, "a list of sections");
    std::vector<NamespaceOptions> made;
    for (const auto& item : node) {
        NamespaceOptions one;
        if (auto fault = read(item, one)) {
            return "element " + std::to_string(made.size() + 1) + " " + *fault;
        }
        made.push_back(std::move(one));
    }
    value = std::move(made);
    return std::nullopt;
}

std::string show(const std::vector<NamespaceOptions>& values) {
    const NamespaceOptions initial;
    std::string text = "[";
    for (const auto& value : values) {
        if (text.size() > 1) text += ", ";
        text += "{name: " + detail::show(value.name);
        for (const auto& entry : namespace_table()) {
            const std::string shown = entry.show(value);
            if (entry.key != "name" && shown != entry.show(initial)) {
                text += ", " + entry.key + ": " + shown;
            }
        }
        text += "}";
    }
    return text + "]";
}

/// The entry for the field that `Field` names: an empty lambda from a target to its field.
template <typename Target, typename Field>
Entry<Target> entry(std::string key, std::string_view help, Field) {
    using Value = std::remove_cvref_t<std::invoke_result_t<Field, Target&>>;
    Entry<Target> made{};
    [[maybe_unused]] const bool bytes = key.find("bytes") != std::string::npos;
    made.key = std::move(key);
    made.form = form_of<Value>();
    made.help = help;
    made.assign = [](Target& target, const YAML::Node& value) {
        return read(value, Field{}(target));
    };
    made.show = [](const Target& target) { return show(Field{}(target)); };
    if constexpr (std::unsigned_integral<Value>) {
        if (bytes) {
            made.form = "BYTES";
            made.show = [](const Target& target) { return show_bytes(Field{}(target)); };
        }
    }
    made.list = std::is_same_v<Value, std::vector<std::string>>;
    // Times and router's numbers of zero have no meaning unless one is said.
    made.zero_refused = std::is_same_v<Value, std::chrono::milliseconds>;
    return made;
}

/// The flags of a namespace; `Path` leads from the target to its `NamespaceOptions`.
template <typename Target, typename Path>
void add_channel_flags(std::vector<Entry<Target>>& entries, const std::string& prefix, Path) {
    const auto add = [&](const char* name, std::string_view help, auto field) {
        entries.push_back(entry<Target>(prefix + name, help, field));
    };
    add("subscribe_for_clients", "clients with a user id may subscribe without a token",
        [](auto& t) -> auto& { return Path{}(t).subscribe_for_clients; });
    add("subscribe_for_anonymous", "... also those without a user id; needs subscribe_for_clients",
        [](auto& t) -> auto& { return Path{}(t).subscribe_for_anonymous; });
    add("publish_for_clients", "clients with a user id may publish",
        [](auto& t) -> auto& { return Path{}(t).publish_for_clients; });
    add("publish_for_subscribers", "whoever is subscribed to the channel may publish on it",
        [](auto& t) -> auto& { return Path{}(t).publish_for_subscribers; });
    add("publish_for_anonymous", "the two above also hold for clients without a user id",
        [](auto& t) -> auto& { return Path{}(t).publish_for_anonymous; });
    add("user_limited_channels", "x#42,7 admits the users 42 and 7 and nobody else",
        [](auto& t) -> auto& { return Path{}(t).user_limited_channels; });
    add("channel_pattern",
        "regular expression (RE2) that a whole channel name must match; empty: any",
        [](auto& t) -> auto& { return Path{}(t).channel_pattern; });
}

}  // namespace
}  // namespace detail

namespace {

std::vector<Entry<Configuration>> make_table() {
    std::vector<Entry<Configuration>> all;
    const auto add = [&all](const char* key, std::string_view help, auto field) -> auto& {
        all.push_back(detail::entry<Configuration>(key, help, field));
        return all.back();
    };
    const auto secret = [&add](const char* key, std::string_view help, auto field) {
        add(key, help, field).secret = true;
    };
    const auto positive = [&add](const char* key, std::string_view help, auto field) {
        add(key, help, field).zero_refused = true;
    };
    const auto or_zero = [&add](const char* key, std::string_view help, auto field) {
        add(key, help, field).zero_refused = false;
    };

    add("gateway.id", "name of this gateway, unique in the cluster; empty: host name and port",
        [](auto& c) -> auto& { return c.identity.id; });
    add("gateway.standalone", "one process, without ZooKeeper and Redis",
        [](auto& c) -> auto& { return c.identity.standalone; });
    add("gateway.advertise_url",
        "how clients reach this gateway (ws://host:port/path); empty: made of host name and port",
        [](auto& c) -> auto& { return c.identity.advertise_url; });
    add("gateway.drain_rate", "sessions closed a second by a graceful stop; 0: as fast as it goes",
        [](auto& c) -> auto& { return c.identity.drain_rate; });

    add("server.listen", "the clients' port: a numeric address; port 0 takes any free one",
        [](auto& c) -> auto& { return c.listen; });
    add("server.threads", "threads that serve clients; 0: one for each processor",
        [](auto& c) -> auto& { return c.server.threads; });
    add("server.websocket_path", "where clients connect",
        [](auto& c) -> auto& { return c.server.websocket_path; });
    add("server.allowed_origins",
        "pages that may connect: scheme://host[:port] with * for any characters; * alone: all",
        [](auto& c) -> auto& { return c.server.allowed_origins; });
    add("server.closes_at_once_max", "sessions that a graceful stop closes at the same time",
        [](auto& c) -> auto& { return c.server.closes_at_once_max; });

    add("admin.listen", "the operators' port: /health, /ready, /metrics; keep it off the internet",
        [](auto& c) -> auto& { return c.admin.listen; });
    add("admin.advertise_url", "how operators reach it; empty: made of the address",
        [](auto& c) -> auto& { return c.admin.advertise_url; });

    secret("api.keys", "keys of the HTTP API, any of which opens it; none: it refuses everything",
           [](auto& c) -> auto& { return c.api.keys; });
    add("api.idempotency_window", "a publish with the same idempotency_key is not repeated so long",
        [](auto& c) -> auto& { return c.api.idempotency_window; });
    positive("api.idempotency_entries_max", "so many of them are remembered, the latest",
             [](auto& c) -> auto& { return c.api.idempotency_entries_max; });
    positive("api.broadcast_channels_max", "channels in one broadcast",
             [](auto& c) -> auto& { return c.api.broadcast_channels_max; });
    positive("api.batch_commands_max", "commands in one batch",
             [](auto& c) -> auto& { return c.api.batch_commands_max; });

    add("zookeeper.hosts", "host:port of the ZooKeeper servers, with commas between them",
        [](auto& c) -> auto& { return c.zookeeper.hosts; });
    add("zookeeper.cluster", "name of the cluster: everything is kept under /ringcast/<cluster>",
        [](auto& c) -> auto& { return c.zookeeper.cluster; });
    add("zookeeper.session_timeout", "silence after which this gateway counts as gone",
        [](auto& c) -> auto& { return c.zookeeper.session_timeout; });
    secret("zookeeper.digest", "user:password of a protected tree; empty: an open one",
           [](auto& c) -> auto& { return c.zookeeper.digest; });
    add("zookeeper.digest_file", "a file whose first line is the digest; empty: none",
        [](auto& c) -> auto& { return c.zookeeper.digest_file; });

    add("redis.user", "ACL user at the nodes; empty: the default user",
        [](auto& c) -> auto& { return c.router.node.user; });
    secret("redis.password", "its password; empty: no authentication",
           [](auto& c) -> auto& { return c.router.node.password; });
    add("redis.password_file", "a file whose first line is the password; empty: none",
        [](auto& c) -> auto& { return c.redis_password_file; });
    add("redis.connect_timeout", "for connecting to a node",
        [](auto& c) -> auto& { return c.router.node.connect_timeout; });
    add("redis.answer_timeout", "a command unanswered for so long breaks the link",
        [](auto& c) -> auto& { return c.router.node.answer_timeout; });
    add("redis.probe_interval", "of the probe that shows that messages are delivered",
        [](auto& c) -> auto& { return c.router.node.probe_interval; });
    add("redis.probe_timeout", "a link without a probe for so long is deaf",
        [](auto& c) -> auto& { return c.router.node.probe_timeout; });
    add("redis.backoff_min", "first wait before a link is made again",
        [](auto& c) -> auto& { return c.router.node.backoff_min; });
    add("redis.backoff_max", "longest wait",
        [](auto& c) -> auto& { return c.router.node.backoff_max; });
    positive("redis.reply_bytes_max", "a larger reply breaks the link",
             [](auto& c) -> auto& { return c.router.node.reply_bytes_max; });

    positive("router.channels_per_connection_max", "subscribed through one connection to a node",
             [](auto& c) -> auto& { return c.router.channels_per_connection_max; });
    positive("router.subscribe_batch_max", "channels in one SUBSCRIBE",
             [](auto& c) -> auto& { return c.router.subscribe_batch_max; });
    positive("router.publish_batch_max", "publishes in one call of the script",
             [](auto& c) -> auto& { return c.router.publish_batch_max; });
    positive("router.publishes_in_flight_max", "unanswered at one node; more are held back",
             [](auto& c) -> auto& { return c.router.publishes_in_flight_max; });
    add("router.hold_time_max", "a publish held back for so long fails with a temporary error",
        [](auto& c) -> auto& { return c.router.hold_time_max; });
    positive("router.hold_bytes_max", "held back over all channels",
             [](auto& c) -> auto& { return c.router.hold_bytes_max; });
    or_zero("router.linger", "a channel stays subscribed at its node so long after its last client",
            [](auto& c) -> auto& { return c.router.linger; });
    add("router.unreachable_after", "a node without link for so long is reported to the cluster",
        [](auto& c) -> auto& { return c.router.unreachable_after; });

    positive("coordinator.genesis_nodes_min", "the first view waits for so many nodes",
             [](auto& c) -> auto& { return c.coordinator.genesis_nodes_min; });
    or_zero("coordinator.genesis_settle", "... and for so long without a newcomer",
            [](auto& c) -> auto& { return c.coordinator.genesis_settle; });
    add("coordinator.probe_timeout", "of the direct probe of a suspected node",
        [](auto& c) -> auto& { return c.coordinator.probe_timeout; });
    or_zero("coordinator.death_grace", "a node unreachable for so long is removed from the ring",
            [](auto& c) -> auto& { return c.coordinator.death_grace; });
    positive("coordinator.vanish_percent_max",
             "when more members than this vanish at once nothing is removed: it is the network",
             [](auto& c) -> auto& { return c.coordinator.vanish_percent_max; });
    add("coordinator.ring_seed", "goes into the hash of channels; only the first view heeds it",
        [](auto& c) -> auto& { return c.coordinator.ring_seed; });

    add("admission.insecure", "for tests: no token needed, everything allowed",
        [](auto& c) -> auto& { return c.server.admission.insecure; });
    add("admission.anonymous_without_token", "clients without a token may connect, as user \"\"",
        [](auto& c) -> auto& { return c.server.admission.anonymous_without_token; });
    add("admission.anonymous_with_token", "tokens without sub may connect, as user \"\"",
        [](auto& c) -> auto& { return c.server.admission.anonymous_with_token; });
    add("admission.connections_per_user_max", "on this gateway; 0: no limit",
        [](auto& c) -> auto& { return c.server.admission.connections_per_user_max; });

    secret("tokens.hmac_secret", "of HS256, HS384 and HS512; empty: every token is invalid",
           [](auto& c) -> auto& { return c.server.tokens.hmac_secret; });
    secret("tokens.hmac_secret_previous", "also accepted, while secrets are rotated",
           [](auto& c) -> auto& { return c.server.tokens.hmac_secret_previous; });
    add("tokens.audience", "aud that tokens must have; empty: not looked at",
        [](auto& c) -> auto& { return c.server.tokens.audience; });
    add("tokens.issuer", "iss that tokens must have; empty: not looked at",
        [](auto& c) -> auto& { return c.server.tokens.issuer; });

    detail::add_channel_flags(all, "channels.",
                              [](auto& c) -> auto& { return c.server.channels_without_namespace; });
    auto& namespaces =
        add("namespaces", "what holds for channels name:...; keys: name, and those of channels",
            [](auto& c) -> auto& { return c.server.namespaces; });
    namespaces.form = "LIST OF SECTIONS";

    add("limits.message_bytes_max", "a client's message; larger: close 1009",
        [](auto& c) -> auto& { return c.server.limits.message_bytes_max; });
    add("limits.json_depth_max", "nesting in a client's JSON; deeper: close 3501",
        [](auto& c) -> auto& { return c.server.limits.json_depth_max; });
    add("limits.channels_per_client_max", "more: error 106",
        [](auto& c) -> auto& { return c.server.limits.channels_per_client_max; });
    add("limits.channel_bytes_max", "a longer name: error 107",
        [](auto& c) -> auto& { return c.server.limits.channel_bytes_max; });
    add("limits.queue_bytes_max", "waiting for one client; more: it is slow, close 3008",
        [](auto& c) -> auto& { return c.server.limits.queue_bytes_max; });
    add("limits.commands_per_second", "of one client; more: close 3013; 0: no limit",
        [](auto& c) -> auto& { return c.server.limits.commands_per_second; });
    add("limits.publishes_per_second", "of one client; more: error 111; 0: no limit",
        [](auto& c) -> auto& { return c.server.limits.publishes_per_second; });
    add("limits.connections_max", "on the clients' port; more: 503",
        [](auto& c) -> auto& { return c.server.limits.connections_max; });
    add("limits.connections_per_address_max", "more: 503; 0: no limit (a proxy is one address)",
        [](auto& c) -> auto& { return c.server.limits.connections_per_address_max; });
    add("limits.accepts_per_second", "WebSocket handshakes; more: 503; 0: no limit",
        [](auto& c) -> auto& { return c.server.limits.accepts_per_second; });
    add("limits.header_bytes_max", "of an HTTP request; more: 431",
        [](auto& c) -> auto& { return c.server.limits.header_bytes_max; });
    add("limits.body_bytes_max", "of an HTTP request; more: 413",
        [](auto& c) -> auto& { return c.server.limits.body_bytes_max; });
    add("limits.inbox_bytes_max",
        "from the nodes to one thread; beyond it subscribers are told that messages were lost",
        [](auto& c) -> auto& { return c.server.limits.inbox_bytes_max; });

    add("times.ping_interval", "whole seconds; clients are told, and reconnect without pings",
        [](auto& c) -> auto& { return c.server.times.ping_interval; });
    add("times.pong_timeout", "below ping_interval; close 3012",
        [](auto& c) -> auto& { return c.server.times.pong_timeout; });
    add("times.connect_timeout", "from the handshake to a successful connect; close 3502",
        [](auto& c) -> auto& { return c.server.times.connect_timeout; });
    add("times.subscribe_timeout", "a subscribe not confirmed for so long: error 100",
        [](auto& c) -> auto& { return c.server.times.subscribe_timeout; });
    add("times.expiry_grace", "for a refresh after a token's expiry; close 3005",
        [](auto& c) -> auto& { return c.server.times.expiry_grace; });
    add("times.write_timeout", "a write that takes longer: close 3009",
        [](auto& c) -> auto& { return c.server.times.write_timeout; });
    add("times.close_timeout", "for the client's part in closing",
        [](auto& c) -> auto& { return c.server.times.close_timeout; });
    add("times.request_timeout", "to read one HTTP request, also a handshake",
        [](auto& c) -> auto& { return c.server.times.request_timeout; });
    add("times.keep_alive", "of an idle HTTP connection",
        [](auto& c) -> auto& { return c.server.times.keep_alive; });
    add("times.stop_limit",
        "of a stop by a signal; who is left shortly before is sent away at once",
        [](auto& c) -> auto& { return c.server.times.stop_limit; });

    add("log.level", "trace, debug, info, warn, error or off",
        [](auto& c) -> auto& { return c.log.level; });
    return all;
}

}  // namespace

const std::vector<Entry<Configuration>>& table() {
    static const std::vector<Entry<Configuration>> made = make_table();
    return made;
}

const std::vector<Entry<NamespaceOptions>>& namespace_table() {
    static const std::vector<Entry<NamespaceOptions>> made = [] {
        std::vector<Entry<NamespaceOptions>> all;
        all.push_back(detail::entry<NamespaceOptions>(
            "name", "what stands before the first colon of a channel's name",
            [](auto& n) -> auto& { return n.name; }));
        detail::add_channel_flags(all, "", [](auto& n) -> auto& { return n; });
        return all;
    }();
    return made;
}

}  // namespace ringcast::gateway
