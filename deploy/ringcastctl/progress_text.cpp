#include "progress.hpp"
#include "text_table.hpp"
#include "when_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>

namespace ringcast::ctl {
namespace {

namespace json = boost::json;
using Stage = Progress::Stage;
using State = Progress::Step::State;

constexpr std::size_t bar_width = 30;
constexpr std::size_t gateways_shown_max = 20;
constexpr std::size_t requests_shown_max = 10;

const char* name_of(Stage stage) {
    static constexpr const char* names[] = {"idle", "prepare", "fence", "leave"};
    return names[static_cast<int>(stage)];
}

const char* name_of(State state) {
    static constexpr const char* names[] = {"done", "current", "to come"};
    return names[static_cast<int>(state)];
}

std::string percent_text(double share) {
    return std::to_string(static_cast<int>(share * 100)) + " %";
}

/// "[######....]  60 %"
std::string bar_text(double share, std::size_t width) {
    const std::string percent = percent_text(share);
    return "[" + bar(share, width) + "] " +
           std::string(5 - std::min<std::size_t>(5, percent.size()), ' ') + percent;
}

std::string removal_text(const Progress::Waiting& removal) {
    return removal.what + " is " + removal.state;
}

/// But for the one that the headline tells.
std::vector<std::string> removal_texts(const Progress& progress) {
    std::vector<std::string> texts;
    for (const auto& removal : progress.removals) texts.push_back(removal_text(removal));
    if (progress.idle() && !texts.empty()) texts.erase(texts.begin());
    return texts;
}

std::string headline(const Progress& progress) {
    if (progress.stage == Stage::idle) {
        if (progress.at_rest()) return "nothing to do";
        if (progress.requests == 0) return removal_text(progress.removals.front());
        return (progress.what.empty() ? "unreadable" : progress.what) + ": " + progress.waiting;
    }
    std::string text = progress.what.empty() ? "handoff" : progress.what;
    text += " to view " + std::to_string(progress.view);
    if (progress.steps > 1) {
        text += ", step " + std::to_string(progress.step) + " of " + std::to_string(progress.steps);
    }
    return text + ": " + name_of(progress.stage);
}

/// ", paused: ..."; the headline says it when nothing is handed over.
std::string but(const Progress& progress) {
    if (progress.stage == Stage::idle || progress.waiting.empty()) return "";
    return ", " + progress.waiting;
}

std::string others_text(const Progress& progress) {
    if (progress.others.empty()) return "";
    return " (and " + std::to_string(progress.others.size()) +
           (progress.others.size() == 1 ? " more request)" : " more requests)");
}

double share_of(const Progress::Gateway& gateway) {
    if (gateway.moving == 0) return 1;
    return static_cast<double>(gateway.done) / static_cast<double>(gateway.moving);
}

std::vector<std::string> step_lines(const Progress& progress) {
    if (progress.each_step.empty()) {
        if (progress.stage == Stage::idle) return {};
        std::string line = bar_text(progress.share(), bar_width);
        if (progress.seconds_left) line += "  " + duration_text(*progress.seconds_left) + " left";
        return {std::move(line)};
    }
    std::vector<std::string> lines;
    for (const Progress::Step& step : progress.each_step) {
        const bool current = step.state == State::current;
        const double share = current ? progress.share() : step.state == State::done ? 1 : 0;
        std::string line = bar_text(share, bar_width) + "  to " + std::to_string(step.percent) +
                           " %: " + (current ? name_of(progress.stage) : name_of(step.state));
        const auto seconds = current ? progress.step_seconds_left : step.seconds_left;
        if (seconds && step.state != State::done) {
            line +=
                (current ? ", " : ", about ") + duration_text(*seconds) + (current ? " left" : "");
        }
        lines.push_back(std::move(line));
    }
    if (progress.seconds_left) {
        lines.push_back(duration_text(*progress.seconds_left) + " left in all");
    }
    return lines;
}

std::vector<std::string> gateway_lines(const Progress& progress) {
    std::vector<std::string> lines;
    std::size_t longest = 0;
    for (const auto& gateway : progress.gateways) longest = std::max(longest, gateway.id.size());
    for (const auto& gateway : progress.gateways) {
        if (lines.size() == gateways_shown_max) {
            lines.push_back(
                "  and " + std::to_string(progress.gateways.size() - gateways_shown_max) + " more");
            break;
        }
        std::string line = "  " + gateway.id + std::string(longest - gateway.id.size(), ' ') + "  ";
        if (gateway.trouble.empty()) {
            line += bar_text(share_of(gateway), bar_width - 10) + "  " +
                    std::to_string(gateway.done) + " of " + std::to_string(gateway.moving);
        } else {
            line += gateway.trouble;
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace

std::string bar(double share, std::size_t width) {
    const double part = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
    const auto full = static_cast<std::size_t>(std::floor(part));
    return std::string(full, '#') + std::string(width - full, '.');
}

std::vector<std::string> progress_lines(const Progress& progress, std::size_t width) {
    std::vector<std::string> lines{headline(progress)};
    std::ranges::move(step_lines(progress), std::back_inserter(lines));
    std::ranges::move(gateway_lines(progress), std::back_inserter(lines));
    if (!progress.waiting_for.empty()) {
        lines.push_back("  waiting for " + join(progress.waiting_for));
    }
    if (progress.stage != Stage::idle && !progress.waiting.empty()) {
        lines.push_back("  " + progress.waiting);
    }
    for (const std::string& removal : removal_texts(progress)) lines.push_back("  " + removal);
    std::size_t shown = 0;
    for (const Progress::Waiting& other : progress.others) {
        if (++shown > requests_shown_max) {
            lines.push_back("  and " + std::to_string(progress.others.size() - shown + 1) +
                            " more requests");
            break;
        }
        lines.push_back("  also " + other.what + ": " + other.state);
    }
    for (std::string& line : lines) line.resize(std::min(line.size(), width));
    return lines;
}

std::vector<std::string> lines_that_fit(std::vector<std::string> lines, std::size_t height) {
    if (lines.size() <= height || lines.size() < 2) return lines;
    const std::size_t kept = std::max<std::size_t>(height, 2) - 1;
    const std::size_t more = lines.size() - kept;
    lines.resize(kept);
    if (height > 1) lines.push_back("  and " + std::to_string(more) + " more");
    return lines;
}

std::string progress_line(const Progress& progress) {
    std::string line = headline(progress);
    if (progress.stage != Stage::idle) {
        const int tenth = static_cast<int>(progress.share() * 10) * 10;
        line += ", " + std::to_string(tenth) + " %";
    }
    line += but(progress) + others_text(progress);
    for (const std::string& removal : removal_texts(progress)) line += "; " + removal;
    return line;
}

std::string progress_summary(const Progress& progress) {
    std::string line = headline(progress);
    if (progress.stage != Stage::idle) line += ", " + percent_text(progress.share());
    if (progress.seconds_left) line += ", " + duration_text(*progress.seconds_left) + " left";
    return line + but(progress);
}

std::string progress_json(const Progress& progress) {
    const auto or_null = [](const std::optional<double>& seconds) {
        return seconds ? json::value(*seconds) : json::value();
    };
    json::array gateways;
    for (const auto& gateway : progress.gateways) {
        gateways.push_back(json::object{{"id", gateway.id},
                                        {"moving", gateway.moving},
                                        {"done", gateway.done},
                                        {"trouble", gateway.trouble}});
    }
    json::array each_step;
    for (const auto& step : progress.each_step) {
        each_step.push_back(json::object{
            {"percent", step.percent},
            {"state", name_of(step.state)},
            {"seconds_left", or_null(step.state == State::current ? progress.step_seconds_left
                                                                  : step.seconds_left)}});
    }
    json::array others;
    for (const auto& other : progress.others) {
        others.push_back(json::object{{"what", other.what}, {"state", other.state}});
    }
    json::array removals;
    for (const auto& removal : progress.removals) {
        removals.push_back(json::object{{"node", removal.what}, {"state", removal.state}});
    }
    return json::serialize(json::object{
               {"stage", name_of(progress.stage)},
               {"request", progress.request},
               {"what", progress.what},
               {"view", progress.view},
               {"step", progress.step},
               {"steps", progress.steps},
               {"each_step", std::move(each_step)},
               {"share_percent", 100 * progress.share()},
               {"seconds_left", or_null(progress.seconds_left)},
               {"gateways", std::move(gateways)},
               {"waiting_for", json::value_from(progress.waiting_for)},
               {"waiting", progress.waiting},
               {"requests", progress.requests},
               {"others", std::move(others)},
               {"removals", std::move(removals)},
           }) +
           "\n";
}

}  // namespace ringcast::ctl
