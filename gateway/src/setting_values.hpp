#pragma once

#include "configuration.hpp"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::gateway::detail {

/// How a value of each type of field is read from YAML and written again. `read` answers a fault,
/// a phrase that follows the quoted value, or nothing.
using Fault = std::optional<std::string>;

inline Fault not_a(const YAML::Node& node, std::string_view what) {
    if (node.IsNull()) return "has no value; leave the line out for the default";
    if (node.IsSequence()) return "is a list where " + std::string(what) + " is wanted";
    if (node.IsMap()) return "is a section where " + std::string(what) + " is wanted";
    return "'" + node.Scalar() + "' is not " + std::string(what);
}

inline Fault read(const YAML::Node& node, std::string& value) {
    if (!node.IsScalar()) return not_a(node, "a text");
    value = node.Scalar();
    return std::nullopt;
}

inline Fault read(const YAML::Node& node, bool& value) {
    const std::string_view text = node.IsScalar() ? std::string_view(node.Scalar()) : "";
    if (text == "true" || text == "yes" || text == "on" || text == "1") {
        value = true;
    } else if (text == "false" || text == "no" || text == "off" || text == "0") {
        value = false;
    } else {
        return not_a(node, "true or false");
    }
    return std::nullopt;
}

/// A whole number, with KiB, MiB or GiB behind it if need be.
template <std::unsigned_integral Number>
Fault read(const YAML::Node& node, Number& value) {
    constexpr std::string_view what = "a whole number in range (KiB, MiB and GiB may follow it)";
    if (!node.IsScalar()) return not_a(node, what);
    const std::string_view text = node.Scalar();
    std::uint64_t number = 0;
    const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{}) return not_a(node, what);
    const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    unsigned shift = 0;
    if (unit == "KiB") {
        shift = 10;
    } else if (unit == "MiB") {
        shift = 20;
    } else if (unit == "GiB") {
        shift = 30;
    } else if (!unit.empty()) {
        return not_a(node, what);
    }
    if (number > (std::uint64_t{std::numeric_limits<Number>::max()} >> shift)) {
        return not_a(node, what);
    }
    value = static_cast<Number>(number << shift);
    return std::nullopt;
}

/// `500ms`, `25s`, `5m`, `1h`; a bare 0 is allowed, other bare numbers leave the unit open.
inline Fault read(const YAML::Node& node, std::chrono::milliseconds& value) {
    constexpr std::string_view what = "a time such as 500ms, 25s, 5m or 1h";
    if (!node.IsScalar()) return not_a(node, what);
    const std::string_view text = node.Scalar();
    std::uint32_t number = 0;
    const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{}) return not_a(node, what);
    const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    if (unit == "ms" || (unit.empty() && number == 0)) {
        value = std::chrono::milliseconds{number};
    } else if (unit == "s") {
        value = std::chrono::seconds{number};
    } else if (unit == "m") {
        value = std::chrono::minutes{number};
    } else if (unit == "h") {
        value = std::chrono::hours{number};
    } else {
        return not_a(node, what);
    }
    return std::nullopt;
}

inline Fault read(const YAML::Node& node, Endpoint& value) {
    constexpr std::string_view what = "host:port (IPv6 in brackets)";
    if (!node.IsScalar()) return not_a(node, what);
    const std::string_view text = node.Scalar();
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return not_a(node, what);
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return not_a(node, what);
    }
    std::uint16_t number = 0;
    const auto [rest, fault] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (fault != std::errc{} || rest != port.data() + port.size() || host.empty()) {
        return not_a(node, what);
    }
    value = {std::string(host), number};
    return std::nullopt;
}

inline Fault read(const YAML::Node& node, std::vector<std::string>& value) {
    if (!node.IsSequence()) return not_a(node, "a list of texts");
    std::vector<std::string> read;
    for (const auto& item : node) {
        if (!item.IsScalar()) return "holds something that is not a text";
        read.push_back(item.Scalar());
    }
    value = std::move(read);
    return std::nullopt;
}

/// Quoted when YAML would otherwise read something else.
inline std::string show(const std::string& value) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.:-";
    const bool bare = !value.empty() && value.find_first_not_of(plain) == std::string::npos &&
                      value.front() != '-' && value.front() != ':' && value.back() != ':';
    if (bare) return value;
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

inline std::string show(bool value) {
    return value ? "true" : "false";
}

template <std::unsigned_integral Number>
std::string show(Number value) {
    return std::to_string(value);
}

template <std::unsigned_integral Number>
std::string show_bytes(Number value) {
    constexpr std::uint64_t kibi = 1'024;
    const std::uint64_t number = value;
    if (number >= kibi * kibi && number % (kibi * kibi) == 0) {
        return std::to_string(number / kibi / kibi) + "MiB";
    }
    if (number >= kibi && number % kibi == 0) return std::to_string(number / kibi) + "KiB";
    return std::to_string(number);
}

inline std::string show(std::chrono::milliseconds value) {
    const auto count = value.count();
    if (count != 0 && count % 60'000 == 0) return std::to_string(count / 60'000) + "m";
    if (count % 1'000 == 0) return std::to_string(count / 1'000) + "s";
    return std::to_string(count) + "ms";
}

inline std::string show(const Endpoint& value) {
    const bool brackets = value.host.find(':') != std::string::npos;
    const std::string text =
        (brackets ? "[" + value.host + "]" : value.host) + ":" + std::to_string(value.port);
    return show(text);
}

inline std::string show(const std::vector<std::string>& values) {
    std::string text = "[";
    for (const auto& value : values) {
        if (text.size() > 1) text += ", ";
        text += show(value);
    }
    return text + "]";
}

template <typename Field>
constexpr std::string_view form_of() {
    if constexpr (std::same_as<Field, bool>) return "true|false";
    if constexpr (std::unsigned_integral<Field>) return "NUMBER";
    if constexpr (std::same_as<Field, std::chrono::milliseconds>) return "TIME";
    if constexpr (std::same_as<Field, Endpoint>) return "HOST:PORT";
    if constexpr (std::same_as<Field, std::vector<std::string>>) return "LIST";
    return "TEXT";
}

}  // namespace ringcast::gateway::detail
