#include "admin_client.hpp"
#include "commands.hpp"
#include "going_on.hpp"
#include "undo.hpp"

#include <unistd.h>

#include <iostream>
#include <memory>
#include <utility>

namespace ringcast::ctl {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Depth = ClusterReader::Depth;
using Whom = Desk::Whom;

namespace {

/// A gateway with a million channels sends eight megabytes.
constexpr auto channels_timeout = 10s;
constexpr auto watch_interval = 500ms;
constexpr int idle_looks_max = 2;  ///< between two steps nothing is proposed for a moment

}  // namespace

asio::awaitable<Report> look(Desk& desk) {
    const CommandLine& line = desk.line;
    const bool history = line.command == Command::history;
    ClusterState state = co_await desk.read(history ? Depth::history : Depth::now);
    if (state.is_empty() && line.command != Command::status) {
        co_return report_no_view(state, line.output);
    }
    switch (line.command) {
        case Command::status:
            co_await desk.ask(state, Whom::leader);
            if (progress_of(state).stage != Progress::Stage::idle) {
                state.told.clear();  // all of them know how far it is
                co_await desk.ask(state, Whom::everybody);
            }
            co_return report_status(state, line.output);
        case Command::requests:
            co_await desk.ask(state, Whom::leader);
            co_return report_requests(state, line.output);
        case Command::pins:
            co_return report_pins(state, line.output);
        case Command::history:
            if (line.undoable) {
                state.history = undoable(state.history);
                if (state.history.empty() && line.output == Output::table) {
                    co_return report_success("Nothing can be taken back.", line.output);
                }
            }
            co_return report_history(state, line.last, line.output);
        case Command::config_get:
            co_return report_settings(state.settings, line.argument, line.output);
        default:
            co_return report_locate(state, line.argument, line.output);
    }
}

asio::awaitable<Report> plan(Desk& desk, router::Request request) {
    const CommandLine& line = desk.line;
    ClusterState state = co_await desk.read(Depth::history);
    if (!state.record) co_return report_no_view(state, line.output);
    if (!state.requests.empty()) co_await desk.ask(state, Whom::leader);
    request = going_on(state, std::move(request));
    Footing footing = footing_of(state, request);
    if (auto refused = report_other_weight(state, footing.record, request, line.output)) {
        co_return *std::move(refused);
    }
    const RingPlan ring = plan_ring(footing.record, state.nodes, request);
    const std::vector<Arcs> arcs = arcs_of_interest(ring);

    const auto within = desk.gateways_within(channels_timeout);
    std::vector<Answer<GatewayChannels>> answers;
    for (const router::GatewayEntry& gateway : state.gateways) {
        answers.emplace_back(desk.executor);
        ask_channels(desk.executor, gateway.id, gateway.admin_url, arcs, within,
                     answers.back().handler());
    }
    std::vector<GatewayChannels> channels;
    for (std::size_t i = 0; i != answers.size(); ++i) {
        desk.awaited = state.gateways[i].id;
        channels.push_back(co_await answers[i].take());
    }
    desk.awaited.clear();

    MovePlan moves = plan_moves(request, ring, channels, state.settings);
    moves.footing = std::move(footing);
    co_return report_plan(moves, line.output);
}

asio::awaitable<Report> watch(Desk& desk) {
    Screen screen(std::cout, STDOUT_FILENO, Screen::Elsewhere::lines);
    std::string last;
    for (int idle = 0; idle < idle_looks_max;) {
        if (screen.is_gone()) {
            co_return Report{"", "ringcastctl: nobody reads the output any more\n",
                             ExitCode::incomplete};
        }
        std::optional<ClusterState> state = co_await desk.look();
        if (!state) {
            idle = 0;
            if (desk.line.output != Output::json) screen.show(no_answer);
            co_await desk.pause(watch_interval);
            continue;
        }
        if (state->is_empty()) co_return report_no_view(*state, desk.line.output);
        co_await desk.ask(*state, Whom::everybody);
        const Progress progress = progress_of(*state);
        idle = progress.at_rest() ? idle + 1 : 0;
        if (desk.line.output == Output::json) {
            const std::string now = progress_json(progress);
            if (std::exchange(last, now) != now) std::cout << now << std::flush;
        } else {
            screen.show(progress);
        }
        if (idle < idle_looks_max) co_await desk.pause(watch_interval);
    }
    screen.keep();
    co_return Report{};
}

asio::awaitable<Report> carry_out(Desk& desk) {
    switch (desk.line.command) {
        case Command::plan:
            return plan(desk, desk.line.request);
        case Command::watch:
            return watch(desk);
        case Command::change:
            return change(desk);
        case Command::undo:
            return undo(desk);
        case Command::cancel:
            return cancel(desk);
        case Command::pause:
        case Command::resume:
        case Command::config_set:
            return configure(desk);
        case Command::drain:
            return drain(desk);
        default:
            return look(desk);
    }
}

}  // namespace ringcast::ctl
