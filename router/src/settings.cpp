#include "ringcast/router/settings.hpp"

#include "json_fields.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace ringcast::router {
namespace {

namespace json = boost::json;

using detail::Fields;

using Number = std::uint32_t ClusterSettings::*;
using MaybeNumber = std::optional<std::uint32_t> ClusterSettings::*;
using Flag = bool ClusterSettings::*;

struct Setting {
    std::string_view name;
    std::variant<Flag, Number, MaybeNumber> member;
    std::uint32_t min = 0;
    std::uint32_t max = 0;
};

constexpr std::uint32_t day_s = 24 * 60 * 60;

constexpr std::array<Setting, 8> known{{
    {"paused", &ClusterSettings::paused, 0, 0},
    {"subscribe_rate", &ClusterSettings::subscribe_rate, 1, 10'000'000},
    {"prepare_seconds_max", &ClusterSettings::prepare_seconds_max, 1, day_s},
    {"leave_seconds_max", &ClusterSettings::leave_seconds_max, 1, day_s},
    {"death_grace_ms", &ClusterSettings::death_grace_ms, 1, 600'000},
    {"vanish_percent_max", &ClusterSettings::vanish_percent_max, 1, 100},
    {"flap_window_s", &ClusterSettings::flap_window_s, 1, 30 * day_s},
    {"flap_count_max", &ClusterSettings::flap_count_max, 1, 1'000},
}};

void take(Fields& fields, const Setting& setting, ClusterSettings& into) {
    if (const Flag* flag = std::get_if<Flag>(&setting.member)) {
        fields.take(setting.name, into.**flag);
    } else if (const Number* number = std::get_if<Number>(&setting.member)) {
        fields.take(setting.name, into.**number, setting.max, setting.min);
    } else if (fields.has(setting.name)) {
        auto& value = into.*std::get<MaybeNumber>(setting.member);
        fields.take(setting.name, value.emplace(), setting.max, setting.min);
    }
}

/// Nothing when the setting has no value of its own.
std::optional<json::value> value_of(const Setting& setting, const ClusterSettings& of) {
    if (const Flag* flag = std::get_if<Flag>(&setting.member)) return json::value(of.**flag);
    if (const Number* number = std::get_if<Number>(&setting.member)) {
        return json::value(of.**number);
    }
    const auto& value = of.*std::get<MaybeNumber>(setting.member);
    return value ? std::optional(json::value(*value)) : std::nullopt;
}

std::string names() {
    std::string text;
    for (const Setting& setting : known) {
        text += (text.empty() ? "" : ", ") + std::string(setting.name);
    }
    return text;
}

std::optional<json::object> parse_object(std::string_view text) {
    if (text.empty()) return json::object{};
    if (text.size() > detail::entry_size_max) return std::nullopt;
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

/// Nothing when the text does not say a value that this setting can have.
std::optional<json::value> parse_value(const Setting& setting, std::string_view text) {
    if (std::holds_alternative<Flag>(setting.member)) {
        if (text != "true" && text != "false") return std::nullopt;
        return json::value(text == "true");
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (number < setting.min || number > setting.max) return std::nullopt;
    return json::value(number);
}

}  // namespace

std::optional<ClusterSettings> parse_settings(std::string_view text) {
    ClusterSettings settings;
    if (text.empty()) return settings;
    Fields fields(text);
    for (const Setting& setting : known) take(fields, setting, settings);
    return fields.failed() ? std::nullopt : std::optional(settings);
}

std::string encode(const ClusterSettings& settings) {
    json::object object;
    for (const Setting& setting : known) {
        if (auto value = value_of(setting, settings)) object[setting.name] = *std::move(value);
    }
    return json::serialize(object);
}

std::vector<std::pair<std::string, std::string>> describe(const ClusterSettings& settings) {
    std::vector<std::pair<std::string, std::string>> lines;
    for (const Setting& setting : known) {
        const auto value = value_of(setting, settings);
        lines.emplace_back(setting.name, value ? json::serialize(*value) : std::string{});
    }
    return lines;
}

std::variant<std::string, SettingRefused> change_setting(std::string_view text,
                                                         std::string_view name,
                                                         std::string_view value) {
    const auto setting = std::ranges::find(known, name, &Setting::name);
    if (setting == known.end()) {
        return SettingRefused{"there is no setting '" + std::string(name) + "' (there are " +
                              names() + ")"};
    }
    std::optional<json::object> object = parse_object(text);
    if (!object) return SettingRefused{"what the znode holds is not a JSON object"};
    if (value.empty()) {
        object->erase(name);
    } else if (auto parsed = parse_value(*setting, value)) {
        (*object)[name] = *std::move(parsed);
    } else if (std::holds_alternative<Flag>(setting->member)) {
        return SettingRefused{std::string(name) + " is true or false"};
    } else {
        return SettingRefused{std::string(name) + " is a whole number from " +
                              std::to_string(setting->min) + " to " + std::to_string(setting->max)};
    }
    return json::serialize(*object);
}

}  // namespace ringcast::router
