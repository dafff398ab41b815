#include "asking.hpp"
#include "commands.hpp"
#include "footing.hpp"
#include "going_on.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/random_id.hpp"
#include "undo.hpp"
#include "when_text.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace ringcast::ctl {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Depth = ClusterReader::Depth;
using Whom = Desk::Whom;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_interval = 500ms;
constexpr milliseconds look_limit_min = 1s;  ///< what answers at all has answered by then
/// Without a word on how long: then it is time to see whether anybody will ever do it.
constexpr milliseconds doubt_after = 15s;
constexpr milliseconds cancel_patience = 30s;
constexpr int looks_gone_max = 4;

/// What came of a request: its entry in history, or that it was taken back before it began, or
/// neither as yet.
struct Ending {
    std::optional<router::HistoryEntry> entry;
    bool taken_back = false;
    bool silent = false;  ///< neither: ZooKeeper did not answer when patience ended
};

/// Looks twice a second at how far it is, and shows what it saw to `go_on`, which says whether to
/// wait on where patience has no limit. A ZooKeeper that does not answer is waited for.
template <typename GoOn>
asio::awaitable<Ending> await_ending(Desk& desk, std::string name,
                                     std::optional<milliseconds> patience, GoOn go_on) {
    Answer<router::HistoryEntry> answer(desk.executor);
    const Outcome outcome(desk.znodes, desk.scheduler, name, answer.handler());
    Screen screen(std::cerr, STDERR_FILENO, Screen::Elsewhere::nothing);
    const auto begin = std::chrono::steady_clock::now();
    const auto waited = [begin] {
        return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
    };
    int looks_gone = 0;
    while (!co_await answer.within(look_interval)) {
        auto limit = std::chrono::duration_cast<milliseconds>(Desk::look_limit);
        if (patience) limit = std::clamp(*patience - waited(), look_limit_min, limit);
        std::optional<ClusterState> state = co_await desk.look(limit);
        if (state) {
            const bool begun = state->record && state->record->request == name;
            looks_gone = outcome.gone() && !begun ? looks_gone + 1 : 0;
            if (looks_gone == looks_gone_max) co_return Ending{std::nullopt, true, false};
            co_await desk.ask(*state, Whom::everybody);
            screen.show(progress_of(*state));
        } else {
            looks_gone = 0;  // what is watched may be older than what was seen last
            screen.show(no_answer);
        }
        const bool wanted = !state || go_on(*state, waited());
        const bool goes_on = patience ? waited() < *patience : wanted;
        if (!goes_on && !co_await answer.within(0ms)) co_return Ending{std::nullopt, false, !state};
    }
    co_return Ending{std::move(answer.value()), false, false};
}

/// Patience has ended, and what is known is what was known before.
Report report_silent(const Desk& desk) {
    return report_failure("not done in time, and " + std::string(no_answer) + ": " + desk.so_far,
                          ExitCode::timed_out, desk.line.output);
}

/// Until history tells what came of it, or patience ends.
asio::awaitable<Report> await_outcome(Desk& desk, std::string name, const router::When& when) {
    const CommandLine& line = desk.line;
    const bool without_end = when.kind != router::When::Kind::now;
    ClusterState last;
    const auto go_on = [&](const ClusterState& state, milliseconds waited) {
        last = state;
        return without_end || waited < doubt_after || (state.coordinator && state.record);
    };
    const Ending ending = co_await await_ending(desk, name, line.timeout, go_on);
    if (ending.silent) co_return report_silent(desk);
    if (ending.entry) {
        router::HistoryEntry entry = *ending.entry;
        if (!entry.done) {
            const std::optional<ClusterState> after = co_await desk.look();
            if (after) entry.reason = after->with_gateway_ids(std::move(entry.reason));
        }
        co_return report_change(entry, line.output);
    }
    if (ending.taken_back) co_return report_taken_back(name, line.output);
    co_return report_waiting(name, last, line.output);
}

/// Asks for it, under the lock, unless it is asked for already.
asio::awaitable<Report> request(Desk& desk, Locked& locked, const router::Request& request) {
    const Asked asked = co_await ask(desk, locked, request);
    if (asked.already) std::cerr << "asked for already: " << asked.name << "\n";
    const std::string& name = asked.name;
    co_await release(desk, locked);
    if (desk.line.detach) co_return report_detached(name, request, desk.line.output);
    co_return co_await await_outcome(desk, name, request.when);
}

/// What takes the change back that the command line names, in the way it says.
asio::awaitable<Undo> look_for_undo(Desk& desk) {
    ClusterState state = co_await desk.read(Depth::history);
    if (!state.requests.empty()) co_await desk.ask(state, Whom::leader);
    co_return undo_now(state, desk.line.argument, desk.line.request);
}

Report report_no_undo(const Undo& undo, Output output) {
    if (undo.done) return report_success("Nothing to do: " + undo.reason + ".", output);
    return report_failure(undo.reason, ExitCode::refused, output);
}

/// Takes a request from the queue; nothing said when it is not there any more.
asio::awaitable<void> remove(Desk& desk, const std::string& name) {
    membership::Queue queue(desk.znodes, desk.scheduler,
                            {std::string(router::paths::requests), "r-", membership::random_id()});
    Answer<std::error_code> removed(desk.executor);
    queue.remove(name, removed.handler());
    const std::error_code error = co_await desk.patiently(removed);
    if (error) throw std::system_error(error);
}

}  // namespace

asio::awaitable<Report> change(Desk& desk) {
    const CommandLine& line = desk.line;
    const ClusterState before = co_await desk.read();
    if (!before.record) co_return report_no_view(before, line.output);
    Locked locked = co_await take_lock(desk, text_of(line.request));
    if (!locked.lock) co_return report_locked(locked.holder, line.output);

    const ClusterState state = co_await desk.read(Depth::history);
    const router::Request wish = going_on(state, line.request);
    if (auto refused = report_other_weight(state, footing_of(state, wish).record, wish,
                                           line.output)) {
        co_await release(desk, locked);
        co_return *std::move(refused);
    }
    if (wish.kind != line.request.kind) {
        std::cerr << wish.node << " is a member since an addition that was given up half-way: "
                  << "going on to weight " << wish.weight << "\n";
    }
    co_return co_await request(desk, locked, wish);
}

asio::awaitable<Report> undo(Desk& desk) {
    const CommandLine& line = desk.line;
    const ClusterState before = co_await desk.read();
    if (!before.record) co_return report_no_view(before, line.output);
    if (line.dry_run) {
        const Undo inverse = co_await look_for_undo(desk);
        if (!inverse.request) co_return report_no_undo(inverse, line.output);
        co_return co_await plan(desk, *inverse.request);
    }
    const std::string which = line.argument.empty() ? "" : " " + line.argument;
    Locked locked = co_await take_lock(desk, "undo" + which);
    if (!locked.lock) co_return report_locked(locked.holder, line.output);

    const Undo inverse = co_await look_for_undo(desk);
    if (inverse.request) co_return co_await request(desk, locked, *inverse.request);
    co_await release(desk, locked);
    co_return report_no_undo(inverse, line.output);
}

asio::awaitable<Report> cancel(Desk& desk) {
    const CommandLine& line = desk.line;
    const std::string& name = line.argument;
    const ClusterState before = co_await desk.read(Depth::history);
    if (std::ranges::count(before.requests, name, &QueuedRequest::name) == 0) {
        co_return report_not_cancelled(before.history, name, line.output);
    }
    desk.so_far = name + " may have been taken from the queue: see `ringcastctl requests`";
    co_await remove(desk, name);
    desk.so_far = name + " is taken from the queue: `ringcastctl history` tells what came of it";

    // A handoff that has begun is given up, or goes on to its end: history will tell.
    const auto patience = line.timeout.value_or(cancel_patience);
    const Ending ending = co_await await_ending(
        desk, name, patience, [](const ClusterState&, milliseconds) { return true; });
    if (ending.silent) co_return report_silent(desk);
    if (!ending.entry && !ending.taken_back) {
        co_return report_failure(
            name +
                " is taken from the queue, but its handoff has not ended: see `ringcastctl "
                "watch`",
            ExitCode::timed_out, line.output);
    }
    const ClusterState after = co_await desk.read(Depth::history);
    if (ending.entry && ending.entry->done) {
        co_return report_not_cancelled(after.history, name, line.output);
    }
    co_return report_cancelled(after.history, name, line.output);
}

}  // namespace ringcast::ctl
