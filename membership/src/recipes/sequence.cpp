#include "sequence.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ringcast::membership {

std::optional<std::uint64_t> sequence_of(std::string_view name, std::string_view prefix) noexcept {
    constexpr std::size_t digits = 10;
    if (!name.starts_with(prefix) || name.size() < prefix.size() + digits) return std::nullopt;
    const auto tail = name.substr(name.size() - digits);
    if (!std::ranges::all_of(tail, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    std::uint64_t number = 0;
    std::from_chars(tail.data(), tail.data() + tail.size(), number);
    return number;
}

std::vector<std::string> in_sequence(std::vector<std::string> names, std::string_view prefix) {
    std::erase_if(names, [&](const auto& name) { return !sequence_of(name, prefix); });
    std::ranges::sort(names, [&](const auto& a, const auto& b) {
        return std::pair{*sequence_of(a, prefix), a} < std::pair{*sequence_of(b, prefix), b};
    });
    return names;
}

std::string join(std::string_view parent, std::string_view name) {
    std::string path{parent};
    if (!path.ends_with('/')) path += '/';
    return path += name;
}

std::string parent_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == 0 || slash == std::string_view::npos ? "/" : std::string{path.substr(0, slash)};
}

std::string name_of_path(std::string_view path) {
    return std::string{path.substr(path.rfind('/') + 1)};
}

}  // namespace ringcast::membership
