#pragma once

#include "errands.hpp"
#include "line.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace ringcast::membership {

/// One's own place in a line, for as long as this lives, and a look at who is first: all that an
/// election and a lock have in common, which is all but their names.
class PlaceInLine {
public:
    using FirstHandler = std::function<void(std::error_code, std::optional<std::string> data)>;

    PlaceInLine(Znodes& znodes, Scheduler& scheduler, Line::Options options, std::string data,
                Line::Observer observer);
    ~PlaceInLine();
    PlaceInLine(const PlaceInLine&) = delete;
    PlaceInLine& operator=(const PlaceInLine&) = delete;

    [[nodiscard]] Line& line() { return *line_; }

    /// What the first entry says; nothing when there is none.
    void read_first(FirstHandler handler);

private:
    std::string path_;
    std::string prefix_;
    std::shared_ptr<Line> line_;
    Errands errands_;
};

}  // namespace ringcast::membership
