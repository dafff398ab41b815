#include "control_words.hpp"

#include <algorithm>
#include <charconv>

namespace ringcast::router {
namespace {

/// Takes the word up to the next space, or all that is left.
std::string_view take_word(std::string_view& words) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    return word;
}

std::optional<std::uint64_t> take_number(std::string_view& words) {
    const std::string_view word = take_word(words);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return number;
}

}  // namespace

std::optional<ControlWords> parse_control(std::string_view words) {
    const std::string_view kind = take_word(words);
    ControlWords said;
    if (kind == "probe") {
        said.gateway = take_word(words);
        const auto number = take_number(words);
        if (said.gateway.empty() || !number || *number == 0) return std::nullopt;
        said.probe = *number;
    } else if (kind != "fence") {
        return std::nullopt;
    }
    const auto fence = take_number(words);
    if (!fence) return std::nullopt;
    const auto other = take_number(words);
    if (!other) return std::nullopt;
    said.fence = said.former = ViewNumber{*fence};
    (kind == "fence" ? said.former : said.view) = ViewNumber{*other};
    return said;
}

}  // namespace ringcast::router
