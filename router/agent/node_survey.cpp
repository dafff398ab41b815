#include "node_survey.hpp"

#include <algorithm>
#include <charconv>

namespace ringcast::router {
namespace {

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Cuts the first line off `text`, without its line end.
std::string_view next_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// The value of ` name=value` in a line of CLIENT LIST or of a command's statistics.
std::string_view pair_value(std::string_view line, std::string_view name) {
    while (!line.empty()) {
        const auto end = std::min(line.find_first_of(" ,"), line.size());
        const std::string_view pair = line.substr(0, end);
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            return pair.substr(name.size() + 1);
        }
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return {};
}

std::uint64_t two_digits(std::uint64_t value) {
    if (value < 10) return 0;  // probes and chance
    std::uint64_t unit = 1;
    while (value / unit >= 100) unit *= 10;
    return (value + unit / 2) / unit * unit;
}

}  // namespace

std::string_view info_field(std::string_view info, std::string_view name) {
    while (!info.empty()) {
        const std::string_view line = next_line(info);
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
            return line.substr(name.size() + 1);
        }
    }
    return {};
}

std::string_view gateway_of(std::string_view connection_name) {
    constexpr std::string_view prefix = "ringcast:";
    if (!connection_name.starts_with(prefix)) return {};
    connection_name.remove_prefix(prefix.size());
    const auto colon = connection_name.rfind(':');  // an id may hold colons (host:port)
    return colon == std::string_view::npos ? std::string_view{} : connection_name.substr(0, colon);
}

agent_event::Surveyed NodeSurvey::take(std::string_view info, std::string_view clients, Time now) {
    agent_event::Surveyed surveyed;
    while (!clients.empty()) {
        const auto gateway = gateway_of(pair_value(next_line(clients), "name"));
        if (!gateway.empty()) surveyed.gateways.emplace(gateway);
    }

    auto& load = surveyed.load;
    load.gateways = surveyed.gateways.size();
    load.channels = number(info_field(info, "pubsub_channels"));
    if (load.channels > 0 && load.gateways > 0) --load.channels;  // the control channel

    constexpr std::uint64_t mebi = 1U << 20U;
    load.memory_bytes = (number(info_field(info, "used_memory")) + mebi / 2) / mebi * mebi;

    const auto published = number(pair_value(info_field(info, "cmdstat_publish"), "calls"));
    if (last_at_ && now > *last_at_ && published >= last_published_) {
        const auto seconds = std::chrono::duration<double>(now - *last_at_).count();
        const auto rate =
            static_cast<std::uint64_t>(static_cast<double>(published - last_published_) / seconds);
        const auto probes = load.gateways;  // about one a second each
        load.messages_per_second = two_digits(rate > probes ? rate - probes : 0);
    }
    last_at_ = now;
    last_published_ = published;
    return surveyed;
}

}  // namespace ringcast::router
