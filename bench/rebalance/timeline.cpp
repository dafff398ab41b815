#include "timeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace ringcast::bench {
namespace {

constexpr double width = 960;
constexpr double left = 70;
constexpr double right = 190;  // the legend's
constexpr double top = 60;
constexpr std::size_t band_label_rows = 3;
constexpr double panel_height = 150;
constexpr double panel_gap = 34;
constexpr double plot_width = width - left - right;

constexpr std::array line_colours{"#1b6ca8", "#d1495b", "#2e8b57", "#b8860b",
                                  "#6a4c93", "#00798c", "#8d5524", "#555555"};
constexpr std::array band_colours{"#dbe9f4", "#fbe3c0", "#e3efda"};

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return text.data();
}

/// "0.1", "250", "1.5k", "2M".
std::string short_number(double value) {
    const char* unit = "";
    for (const char* larger : {"k", "M", "G"}) {
        if (std::abs(value) < 999.5) break;
        value /= 1'000;
        unit = larger;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g%s", value, unit);
    return text.data();
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                if (static_cast<unsigned char>(c) >= ' ') out += c;
        }
    }
    return out;
}

/// The next of 1, 2 and 5 times a power of ten.
double round_step(double least) {
    const double power = std::pow(10, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= least) return factor * power;
    }
    return 10 * power;
}

/// How values become heights in one panel.
struct Scale {
    double low = 0;
    double high = 1;
    bool logarithmic = false;

    explicit Scale(const Timeline::Panel& panel) : logarithmic(panel.logarithmic) {
        double least = 0;
        double most = 0;
        for (const auto& line : panel.lines) {
            for (const auto& [at, value] : line.points) {
                if (logarithmic && value <= 0) continue;
                least = least == 0 ? value : std::min(least, value);
                most = std::max(most, value);
            }
        }
        if (logarithmic) {
            low = std::floor(std::log10(least > 0 ? least : 1));
            high = std::max(low + 1, std::ceil(std::log10(most > 0 ? most : 1)));
        } else {
            high = most > 0 ? round_step(most / 5) * 5 : 1;
        }
    }

    /// 0 at the bottom, 1 at the top.
    [[nodiscard]] double of(double value) const {
        const double shown = logarithmic ? std::log10(value) : value;
        return (shown - low) / (high - low);
    }

    [[nodiscard]] std::vector<double> ticks() const {
        std::vector<double> values;
        if (logarithmic) {
            for (double power = low; power <= high; ++power) values.push_back(std::pow(10, power));
        } else {
            for (int i = 0; i <= 5; ++i) values.push_back(high * i / 5);
        }
        return values;
    }
};

class Drawing {
public:
    explicit Drawing(const Timeline& timeline) : timeline_(timeline) {}

    std::string svg() {
        const auto panels = static_cast<double>(timeline_.panels.size());
        bottom_ = top + panels * panel_height + std::max(0.0, panels - 1) * panel_gap;
        const double height = bottom_ + 60;
        out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(width) +
               "\" height=\"" + number(height) + "\" viewBox=\"0 0 " + number(width) + " " +
               number(height) + "\" font-family=\"sans-serif\" font-size=\"11\">\n" +
               "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
        text(left, 18, "start", timeline_.title, 14);
        draw_bands();
        for (std::size_t i = 0; i < timeline_.panels.size(); ++i) {
            draw_panel(timeline_.panels[i],
                       top + static_cast<double>(i) * (panel_height + panel_gap));
        }
        draw_marks();
        draw_seconds();
        return std::move(out_) + "</svg>\n";
    }

private:
    [[nodiscard]] double x(double second) const {
        const double span = std::max(1e-9, timeline_.to - timeline_.from);
        return left + plot_width * std::clamp((second - timeline_.from) / span, 0.0, 1.0);
    }

    void text(double at_x, double at_y, const char* anchor, const std::string& what,
              int size = 11) {
        out_ += "<text x=\"" + number(at_x) + "\" y=\"" + number(at_y) + "\" text-anchor=\"" +
                anchor + "\" font-size=\"" + std::to_string(size) + "\">" + escaped(what) +
                "</text>\n";
    }

    void line(double x1, double y1, double x2, double y2, const char* colour) {
        out_ += "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) +
                "\" y2=\"" + number(y2) + "\" stroke=\"" + colour + "\"/>\n";
    }

    void draw_bands() {
        for (std::size_t i = 0; i < timeline_.bands.size(); ++i) {
            const auto& band = timeline_.bands[i];
            const double from = x(band.from);
            const double breadth = std::max(1.0, x(band.to) - from);
            out_ += "<rect x=\"" + number(from) + "\" y=\"" + number(top) + "\" width=\"" +
                    number(breadth) + "\" height=\"" + number(bottom_ - top) + "\" fill=\"" +
                    band_colours[i % band_colours.size()] + "\"/>\n";
            // Short phases stand close to each other: their names take turns in height, and none
            // of a handoff's three is written over another.
            text(from, top - 4 - 12 * static_cast<double>(i % band_label_rows), "start",
                 band.label);
        }
    }

    void draw_panel(const Timeline::Panel& panel, double y0) {
        const Scale scale(panel);
        const auto y = [&](double value) { return y0 + panel_height * (1 - scale.of(value)); };
        for (const double tick : scale.ticks()) {
            line(left, y(tick), left + plot_width, y(tick), "#dddddd");
            text(left - 6, y(tick) + 4, "end", short_number(tick));
        }
        text(left + plot_width + 12, y0 + 8, "start", panel.title, 12);
        for (std::size_t i = 0; i < panel.lines.size(); ++i) {
            const char* colour = line_colours[i % line_colours.size()];
            std::string points;
            for (const auto& [at, value] : panel.lines[i].points) {
                if (panel.logarithmic && value <= 0) continue;
                if (panel.lines[i].dots) {
                    out_ += "<circle cx=\"" + number(x(at)) + "\" cy=\"" + number(y(value)) +
                            "\" r=\"2.5\" fill=\"" + colour + "\"/>\n";
                } else {
                    points += number(x(at)) + "," + number(y(value)) + " ";
                }
            }
            if (!points.empty())
                out_ += "<polyline fill=\"none\" stroke-width=\"1.3\" stroke=\"" +
                        std::string(colour) + "\" points=\"" + points + "\"/>\n";
            const double spacing =
                std::min(14.0, (panel_height - 20) / static_cast<double>(panel.lines.size()));
            const double at_y = y0 + 26 + spacing * static_cast<double>(i);
            line(left + plot_width + 12, at_y - 4, left + plot_width + 28, at_y - 4, colour);
            text(left + plot_width + 33, at_y, "start", panel.lines[i].label);
        }
    }

    void draw_marks() {
        if (timeline_.marks.at.empty()) return;
        for (const double at : timeline_.marks.at) {
            line(x(at), bottom_ + 2, x(at), bottom_ + 10, "#d1495b");
        }
        text(left + plot_width + 12, bottom_ + 10, "start", timeline_.marks.label);
    }

    void draw_seconds() {
        const double step = round_step(std::max(1e-3, (timeline_.to - timeline_.from) / 12));
        for (double at = std::ceil(timeline_.from / step) * step; at <= timeline_.to; at += step) {
            line(x(at), bottom_, x(at), bottom_ + 4, "#555555");
            text(x(at), bottom_ + 24, "middle", short_number(std::abs(at) < step / 2 ? 0 : at));
        }
        line(left, bottom_, left + plot_width, bottom_, "#555555");
        text(left + plot_width / 2, bottom_ + 44, "middle", "seconds");
    }

    const Timeline& timeline_;
    double bottom_ = 0;
    std::string out_;
};

}  // namespace

std::string svg_of(const Timeline& timeline) {
    return Drawing(timeline).svg();
}

std::optional<std::string> fault_in_picture(const std::filesystem::path& file) {
    if (file.extension() == ".svg" || file.extension() == ".png") return std::nullopt;
    return "a timeline is drawn into a file that ends in .svg or .png, not '" + file.string() + "'";
}

}  // namespace ringcast::bench
