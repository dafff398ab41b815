#include "command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>
#include <string_view>

namespace ringcast::router {
namespace {

constexpr const char* examples =
    "Examples:\n"
    "  ringcast-node --id redis-1 --redis 127.0.0.1:6379\n"
    "  ringcast-node --id redis-2 --redis 127.0.0.1:6379 --advertise 10.0.0.12:6379 --zone rack-b\n"
    "      --zookeeper zk1:2181,zk2:2181,zk3:2181 --redis-password-file /etc/ringcast/redis\n"
    "\n"
    "Exit status: 0 stopped, 1 failed, 2 wrong use, 3 another agent holds this Redis.\n";

/// `500ms`, `6s` or `1m`.
std::optional<std::chrono::milliseconds> parse_time(std::string_view text) {
    std::uint32_t number = 0;
    const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || number == 0) return std::nullopt;
    const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    if (unit == "ms") return std::chrono::milliseconds{number};
    if (unit == "s") return std::chrono::seconds{number};
    if (unit == "m") return std::chrono::minutes{number};
    return std::nullopt;
}

bool is_node_id(std::string_view id) {
    return is_entry_id(id) && std::ranges::all_of(id, [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':';
           });
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, const char* const* argv,
                                     const Surroundings& surroundings) {
    ParsedCommandLine parsed;
    auto& made = parsed.configuration;
    auto& node = made.agent.node;
    const auto fault = [&parsed](std::string text) { parsed.faults.push_back(std::move(text)); };

    std::string redis;
    std::string advertise;
    std::string weight = "100";
    std::string session_timeout = "6s";
    std::string password_file;
    std::string digest_file;

    CLI::App app{
        "ringcast-node keeps one Redis in a Ringcast cluster: it announces the node in ZooKeeper,\n"
        "keeps its lease, reports its load, and withdraws it when Redis or itself ends.\n",
        "ringcast-node"};
    app.add_option("--id", node.id, "name of the node, unique in the cluster (required)");
    app.add_option("--redis", redis, "HOST:PORT of the Redis (required)");
    app.add_option("--advertise", advertise,
                   "HOST:PORT at which gateways reach it, if that is another");
    app.add_option("--redis-user", made.redis_user, "ACL user; default: the default user");
    app.add_option("--redis-password-file", password_file,
                   "file whose first line is the password; also: RINGCAST_REDIS_PASSWORD");
    app.add_option("--zookeeper", made.zookeeper, "HOST:PORT of the servers, commas between them")
        ->capture_default_str();
    app.add_option("--cluster", made.cluster, "name of the cluster")->capture_default_str();
    app.add_option("--digest-file", digest_file,
                   "file whose first line is user:password of a protected ZooKeeper tree");
    app.add_option("--weight", weight, "share of channels, relative to the other nodes")
        ->capture_default_str();
    app.add_option("--zone", node.zone, "failure domain, such as a rack; default: none");
    app.add_option("--session-timeout", session_timeout,
                   "silence after which ZooKeeper forgets the node")
        ->capture_default_str();
    app.add_option("--log-level", made.log_level, "trace, debug, info, warn, error or off")
        ->capture_default_str();
    app.set_version_flag("--version", "ringcast-node 0.1.0");
    app.footer(examples);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            std::ostringstream out;
            std::ostringstream err;
            app.exit(error, out, err);
            parsed.reply = out.str();
            return parsed;
        }
        fault(error.what());
    }

    if (node.id.empty()) {
        fault("--id is missing: give the node a name that is unique in the cluster");
    } else if (!is_node_id(node.id)) {
        fault("--id '" + node.id + "': at most " + std::to_string(id_size_max) +
              " letters, digits and -_.:");
    }
    if (!is_zone(node.zone)) {
        fault("--zone '" + node.zone + "': at most " + std::to_string(id_size_max) +
              " printable characters without blanks");
    }
    if (redis.empty()) {
        fault("--redis is missing: give HOST:PORT of the Redis to keep");
    } else if (const auto address = Address::parse(redis)) {
        made.redis = *address;
        node.address = *address;
    } else {
        fault("--redis '" + redis + "' is not HOST:PORT");
    }
    if (!advertise.empty()) {
        if (const auto address = Address::parse(advertise)) {
            node.address = *address;
        } else {
            fault("--advertise '" + advertise + "' is not HOST:PORT");
        }
    }
    std::uint32_t weight_number = 0;
    const char* const weight_end = weight.data() + weight.size();
    const auto [rest, bad] = std::from_chars(weight.data(), weight_end, weight_number);
    if (bad != std::errc{} || rest != weight_end || weight_number < 1 ||
        weight_number > 1'000'000) {
        fault("--weight '" + weight + "' is not a number from 1 to 1000000");
    }
    node.weight = weight_number;
    if (const auto time = parse_time(session_timeout)) {
        made.session_timeout = *time;
    } else {
        fault("--session-timeout '" + session_timeout + "' is not a time such as 6s or 2500ms");
    }
    if (made.zookeeper.empty()) fault("--zookeeper is empty: give HOST:PORT of its servers");
    if (made.cluster.empty() || made.cluster.find('/') != std::string::npos) {
        fault("--cluster must be a word without '/'");
    }
    constexpr std::string_view levels[] = {"trace", "debug", "info", "warn", "error", "off"};
    if (std::ranges::find(levels, made.log_level) == std::end(levels)) {
        fault("--log-level '" + made.log_level +
              "' is not one of trace, debug, info, warn, error, off");
    }

    if (const auto password = surroundings.variable("RINGCAST_REDIS_PASSWORD")) {
        made.redis_password = *password;
    }
    const auto read = [&](const char* option, const std::string& file, std::string& secret) {
        if (file.empty()) return;
        if (const auto line = surroundings.first_line(file); line && !line->empty()) {
            secret = *line;
        } else {
            fault(std::string(option) + " '" + file + "' cannot be read or is empty");
        }
    };
    read("--redis-password-file", password_file, made.redis_password);
    read("--digest-file", digest_file, made.digest);
    if (!made.digest.empty() && made.digest.find(':') == std::string::npos) {
        fault("--digest-file '" + digest_file + "' does not hold user:password");
    }
    if (!made.redis_user.empty() && made.redis_password.empty()) {
        fault("--redis-user is given without a password");
    }
    return parsed;
}

}  // namespace ringcast::router
