#include "when_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <system_error>

namespace ringcast::ctl {
namespace {

using router::Request;
using router::When;

constexpr std::uint32_t day = 86'400;
constexpr std::size_t steps_max = 20;

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

std::optional<When> parse_window(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto from = router::parse_time_of_day(text.substr(0, dash));
    const auto until = router::parse_time_of_day(text.substr(dash + 1));
    if (!from || !until || *from == *until) return std::nullopt;
    When when;
    when.kind = When::Kind::window;
    when.from = *from;
    when.until = *until;
    return when;
}

std::optional<std::uint64_t> parse_message_rate(std::string_view text) {
    if (text.ends_with("/s")) text.remove_suffix(2);
    const auto rate = parse_number<std::uint64_t>(text);
    return rate && *rate != 0 ? rate : std::nullopt;
}

std::optional<std::uint32_t> parse_seconds(std::string_view text) {
    std::uint32_t unit = 1;
    if (text.ends_with('s')) {
        text.remove_suffix(1);
    } else if (text.ends_with('m')) {
        unit = 60;
        text.remove_suffix(1);
    } else if (text.ends_with('h')) {
        unit = 3'600;
        text.remove_suffix(1);
    }
    const auto count = parse_number<std::uint32_t>(text);
    if (!count || *count > day / unit) return std::nullopt;
    return *count * unit;
}

std::optional<std::vector<std::uint32_t>> parse_steps(std::string_view text) {
    std::vector<std::uint32_t> steps;
    while (true) {
        const std::string_view step = text.substr(0, text.find(','));
        const auto percent = parse_number<std::uint32_t>(step);
        const std::uint32_t before = steps.empty() ? 0 : steps.back();
        if (!percent || *percent <= before || *percent > 100) return std::nullopt;
        steps.push_back(*percent);
        if (step.size() == text.size()) break;
        text.remove_prefix(step.size() + 1);
    }
    if (steps.back() != 100 || steps.size() > steps_max) return std::nullopt;
    return steps;
}

std::string text_of(const When& when) {
    switch (when.kind) {
        case When::Kind::now:
            return "";
        case When::Kind::window:
            return "between " + router::time_of_day_text(when.from) + " and " +
                   router::time_of_day_text(when.until) + " UTC";
        case When::Kind::quiet:
            return "when below " + std::to_string(when.below) + " messages/s for " +
                   std::to_string(when.for_s) + " s";
    }
    return "";
}

std::string text_of(const Request& request) {
    std::string text(name_of(request.kind));
    switch (request.kind) {
        case Request::Kind::add:
            text += " " + request.node;
            if (request.weight != 0) text += " with weight " + std::to_string(request.weight);
            if (!request.pins.empty()) {
                text += (request.weight != 0 ? " and " : " with ") +
                        std::to_string(request.pins.size()) +
                        (request.pins.size() == 1 ? " pin" : " pins");
            }
            break;
        case Request::Kind::remove:
            text += " " + request.node;
            break;
        case Request::Kind::weight:
            text += " of " + request.node + " to " + std::to_string(request.weight);
            break;
        case Request::Kind::pin:
            text += " " + request.channel + " to " + request.node;
            break;
        case Request::Kind::unpin:
            text += " " + request.channel;
            break;
    }
    if (request.steps.size() > 1) {
        text += " in steps of";
        for (std::size_t i = 0; i != request.steps.size(); ++i) {
            text += (i == 0 ? " " : ", ") + std::to_string(request.steps[i]);
        }
        text += " %";
    }
    if (const std::string when = text_of(request.when); !when.empty()) text += " " + when;
    if (request.rate != 0) text += " at " + std::to_string(request.rate) + " channels/s";
    return text;
}

bool same_wish(const Request& a, const Request& b) {
    Request same = b;
    same.by = a.by;
    same.at = a.at;
    return a == same;
}

std::string duration_text(double seconds) {
    std::array<char, 64> buffer{};
    if (seconds < 99.95) {
        std::snprintf(buffer.data(), buffer.size(), "%.1f s", seconds);
        return buffer.data();
    }
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 3'600) {
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    }
    return std::to_string(whole / 3'600) + " h " + std::to_string(whole % 3'600 / 60) + " min";
}

std::string date_text(std::int64_t unix_seconds) {
    const auto seconds = static_cast<std::time_t>(unix_seconds);
    std::tm parts{};
    if (::gmtime_r(&seconds, &parts) == nullptr) return "-";
    std::array<char, 64> buffer{};
    std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return buffer.data();
}

}  // namespace ringcast::ctl
