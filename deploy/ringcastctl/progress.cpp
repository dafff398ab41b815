#include "progress.hpp"

#include "when_text.hpp"

#include <algorithm>
#include <cmath>

namespace ringcast::ctl {
namespace {

using Stage = Progress::Stage;

constexpr std::size_t bar_width = 30;
constexpr std::size_t gateways_shown_max = 20;

std::string_view name_of(Stage stage) {
    switch (stage) {
        case Stage::idle:
            return "idle";
        case Stage::prepare:
            return "prepare";
        case Stage::fence:
            return "fence";
        case Stage::leave:
            return "leave";
    }
    return "";
}

Stage stage_named(std::string_view name) {
    for (const Stage stage : {Stage::prepare, Stage::fence, Stage::leave}) {
        if (name == name_of(stage)) return stage;
    }
    return Stage::idle;
}

/// What the znode `view` and the leader say.
void place(const ClusterState& state, Progress& progress) {
    if (state.record && state.record->proposal) {
        const auto& proposal = *state.record->proposal;
        progress.stage = proposal.stage == router::Stage::fence ? Stage::fence : Stage::prepare;
        progress.view = static_cast<std::uint64_t>(proposal.next.number);
        progress.request = state.record->request;
        progress.step = state.record->step + 1;
    }
    const auto* coordination = state.coordination();
    if (coordination == nullptr || !coordination->handoff) return;
    const auto& running = *coordination->handoff;
    if (progress.stage == Stage::idle) {
        progress.stage = stage_named(running.stage);
        progress.view = running.view;
        progress.request = running.request;
    }
    if (running.view != progress.view) return;
    progress.step = std::max<std::uint32_t>(running.step, 1);
    progress.steps = std::max<std::uint32_t>(running.steps, 1);
    for (const std::string& name : running.waiting_for) {
        const auto gateway = state.gateway_ids.find(name);
        progress.waiting_for.push_back(gateway == state.gateway_ids.end() ? name : gateway->second);
    }
}

/// What the gateways say of their own channels.
void count(const ClusterState& state, Progress& progress) {
    for (const GatewayStatus& status : state.told) {
        Progress::Gateway gateway{status.id, status.trouble, 0, 0};
        if (status.handoff && status.handoff->view == progress.view) {
            const auto& handoff = *status.handoff;
            gateway.moving = handoff.moving;
            switch (progress.stage) {
                case Stage::idle:
                    break;
                case Stage::prepare:
                    gateway.done = handoff.prepared;
                    break;
                case Stage::fence:
                    gateway.done = handoff.switched;
                    break;
                case Stage::leave:
                    gateway.done = handoff.left;
                    break;
            }
        }
        gateway.done = std::min(gateway.done, gateway.moving);
        progress.gateways.push_back(std::move(gateway));
    }
}

/// The gateway with the most left decides; what comes after preparing is to leave as many.
std::optional<double> seconds_left(const Progress& progress, std::uint32_t rate) {
    double longest = 0;
    for (const Progress::Gateway& gateway : progress.gateways) {
        if (!gateway.trouble.empty()) return std::nullopt;
        const auto moving = static_cast<double>(gateway.moving);
        double left = static_cast<double>(gateway.moving - gateway.done);
        if (progress.stage == Stage::prepare) left += moving;
        if (progress.stage == Stage::fence) left = moving;
        longest = std::max(longest, left);
    }
    return longest / rate;
}

std::string cut(std::string line, std::size_t width) {
    if (line.size() > width) line.resize(width);
    return line;
}

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string headline(const Progress& progress) {
    if (progress.stage == Stage::idle) {
        if (progress.requests == 0) {
            return progress.waiting.empty() ? "nothing to do" : progress.waiting;
        }
        std::string text =
            progress.what.empty() ? std::to_string(progress.requests) + " requests" : progress.what;
        return text + ": " + (progress.waiting.empty() ? "waiting" : progress.waiting);
    }
    std::string text = progress.what.empty() ? "handoff" : progress.what;
    text += " to view " + std::to_string(progress.view);
    if (progress.steps > 1) {
        text += ", step " + std::to_string(progress.step) + " of " + std::to_string(progress.steps);
    }
    return text + ": " + std::string(name_of(progress.stage));
}

double share_of(const Progress::Gateway& gateway) {
    if (gateway.moving == 0) return 1;
    return static_cast<double>(gateway.done) / static_cast<double>(gateway.moving);
}

}  // namespace

double Progress::share() const {
    std::uint64_t moving = 0;
    std::uint64_t done = 0;
    for (const Gateway& gateway : gateways) {
        moving += gateway.moving;
        done += gateway.done;
    }
    const double part = moving == 0 ? 1 : static_cast<double>(done) / static_cast<double>(moving);
    switch (stage) {
        case Stage::idle:
            return 0;
        case Stage::prepare:
            return 0.5 * part;
        case Stage::fence:
            return 0.5;
        case Stage::leave:
            return 0.5 + 0.5 * part;
    }
    return 0;
}

Progress progress_of(const ClusterState& state) {
    Progress progress;
    progress.requests = state.requests.size();
    place(state, progress);
    const auto* coordination = state.coordination();
    if (coordination != nullptr && progress.requests != 0) progress.waiting = coordination->waiting;
    if (progress.waiting.empty() && state.settings.paused && progress.requests != 0) {
        progress.waiting = "paused: `ringcastctl resume` lets it go on";
    }
    if (state.record && !state.record->removals.empty() && progress.waiting.empty()) {
        const std::string& member = state.record->removals.front().member;
        progress.waiting = member + " is " + state.removal_of(member);
    }
    std::string meant = progress.request;
    if (progress.stage == Stage::idle && progress.requests != 0) {
        // What is between two steps goes on before anything else.
        const auto begun = std::ranges::find_if(state.requests, [&](const QueuedRequest& queued) {
            return state.record && state.record->step != 0 && queued.name == state.record->request;
        });
        meant = begun != state.requests.end() ? begun->name : state.requests.front().name;
    }
    for (const QueuedRequest& queued : state.requests) {
        if (queued.name != meant || !queued.request) continue;
        progress.what = text_of(*queued.request);
        progress.steps = std::max<std::uint32_t>(
            progress.steps,
            static_cast<std::uint32_t>(std::max<std::size_t>(queued.request->steps.size(), 1)));
    }
    if (progress.stage == Stage::idle) return progress;
    count(state, progress);
    std::uint32_t rate = state.settings.subscribe_rate;
    if (state.record && state.record->proposal && state.record->proposal->rate != 0) {
        rate = state.record->proposal->rate;
    }
    progress.seconds_left = seconds_left(progress, rate);
    return progress;
}

std::string bar(double share, std::size_t width) {
    const double part = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
    const auto full = static_cast<std::size_t>(std::floor(part));
    return std::string(full, '#') + std::string(width - full, '.');
}

std::vector<std::string> progress_lines(const Progress& progress, std::size_t width) {
    std::vector<std::string> lines{cut(headline(progress), width)};
    if (progress.stage == Stage::idle) return lines;

    const auto percent = [](double share) {
        const std::string text = std::to_string(static_cast<int>(share * 100)) + " %";
        return std::string(5 - std::min<std::size_t>(5, text.size()), ' ') + text;
    };
    std::string total = "[" + bar(progress.share(), bar_width) + "] " + percent(progress.share());
    if (progress.seconds_left) total += "  " + duration_text(*progress.seconds_left) + " left";
    lines.push_back(cut(total, width));

    std::size_t longest = 0;
    for (const auto& gateway : progress.gateways) longest = std::max(longest, gateway.id.size());
    std::size_t shown = 0;
    for (const auto& gateway : progress.gateways) {
        if (++shown > gateways_shown_max) break;
        std::string line = "  " + gateway.id + std::string(longest - gateway.id.size(), ' ') + "  ";
        if (gateway.trouble.empty()) {
            line += "[" + bar(share_of(gateway), bar_width - 10) + "] " +
                    percent(share_of(gateway)) + "  " + std::to_string(gateway.done) + " of " +
                    std::to_string(gateway.moving);
        } else {
            line += gateway.trouble;
        }
        lines.push_back(cut(line, width));
    }
    if (progress.gateways.size() > gateways_shown_max) {
        lines.push_back("  and " + std::to_string(progress.gateways.size() - gateways_shown_max) +
                        " more");
    }
    if (!progress.waiting_for.empty()) {
        lines.push_back(cut("  waiting for " + join(progress.waiting_for), width));
    }
    return lines;
}

std::string progress_line(const Progress& progress) {
    std::string line = headline(progress);
    if (progress.stage == Stage::idle) return line;
    const int tenth = static_cast<int>(progress.share() * 10) * 10;
    return line + ", " + std::to_string(tenth) + " %";
}

}  // namespace ringcast::ctl
