// Whether text is JSON at all. What passed here is walked by `Value` and `Members` without a
// further look.
#include "json_text.hpp"

#include <array>
#include <bitset>

namespace ringcast::gateway::json {
namespace {

constexpr bool is_whitespace(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Bytes of a string that need no look at what follows: ASCII from space on, but not quote or
// backslash.
constexpr auto plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
    return table;
}();

// A reader over unchecked text: every function returns false at the first fault.
class Checker {
public:
    Checker(std::string_view text, std::size_t at, std::size_t depth_max)
        : text_(text), at_(at), depth_max_(depth_max < depth_limit ? depth_max : depth_limit) {}

    // Without recursion: `objects_[depth]` tells whether the container we are in is an object.
    bool value() {
        while (true) {
            space();
            if (at_end()) return false;
            const char c = text_[at_];
            if (c == '{' || c == '[') {
                if (depth_ == depth_max_) return false;
                objects_[depth_++] = c == '{';
                ++at_;
                space();
                if (at_end()) return false;
                if (text_[at_] != (c == '{' ? '}' : ']')) {
                    if (c == '{' && !key()) return false;
                    continue;
                }
            } else if (!scalar()) {
                return false;
            } else if (depth_ == 0) {
                return true;
            }
            bool more = false;
            if (!close_containers(more)) return false;
            if (!more) return true;
        }
    }

    [[nodiscard]] std::size_t at() const { return at_; }

private:
    // After a value or at the end of an empty container: closes what ends here, until a comma asks
    // for another value (`more`) or the outermost container is closed.
    bool close_containers(bool& more) {
        while (depth_ > 0) {
            space();
            if (at_end()) return false;
            const bool object = objects_[depth_ - 1];
            const char c = text_[at_++];
            if (c == ',') {
                if (object) {
                    space();
                    if (!key()) return false;
                }
                more = true;
                return true;
            }
            if (c != (object ? '}' : ']')) return false;
            --depth_;
        }
        return true;
    }

    bool key() {
        if (at_end() || text_[at_] != '"' || !string()) return false;
        space();
        return take(':');
    }

    bool scalar() {
        switch (text_[at_]) {
            case '"':
                return string();
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return number();
        }
    }

    bool word(std::string_view expected) {
        if (text_.substr(at_, expected.size()) != expected) return false;
        at_ += expected.size();
        return true;
    }

    bool number() {
        take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            if (!digits()) return false;
        }
        return true;
    }

    bool digits() {
        const std::size_t from = at_;
        while (!at_end() && is_digit(text_[at_])) ++at_;
        return at_ > from;
    }

    bool string() {
        ++at_;
        while (!at_end()) {
            const auto c = static_cast<unsigned char>(text_[at_]);
            if (plain[c]) {
                ++at_;
            } else if (c == '"') {
                ++at_;
                return true;
            } else if (c == '\\') {
                if (!escape()) return false;
            } else if (c < 0x20 || !multibyte(c)) {
                return false;
            }
        }
        return false;
    }

    bool escape() {
        ++at_;
        if (at_end()) return false;
        const char c = text_[at_++];
        if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
        for (int i = 0; i < 4; ++i) {
            if (at_end() || !is_hex_digit(text_[at_++])) return false;
        }
        return true;
    }

    // One UTF-8 sequence beyond ASCII: no overlong forms, no surrogates, nothing above U+10FFFF.
    bool multibyte(unsigned char lead) {
        std::size_t length = 0;
        unsigned char low = 0x80;
        unsigned char high = 0xBF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            length = 2;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            length = 3;
            if (lead == 0xE0) low = 0xA0;
            if (lead == 0xED) high = 0x9F;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            length = 4;
            if (lead == 0xF0) low = 0x90;
            if (lead == 0xF4) high = 0x8F;
        } else {
            return false;
        }
        if (text_.size() - at_ < length) return false;
        for (std::size_t i = 1; i < length; ++i) {
            const auto c = static_cast<unsigned char>(text_[at_ + i]);
            if (c < low || c > high) return false;
            low = 0x80;
            high = 0xBF;
        }
        at_ += length;
        return true;
    }

    void space() { at_ = skip_whitespace(text_, at_); }
    [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
    bool take(char c) {
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    std::string_view text_;
    std::size_t at_;
    std::size_t depth_max_;
    std::size_t depth_ = 0;
    std::bitset<depth_limit> objects_;
};

}  // namespace

std::size_t skip_whitespace(std::string_view text, std::size_t from) noexcept {
    while (from < text.size() && is_whitespace(text[from])) ++from;
    return from;
}

std::optional<std::size_t> check_value(std::string_view text, std::size_t from,
                                       std::size_t depth_max) {
    Checker checker(text, from, depth_max);
    if (!checker.value()) return std::nullopt;
    return checker.at();
}

}  // namespace ringcast::gateway::json
