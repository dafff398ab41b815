#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::bench {

/// What is drawn over time: panels below each other with one axis of seconds, phases as bands
/// behind all of them, moments as marks.
struct Timeline {
    struct Line {
        std::string label;
        std::vector<std::pair<double, double>> points;  ///< second and value, by second
        bool dots = false;  ///< each point for itself: what is seldom, and not in between
    };
    struct Panel {
        std::string title;  ///< with the unit
        std::vector<Line> lines;
        bool logarithmic = false;  ///< values of zero and less are left out
    };
    struct Band {
        double from = 0;
        double to = 0;
        std::string label;
    };
    struct Marks {
        std::string label;
        std::vector<double> at;
    };

    std::string title;
    double from = 0;
    double to = 1;
    std::vector<Panel> panels;
    std::vector<Band> bands;
    Marks marks;
};

/// A whole SVG document: no scripts, no fonts of its own, nothing fetched.
[[nodiscard]] std::string svg_of(const Timeline& timeline);

/// What is wrong with the name of a file for a picture, in a sentence; nothing: it says .svg or
/// .png.
[[nodiscard]] std::optional<std::string> fault_in_picture(const std::filesystem::path& file);

}  // namespace ringcast::bench
