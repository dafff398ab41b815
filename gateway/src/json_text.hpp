#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::gateway::json {

/// Deeper nesting is refused whatever the caller allows.
inline constexpr std::size_t depth_limit = 512;

/// Checks the JSON value (RFC 8259, in valid UTF-8) that starts at `from`, after any whitespace.
/// The position behind it, or nothing when there is none or it is nested deeper than `depth_max`.
[[nodiscard]] std::optional<std::size_t> check_value(std::string_view text, std::size_t from,
                                                     std::size_t depth_max);

[[nodiscard]] std::size_t skip_whitespace(std::string_view text, std::size_t from) noexcept;

/// A view of one JSON value inside text that was checked, or of nothing. It reads what it is asked
/// for and copies only decoded strings: payloads travel as they came.
class Value {
public:
    Value() = default;

    /// Requires: exactly one value, without whitespace around it, that passed `check_value`.
    explicit Value(std::string_view checked) : text_(checked) {}

    [[nodiscard]] std::string_view text() const noexcept { return text_; }

    /// Not there, or null, which means the same: the zero value.
    [[nodiscard]] bool is_absent() const noexcept { return text_.empty() || text_ == "null"; }
    [[nodiscard]] bool is_object() const noexcept { return text_.starts_with('{'); }
    [[nodiscard]] bool is_array() const noexcept { return text_.starts_with('['); }

    // Nothing when the value is of another type or out of range; absent values are the zero value.
    [[nodiscard]] std::optional<std::string> string() const;
    [[nodiscard]] std::optional<std::int64_t> integer() const;
    [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const;
    [[nodiscard]] std::optional<double> number() const;
    [[nodiscard]] std::optional<bool> boolean() const;

private:
    std::string_view text_;
};

/// Walks the members of a checked object or the elements of a checked array, once.
///
///     for (Members members(object); members.next();) use(members.key(), members.value());
class Members {
public:
    /// Anything but an object or an array has none.
    explicit Members(Value of);

    [[nodiscard]] bool next();
    [[nodiscard]] const std::string& key() const noexcept { return key_; }  ///< decoded; of objects
    [[nodiscard]] Value value() const noexcept { return value_; }

private:
    std::string_view text_;
    std::size_t at_ = 0;
    bool keyed_ = false;
    std::string key_;
    Value value_;
};

/// Appends a string literal with its quotes.
void append_string(std::string& out, std::string_view text);

/// Appends checked JSON without its raw newlines, which may only stand between tokens.
void append_raw(std::string& out, std::string_view checked);

}  // namespace ringcast::gateway::json
