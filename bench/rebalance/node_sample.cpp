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

/// One answer at the front: "$<length>\r\n<bytes>\r\n", or "-<what is wrong>\r\n".
struct Answer {
    std::optional<std::string_view> text;  ///< of a bulk; from the end of its first line on
    std::size_t bytes = 0;                 ///< it takes
};

/// Nothing: it has not come wholly.
std::optional<Answer> next_answer(std::string_view from) {
    const auto line = from.find("\r\n");
    if (line == std::string_view::npos) return std::nullopt;
    if (from.front() != '$') return Answer{std::nullopt, line + 2};
    const std::size_t bytes = line + 2 + number(from.substr(1)) + 2;
    if (from.size() < bytes) return std::nullopt;
    return Answer{from.substr(line, bytes - line), bytes};
}

}  // namespace

bool is_whole_answer(std::string_view answer) {
    const auto info = next_answer(answer);
    return info && next_answer(answer.substr(info->bytes));
}

NodeSample parse_answer(std::string_view answer) {
    const auto info = next_answer(answer);
    if (!info || !info->text) return {};
    NodeSample sample = parse_info(*info->text);
    const auto clients = next_answer(answer.substr(info->bytes));
    if (clients && clients->text) sample.subscriptions = subscriptions_of(*clients->text);
    return sample;
}

std::uint64_t subscriptions_of(std::string_view clients) {
    constexpr std::string_view field_start = " sub=";
    std::uint64_t sum = 0;
    for (auto at = clients.find(field_start); at != std::string_view::npos;
         at = clients.find(field_start, at + 1)) {
        sum += number(clients.substr(at + field_start.size()));
    }
    return sum;
}

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
