#pragma once

#include "cluster_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::ctl {

/// How far a handoff is, as far as the znodes and the gateways tell.
struct Progress {
    enum class Stage {
        idle,     ///< nothing is being handed over
        prepare,  ///< gateways subscribe on the next owners
        fence,    ///< old owners are being fenced
        leave,    ///< the next view is in force, old subscriptions are left
    };
    struct Gateway {
        std::string id;
        std::string trouble;       ///< does not tell; then the rest is unknown
        std::uint64_t moving = 0;  ///< channels
        std::uint64_t done = 0;    ///< of them, in this stage
    };
    /// One of several steps of a request that has begun.
    struct Step {
        enum class State { done, current, to_come };
        std::uint32_t percent = 100;  ///< of the change, when it is done
        State state = State::to_come;
        std::optional<double> seconds_left;  ///< to come: as the channels are spread now
    };
    struct Waiting {
        std::string what;   ///< "add redis-4"
        std::string state;  ///< what it waits for
    };

    Stage stage = Stage::idle;
    std::string request;  ///< znode name; empty: nobody asked
    std::string what;     ///< "add redis-4"
    std::uint64_t view = 0;
    std::uint32_t step = 1;  ///< from 1
    std::uint32_t steps = 1;
    std::vector<Step> each_step;  ///< empty: there is one, or it has not begun
    std::vector<Gateway> gateways;
    std::vector<std::string> waiting_for;     ///< gateways to acknowledge, nodes to be fenced
    std::optional<double> step_seconds_left;  ///< nothing: unknown
    std::optional<double> seconds_left;       ///< of all steps that are left; nothing: unknown
    double stage_seconds_left = 0;  ///< the part of both that this stage takes, by what is counted
    double uncounted_seconds = 0;  ///< so much of that part may be done: whole commands are counted
    std::string waiting;            ///< for what it waits, `resume` above all
    std::vector<Waiting> others;    ///< the other requests in the queue
    std::size_t requests = 0;       ///< in the queue
    std::vector<Waiting> removals;  ///< members that will be removed, and what that waits for

    /// Of everything that this step does, 0 to 1.
    [[nodiscard]] double share() const;

    /// Nothing is asked for and nothing is handed over.
    [[nodiscard]] bool idle() const noexcept { return stage == Stage::idle && requests == 0; }
    /// Nor will anything be by itself.
    [[nodiscard]] bool at_rest() const noexcept { return idle() && removals.empty(); }
};

[[nodiscard]] Progress progress_of(const ClusterState& state);

/// What a request is doing, or waits for. Requires: there are more than `place` in the queue.
[[nodiscard]] std::string state_of_request(const ClusterState& state, std::size_t place);

/// Lets the time left go down by the clock where what is counted stands still, as it does until a
/// whole command of channels is confirmed: never below what would be left if all of it were done.
class Countdown {
public:
    using Time = std::chrono::steady_clock::time_point;

    void count_down(Progress& progress, Time now);

private:
    std::uint64_t view_ = 0;
    Progress::Stage stage_ = Progress::Stage::idle;
    Time over_{};  ///< when the stage should be over
};

// progress_text.cpp: what is shown of it.

/// A bar of so many characters: "######....".
[[nodiscard]] std::string bar(double share, std::size_t width);

/// For a terminal: one line for each step, one for each gateway, one for each request that waits,
/// none wider than `width`.
[[nodiscard]] std::vector<std::string> progress_lines(const Progress& progress, std::size_t width);

/// The first of so many lines, the last of them says how many are left out. One at least.
[[nodiscard]] std::vector<std::string> lines_that_fit(std::vector<std::string> lines,
                                                      std::size_t height);

/// For a file or a pipe: one line that changes only when something worth a line happened.
[[nodiscard]] std::string progress_line(const Progress& progress);

/// The same in passing: how far it is at this moment, and the time left.
[[nodiscard]] std::string progress_summary(const Progress& progress);

/// As JSON, in one line.
[[nodiscard]] std::string progress_json(const Progress& progress);

}  // namespace ringcast::ctl
