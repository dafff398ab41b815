#include "progress.hpp"

#include "move_plan.hpp"
#include "ringcast/router/plan.hpp"
#include "when_text.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::ctl {
namespace {

using Stage = Progress::Stage;

constexpr std::size_t named_max = 3;  ///< of those who are waited for, in a line
constexpr const char* paused = "paused: `ringcastctl resume` lets it go on";

Stage stage_named(std::string_view name) {
    if (name == "prepare") return Stage::prepare;
    if (name == "fence") return Stage::fence;
    return name == "leave" ? Stage::leave : Stage::idle;
}

/// Gateways under their ids, where their znodes are known; in the order of ids.
std::vector<std::string> waited_for(const ClusterState& state,
                                    const GatewayStatus::Coordination::Running& running) {
    std::vector<std::string> ids;
    for (const std::string& name : running.waiting_for) {
        const auto gateway = state.gateway_ids.find(name);
        ids.push_back(gateway == state.gateway_ids.end() ? name : gateway->second);
    }
    std::ranges::sort(ids);
    return ids;
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
    }
    if (running.view != progress.view) return;
    progress.request = running.request;
    progress.step = std::max<std::uint32_t>(running.step, 1);
    progress.steps = std::max<std::uint32_t>(running.steps, 1);
    progress.waiting_for = waited_for(state, running);
}

/// The stage of a request that is carried out, and who has not done his part.
std::string running_text(const ClusterState& state,
                         const GatewayStatus::Coordination::Running& running) {
    std::string text = running.stage + ", step " + std::to_string(running.step) + " of " +
                       std::to_string(running.steps);
    if (running.stage == "prepare" && state.settings.paused) return text + ", " + paused;
    const std::vector<std::string> ids = waited_for(state, running);
    const std::size_t named = std::min(ids.size(), named_max);
    for (std::size_t i = 0; i != named; ++i) {
        text += (i == 0 ? ", waiting for " : ", ") + ids[i];
    }
    if (named != ids.size()) text += " and " + std::to_string(ids.size() - named) + " more";
    return text;
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

bool is_under_way(const ClusterState& state, const QueuedRequest& queued) {
    return state.record && state.record->step != 0 && queued.name == state.record->request;
}

/// The request that goes on, or else begins, when nothing is handed over: what is between two steps
/// goes before anything else. Requires: there is a request.
std::size_t place_of_first(const ClusterState& state) {
    for (std::size_t i = 0; i != state.requests.size(); ++i) {
        if (is_under_way(state, state.requests[i])) return i;
    }
    return 0;
}

std::uint32_t rate_of(const ClusterState& state, const router::Request* request) {
    if (state.record && state.record->proposal && state.record->proposal->rate != 0) {
        return state.record->proposal->rate;
    }
    if (request != nullptr && request->rate != 0) return request->rate;
    return state.settings.subscribe_rate;
}

/// Of the step that is handed over. The gateway with the most left decides; all begin to leave when
/// all have prepared, and leave as many.
void estimate(const ClusterState& state, std::uint32_t rate, Progress& progress) {
    std::uint64_t left = 0;
    std::uint64_t moving = 0;
    for (const Progress::Gateway& gateway : progress.gateways) {
        if (!gateway.trouble.empty()) return;
        left = std::max(left, gateway.moving - gateway.done);
        moving = std::max(moving, gateway.moving);
    }
    if (progress.stage == Stage::fence) left = 0;
    progress.stage_seconds_left = static_cast<double>(left) / rate;
    const double nodes =
        state.record ? static_cast<double>(state.record->in_force.addresses.size()) : 1;
    // By the default: nobody asks gateways for their batch each half second.
    progress.uncounted_seconds =
        std::min(progress.stage_seconds_left, double{command_channels} * nodes / rate);
    progress.step_seconds_left = progress.stage_seconds_left;
    if (progress.stage != Stage::leave) {
        *progress.step_seconds_left += static_cast<double>(moving) / rate;
    }
}

/// The steps of a request that has begun. What those to come will move is told by the rings that
/// the coordinator will make, and by how many channels each gateway has now.
void list_steps(const ClusterState& state, const router::Request& request, std::uint32_t rate,
                Progress& progress) {
    if (router::steps_of(request) < 2 || !state.record) return;
    const bool handed_over = progress.stage != Stage::idle;
    const std::size_t done = handed_over ? progress.step - 1 : state.record->step;
    for (std::size_t i = 0; i != request.steps.size(); ++i) {
        Progress::Step step;
        step.percent = request.steps[i];
        if (i < done) step.state = Progress::Step::State::done;
        if (i == done && handed_over) step.state = Progress::Step::State::current;
        progress.each_step.push_back(step);
    }

    const auto entries = router::under_way(*state.record);
    const auto open = std::ranges::find(entries, progress.request, &router::HistoryEntry::request);
    if (open == entries.end()) return;
    std::uint64_t channels = 0;
    for (const auto& gateway : state.gateways) channels = std::max(channels, gateway.load.channels);
    router::ViewRecord record = *state.record;
    if (record.proposal) record.in_force = record.proposal->next;
    record.proposal.reset();
    router::HistoryEntry entry = *open;
    for (entry.steps = static_cast<std::uint32_t>(done + (handed_over ? 1 : 0));
         entry.steps < request.steps.size(); ++entry.steps) {
        router::Change change = router::plan_on(record, state.nodes, request, entry);
        if (!change.next) return;
        const double share = static_cast<double>(change.entry.arcs_moved) / ring::arc_count;
        const double moving = share * static_cast<double>(channels);
        progress.each_step[entry.steps].seconds_left = 2 * moving / rate;
        record.in_force = *std::move(change.next);
    }
}

/// Of this step and of those that are to come.
std::optional<double> sum_of_steps(const Progress& progress) {
    std::optional<double> sum = progress.step_seconds_left;
    for (const Progress::Step& step : progress.each_step) {
        if (step.state != Progress::Step::State::to_come) continue;
        if (!sum || !step.seconds_left) return std::nullopt;
        *sum += *step.seconds_left;
    }
    return sum;
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

std::string state_of_request(const ClusterState& state, std::size_t place) {
    const QueuedRequest& queued = state.requests[place];
    const auto* coordination = state.coordination();
    if (coordination != nullptr && coordination->handoff &&
        coordination->handoff->request == queued.name) {
        return running_text(state, *coordination->handoff);
    }
    const bool told = coordination != nullptr && coordination->handoff;
    if (!told && state.record && state.record->proposal && state.record->request == queued.name) {
        if (state.record->proposal->stage == router::Stage::fence) return "fence";
        std::string text = "prepare";
        if (state.settings.paused) text.append(", ").append(paused);
        return text;
    }
    const auto* turn = coordination == nullptr ? nullptr : coordination->turn_of(queued.name);
    if (turn != nullptr && !turn->waits_for.empty()) return turn->waits_for;
    const std::size_t first = place_of_first(state);
    if (turn == nullptr && place != first) {
        return "after " + state.requests[place == 0 ? first : place - 1].name;
    }
    if (!state.coordinator) return "no gateway leads as coordinator: start one";
    if (state.settings.paused) return paused;
    if (coordination == nullptr) return "coordinator " + *state.coordinator + " does not say";
    if (turn != nullptr || coordination->waiting.empty()) return "about to begin";
    return coordination->waiting;
}

Progress progress_of(const ClusterState& state) {
    Progress progress;
    progress.requests = state.requests.size();
    place(state, progress);
    if (progress.stage == Stage::idle && progress.requests != 0) {
        const std::size_t first = place_of_first(state);
        progress.request = state.requests[first].name;
        progress.waiting = state_of_request(state, first);
    } else if (progress.stage == Stage::prepare && state.settings.paused) {
        progress.waiting = paused;
    }
    if (state.record) {
        for (const auto& removal : state.record->removals) {
            progress.removals.push_back({removal.member, state.removal_of(removal.member)});
        }
    }

    const router::Request* asked = nullptr;
    for (std::size_t i = 0; i != state.requests.size(); ++i) {
        const QueuedRequest& queued = state.requests[i];
        const router::Request* request = queued.request ? &*queued.request : nullptr;
        const std::string what = request == nullptr ? "unreadable" : text_of(*request);
        if (queued.name != progress.request) {
            progress.others.push_back({what, state_of_request(state, i)});
            continue;
        }
        progress.what = what;
        asked = request;
        if (request == nullptr) continue;
        progress.steps =
            std::max(progress.steps, static_cast<std::uint32_t>(router::steps_of(*request)));
        if (progress.stage == Stage::idle && !is_under_way(state, queued)) continue;
        list_steps(state, *request, rate_of(state, request), progress);
    }
    if (progress.stage == Stage::idle) return progress;
    count(state, progress);
    estimate(state, rate_of(state, asked), progress);
    if (!progress.waiting.empty()) progress.step_seconds_left.reset();  // until somebody resumes it
    progress.seconds_left = sum_of_steps(progress);
    return progress;
}

void Countdown::count_down(Progress& progress, Time now) {
    using Seconds = std::chrono::duration<double>;
    const auto in = [now](double seconds) {
        return now + std::chrono::duration_cast<Time::duration>(Seconds(seconds));
    };
    const double most = progress.stage_seconds_left;
    if (!progress.step_seconds_left) {
        view_ = 0;
        return;
    }
    if (view_ != progress.view || stage_ != progress.stage) over_ = in(most);
    view_ = progress.view;
    stage_ = progress.stage;
    const double least = most - progress.uncounted_seconds;
    over_ = std::clamp(over_, in(least), in(most));
    const double counted_down = most - Seconds(over_ - now).count();
    progress.stage_seconds_left -= counted_down;
    *progress.step_seconds_left -= counted_down;
    if (progress.seconds_left) *progress.seconds_left -= counted_down;
}

}  // namespace ringcast::ctl
