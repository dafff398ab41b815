#include "ringcast/gateway/options.hpp"

#include "channel_pattern.hpp"
#include "json_text.hpp"

#include <algorithm>
#include <set>

namespace ringcast::gateway {
namespace {

using namespace std::chrono_literals;

bool is_namespace_name(const std::string& name) {
    return name.size() >= 2 && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

class Inspector {
public:
    explicit Inspector(std::vector<std::string>& faults) : faults_(faults) {}

    void refuse(bool wrong, std::string fault) {
        if (wrong) faults_.push_back(std::move(fault));
    }

    void not_zero(const char* name, std::size_t value) {
        refuse(value == 0, std::string(name) + " must not be 0");
    }

    void positive(const char* name, std::chrono::milliseconds value) {
        refuse(value <= 0ms, std::string(name) + " must be longer than 0");
        refuse(value > 24h * 365, std::string(name) + " must be shorter than a year");
    }

    void pattern(const NamespaceOptions& space) {
        const auto fault = ChannelPattern::fault(space.channel_pattern);
        if (!fault) return;
        refuse(true, "namespace \"" + space.name +
                         "\": channel_pattern is no regular expression of RE2: " + *fault);
    }

private:
    std::vector<std::string>& faults_;
};

void inspect_namespaces(const Options& options, Inspector& inspector) {
    inspector.refuse(!options.channels_without_namespace.name.empty(),
                     "the options of channels without namespace must not have a name");
    inspector.pattern(options.channels_without_namespace);
    std::set<std::string> names;
    for (const NamespaceOptions& each : options.namespaces) {
        inspector.refuse(
            !is_namespace_name(each.name),
            "namespace \"" + each.name + "\": a name has two or more of [-a-zA-Z0-9_]");
        inspector.refuse(!names.insert(each.name).second,
                         "namespace \"" + each.name + "\" is there twice");
        inspector.pattern(each);
    }
}

void inspect_limits(const LimitOptions& limits, Inspector& inspector) {
    inspector.not_zero("limits.message_bytes_max", limits.message_bytes_max);
    inspector.not_zero("limits.json_depth_max", limits.json_depth_max);
    inspector.refuse(limits.json_depth_max > json::depth_limit,
                     "limits.json_depth_max must be at most " + std::to_string(json::depth_limit));
    inspector.not_zero("limits.channels_per_client_max", limits.channels_per_client_max);
    inspector.not_zero("limits.channel_bytes_max", limits.channel_bytes_max);
    inspector.not_zero("limits.queue_bytes_max", limits.queue_bytes_max);
    inspector.not_zero("limits.connections_max", limits.connections_max);
    inspector.refuse(limits.header_bytes_max < 256, "limits.header_bytes_max must be at least 256");
    inspector.not_zero("limits.body_bytes_max", limits.body_bytes_max);
    inspector.not_zero("limits.inbox_bytes_max", limits.inbox_bytes_max);
}

void inspect_times(const TimeOptions& times, Inspector& inspector) {
    inspector.positive("times.ping_interval", times.ping_interval);
    inspector.refuse(times.ping_interval % 1s != 0ms, "times.ping_interval must be whole seconds");
    inspector.positive("times.pong_timeout", times.pong_timeout);
    inspector.refuse(times.pong_timeout >= times.ping_interval,
                     "times.pong_timeout must be shorter than times.ping_interval");
    inspector.positive("times.connect_timeout", times.connect_timeout);
    inspector.positive("times.subscribe_timeout", times.subscribe_timeout);
    inspector.positive("times.expiry_grace", times.expiry_grace);
    inspector.positive("times.write_timeout", times.write_timeout);
    inspector.positive("times.close_timeout", times.close_timeout);
    inspector.positive("times.request_timeout", times.request_timeout);
    inspector.positive("times.keep_alive", times.keep_alive);
    inspector.positive("times.stop_limit", times.stop_limit);
}

}  // namespace

std::vector<std::string> faults(const Options& options) {
    std::vector<std::string> found;
    Inspector inspector(found);
    inspector.refuse(options.host.empty(), "host must be a numeric address");
    inspector.refuse(options.threads > 63, "threads must be at most 63");
    inspector.refuse(!options.websocket_path.starts_with('/') ||
                         options.websocket_path.find_first_of("?# ") != std::string::npos,
                     "websocket_path must start with / and be a plain path");
    for (const std::string& origin : options.allowed_origins) {
        inspector.refuse(origin.empty(), "allowed_origins: an empty pattern admits nothing");
    }
    inspector.not_zero("closes_at_once_max", options.closes_at_once_max);
    inspect_namespaces(options, inspector);
    inspect_limits(options.limits, inspector);
    inspect_times(options.times, inspector);
    return found;
}

}  // namespace ringcast::gateway
