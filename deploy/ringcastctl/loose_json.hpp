#pragma once

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ringcast::ctl {

// Fields of what a gateway says, or another ringcastctl. Those that are absent or of another kind
// are as good as not said: another version may say more or less.

/// Nothing when it is no such number, or too large for it.
template <typename Number>
[[nodiscard]] std::optional<Number> number_of(const boost::json::value& value) {
    boost::system::error_code error;
    const auto number = value.to_number<Number>(error);
    return error ? std::nullopt : std::optional(number);
}

[[nodiscard]] inline const boost::json::object* object_in(const boost::json::object& from,
                                                          std::string_view name) {
    const boost::json::value* value = from.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

template <typename Number>
[[nodiscard]] Number number_in(const boost::json::object& from, std::string_view name) {
    const boost::json::value* value = from.if_contains(name);
    return value == nullptr ? Number{0} : number_of<Number>(*value).value_or(0);
}

[[nodiscard]] inline std::string text_in(const boost::json::object& from, std::string_view name) {
    const boost::json::value* value = from.if_contains(name);
    const boost::json::string* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

[[nodiscard]] inline bool flag_in(const boost::json::object& from, std::string_view name) {
    const boost::json::value* value = from.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace ringcast::ctl
