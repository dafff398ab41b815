#include "node_sample.hpp"

#include <charconv>
#include <cstdlib>

namespace ringcast::bench {
namespace {

/// The value of `name:...`, to the end of its line.
std::string_view field(std::string_view info, std::string_view name) {
    const std::string start = "\n" + std::string(name) + ":";
    const auto at = info.find(start);
    if (at == std::string_view::npos) return {};
    const auto rest = info.substr(at + start.size());
    return rest.substr(0, rest.find_first_of("\r\n"));
}

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// `cmdstat_subscribe:calls=12,usec=...`
std::uint64_t calls(std::string_view info, std::string_view command) {
    const auto text = field(info, "cmdstat_" + std::string(command));
    constexpr std::string_view start = "calls=";
    return text.starts_with(start) ? number(text.substr(start.size())) : 0;
}

double seconds(std::string_view text) {
    return std::strtod(std::string(text).c_str(), nullptr);
}

}  // namespace

NodeSample parse_info(std::string_view info) {
    NodeSample sample;
    sample.channels = number(field(info, "pubsub_channels"));
    sample.subscribes = calls(info, "subscribe");
    sample.unsubscribes = calls(info, "unsubscribe");
    sample.scripts = calls(info, "evalsha");
    sample.bytes_in = number(field(info, "total_net_input_bytes"));
    sample.bytes_out = number(field(info, "total_net_output_bytes"));
    sample.cpu_s = seconds(field(info, "used_cpu_user")) + seconds(field(info, "used_cpu_sys"));
    return sample;
}

NodeSample operator-(const NodeSample& later, const NodeSample& earlier) {
    NodeSample difference = later;
    difference.subscribes -= earlier.subscribes;
    difference.unsubscribes -= earlier.unsubscribes;
    difference.scripts -= earlier.scripts;
    difference.bytes_in -= earlier.bytes_in;
    difference.bytes_out -= earlier.bytes_out;
    difference.cpu_s -= earlier.cpu_s;
    return difference;
}

}  // namespace ringcast::bench
