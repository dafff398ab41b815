#include "json_text.hpp"

#include <charconv>

namespace ringcast::gateway::json {
namespace {

constexpr bool is_whitespace(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
// Requires: a hexadecimal digit.
constexpr int hex_digit(char c) {
    if (c <= '9') return c - '0';
    return (c | 0x20) - 'a' + 10;
}

// All of these walk text that passed `check_value`, so they look for no faults.

std::size_t end_of_string(std::string_view text, std::size_t at) {
    for (++at; text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
    }
    return at + 1;
}

std::size_t end_of_value(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    while (true) {
        const char c = text[at];
        if (c == '"') {
            at = end_of_string(text, at);
            if (depth == 0) return at;
            continue;
        }
        if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            if (--depth == 0) return at + 1;
        } else if (depth == 0) {
            while (at < text.size() && !is_whitespace(text[at]) &&
                   std::string_view(",]}").find(text[at]) == std::string_view::npos) {
                ++at;
            }
            return at;
        }
        ++at;
    }
}

void append_utf8(std::string& out, std::uint32_t point) {
    const auto byte = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
    if (point < 0x80) {
        byte(point);
    } else if (point < 0x800) {
        byte(0xC0U | (point >> 6U));
        byte(0x80U | (point & 0x3FU));
    } else if (point < 0x10000) {
        byte(0xE0U | (point >> 12U));
        byte(0x80U | ((point >> 6U) & 0x3FU));
        byte(0x80U | (point & 0x3FU));
    } else {
        byte(0xF0U | (point >> 18U));
        byte(0x80U | ((point >> 12U) & 0x3FU));
        byte(0x80U | ((point >> 6U) & 0x3FU));
        byte(0x80U | (point & 0x3FU));
    }
}

std::uint32_t four_hex_digits(std::string_view text, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value * 16 + static_cast<std::uint32_t>(hex_digit(text[at + i]));
    }
    return value;
}

// `at` is behind "\u"; moves it behind the code point. Half a surrogate pair becomes U+FFFD.
std::uint32_t code_point(std::string_view text, std::size_t& at) {
    const std::uint32_t first = four_hex_digits(text, at);
    at += 4;
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first <= 0xDBFF && text.substr(at, 2) == "\\u") {
        const std::uint32_t second = four_hex_digits(text, at + 2);
        if (second >= 0xDC00 && second <= 0xDFFF) {
            at += 6;
            return 0x10000 + ((first - 0xD800) << 10U) + (second - 0xDC00);
        }
    }
    return 0xFFFD;
}

// `literal` has its quotes.
std::string decoded(std::string_view literal) {
    const std::string_view text = literal.substr(1, literal.size() - 2);
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '\\') {
            out.push_back(text[at++]);
            continue;
        }
        const char kind = text[at + 1];
        at += 2;
        switch (kind) {
            case 'b':
                out.push_back('\b');
                break;
            case 'f':
                out.push_back('\f');
                break;
            case 'n':
                out.push_back('\n');
                break;
            case 'r':
                out.push_back('\r');
                break;
            case 't':
                out.push_back('\t');
                break;
            case 'u':
                append_utf8(out, code_point(text, at));
                break;
            default:
                out.push_back(kind);
        }
    }
    return out;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

std::optional<std::string> Value::string() const {
    if (is_absent()) return std::string();
    if (!text_.starts_with('"')) return std::nullopt;
    return decoded(text_);
}

std::optional<std::int64_t> Value::integer() const {
    if (is_absent()) return 0;
    return parse_number<std::int64_t>(text_);
}

std::optional<std::uint64_t> Value::unsigned_integer() const {
    if (is_absent()) return 0;
    return parse_number<std::uint64_t>(text_);
}

std::optional<double> Value::number() const {
    if (is_absent()) return 0.0;
    return parse_number<double>(text_);
}

std::optional<bool> Value::boolean() const {
    if (is_absent() || text_ == "false") return false;
    if (text_ == "true") return true;
    return std::nullopt;
}

Members::Members(Value of) {
    if (!of.is_object() && !of.is_array()) return;
    text_ = of.text();
    keyed_ = of.is_object();
    at_ = 1;
}

bool Members::next() {
    if (text_.empty()) return false;
    at_ = skip_whitespace(text_, at_);
    if (text_[at_] == ',') at_ = skip_whitespace(text_, at_ + 1);
    if (text_[at_] == '}' || text_[at_] == ']') return false;
    if (keyed_) {
        const std::size_t end = end_of_string(text_, at_);
        key_ = decoded(text_.substr(at_, end - at_));
        at_ = skip_whitespace(text_, skip_whitespace(text_, end) + 1);  // behind the colon
    }
    const std::size_t end = end_of_value(text_, at_);
    value_ = Value(text_.substr(at_, end - at_));
    at_ = end;
    return true;
}

void append_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            constexpr std::string_view digits = "0123456789abcdef";
            out += "\\u00";
            out.push_back(digits[static_cast<unsigned char>(c) >> 4U]);
            out.push_back(digits[static_cast<unsigned char>(c) & 15U]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

void append_raw(std::string& out, std::string_view checked) {
    for (std::size_t at = 0; at < checked.size();) {
        const std::size_t newline = checked.find('\n', at);
        if (newline == std::string_view::npos) {
            out += checked.substr(at);
            return;
        }
        out += checked.substr(at, newline - at);
        at = newline + 1;
    }
}

}  // namespace ringcast::gateway::json
