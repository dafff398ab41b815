#pragma once

#include "cluster_state.hpp"

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

    Stage stage = Stage::idle;
    std::string request;  ///< znode name; empty: nobody asked
    std::string what;     ///< "add redis-4"
    std::uint64_t view = 0;
    std::uint32_t step = 1;  ///< from 1
    std::uint32_t steps = 1;
    std::vector<Gateway> gateways;
    std::vector<std::string> waiting_for;  ///< gateways to acknowledge, nodes to be fenced
    std::optional<double> seconds_left;    ///< of this step; nothing: unknown
    std::string waiting;                   ///< idle: for what, or which member is taken for dead
    std::size_t requests = 0;              ///< in the queue

    /// Of everything that this step does, 0 to 1.
    [[nodiscard]] double share() const;

    [[nodiscard]] bool idle() const noexcept { return stage == Stage::idle && requests == 0; }
};

[[nodiscard]] Progress progress_of(const ClusterState& state);

/// A bar of so many characters: "######....".
[[nodiscard]] std::string bar(double share, std::size_t width);

/// For a terminal: one line for the step, one for each gateway, none wider than `width`.
[[nodiscard]] std::vector<std::string> progress_lines(const Progress& progress, std::size_t width);

/// For a file or a pipe: one line that changes only when something worth a line happened.
[[nodiscard]] std::string progress_line(const Progress& progress);

}  // namespace ringcast::ctl
