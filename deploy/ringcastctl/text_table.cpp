#include "text_table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ringcast::ctl {
namespace {

std::string format(const char* pattern, double value) {
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), pattern, value);
    return buffer.data();
}

}  // namespace

std::string TextTable::text() const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i != columns_.size(); ++i) {
        std::size_t width = columns_[i].title.size();
        for (const auto& row : rows_) width = std::max(width, row[i].size());
        widths.push_back(width);
    }

    std::string text;
    const auto add_line = [&](const auto& cell) {
        std::string line;
        for (std::size_t i = 0; i != columns_.size(); ++i) {
            const std::string& content = cell(i);
            const std::string padding(widths[i] - content.size(), ' ');
            if (i != 0) line += "  ";
            line += columns_[i].align == Align::left ? content + padding : padding + content;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    };
    add_line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
    for (const auto& row : rows_)
        add_line([&](std::size_t i) -> const std::string& { return row[i]; });
    return text;
}

std::string percent(std::size_t part, std::size_t whole) {
    return format("%.2f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string bytes(std::uint64_t count) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
    auto value = static_cast<double>(count);
    std::size_t unit = 0;
    for (; value >= 1'000 && unit + 1 != units.size(); ++unit) value /= 1'000;
    return format(unit == 0 ? "%.0f " : "%.1f ", value) + units[unit];
}

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace ringcast::ctl
