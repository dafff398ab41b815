#include "timeline_file.hpp"

#include "child_process.hpp"

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace ringcast::bench {
namespace {

/// The SVG is 960 pixels wide, with letters of 11: twice that is sharp on a screen.
constexpr const char* convert = "rsvg-convert --format=png --zoom=2 --output=";

std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

bool write_svg(const std::string& svg, const std::filesystem::path& file) {
    std::ofstream out(file);
    out << svg;
    return static_cast<bool>(out.flush());
}

bool write_png(const std::string& svg, const std::filesystem::path& file) {
    std::FILE* const pipe = ::popen((convert + quoted(file.string())).c_str(), "w");
    if (pipe == nullptr) return false;
    const bool written = std::fwrite(svg.data(), 1, svg.size(), pipe) == svg.size();
    return ::pclose(pipe) == 0 && written;
}

}  // namespace

std::optional<std::string> missing_for(const std::filesystem::path& file) {
    const auto folder = file.parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder)) {
        return "cannot write " + file.string() + ": there is no folder " + folder.string();
    }
    if (file.extension() == ".png" && !test::is_installed("rsvg-convert")) {
        return "a .png is drawn by rsvg-convert, which is not installed: install librsvg2-bin, or "
               "name a file that ends in .svg";
    }
    return std::nullopt;
}

void draw(const Timeline& timeline, const std::filesystem::path& file) {
    const std::string svg = svg_of(timeline);
    const bool written = file.extension() == ".png" ? write_png(svg, file) : write_svg(svg, file);
    if (!written) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace ringcast::bench
