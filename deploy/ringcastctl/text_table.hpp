#pragma once

#include <string>
#include <vector>

namespace ringcast::ctl {

/// Columns of text, each as wide as its widest cell; numbers are aligned to the right.
class TextTable {
public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };

    explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// Requires: a cell for each column.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    [[nodiscard]] bool empty() const { return rows_.empty(); }

    /// The titles and the rows, a line each, without blanks at the end.
    [[nodiscard]] std::string text() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

[[nodiscard]] std::string percent(std::size_t part, std::size_t whole);  ///< "33.33 %"
[[nodiscard]] std::string bytes(std::uint64_t count);                    ///< "1.5 MB"
[[nodiscard]] std::string join(const std::vector<std::string>& words);   ///< "a, b"

}  // namespace ringcast::ctl
