#pragma once

#include "command_line.hpp"
#include "measurement.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {

/// What a measured change should not exceed.
struct Bound {
    std::string name;                ///< "whole_move_s", for a program
    std::string what;                ///< "whole move, s", for a person
    std::optional<double> measured;  ///< nothing: `unknown` says why
    double most = 0;
    int digits = 0;  ///< after the point, for a person
    /// It breaks what is promised of every change. Else it is a figure, to be reached on a machine
    /// that is not full.
    bool promise = false;
    std::string unknown = {};

    /// What is not known was neither kept nor missed.
    [[nodiscard]] bool kept() const noexcept { return measured && *measured <= most; }
    [[nodiscard]] bool missed() const noexcept { return measured && *measured > most; }
};

/// Of a planned handoff, promises and figures; of a death only what is promised then: what is lost
/// is told. Of a naive switch nothing: nobody promises anything.
[[nodiscard]] std::vector<Bound> bounds_of(const Measurement& one, const Cost& plan);

/// 1: no channel moved that could have stayed.
[[nodiscard]] double moved_over_least(const Measurement& one, const Cost& plan);

/// A naive switch loses messages. That a bench sees nothing of that tells of its load.
[[nodiscard]] inline bool sees_loss(const Measurement& naive) noexcept {
    return naive.verdict.lost > 0;
}

/// How the program ends after these: a promise that could not be tried was not measured. `strict`:
/// figures count, too, and one that is not known was not reached.
[[nodiscard]] ExitCode exit_code_of(const std::vector<Measurement>& all, const Cost& plan,
                                    bool strict);

}  // namespace ringcast::bench
