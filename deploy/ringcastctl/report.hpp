#pragma once

#include "cluster_state.hpp"
#include "command_line.hpp"
#include "exit_code.hpp"
#include "ringcast/router/entries.hpp"

#include <string>
#include <string_view>

namespace ringcast::ctl {

/// What is printed, and how the program ends. No I/O here: text from values.
struct Report {
    std::string text;   ///< to the output, with its newline
    std::string error;  ///< to the error output, with its newline; may be empty
    ExitCode exit = ExitCode::done;
};

[[nodiscard]] Report report_status(const ClusterState& state, Output output);

/// Refused while there is no view.
[[nodiscard]] Report report_locate(const ClusterState& state, std::string_view channel,
                                   Output output);

/// What history says of a request.
[[nodiscard]] Report report_change(const router::HistoryEntry& entry, Output output);

/// A request that history does not mention yet.
[[nodiscard]] Report report_waiting(const std::string& request, const ClusterState& state,
                                    Output output);

/// Anything that went wrong before there was an answer.
[[nodiscard]] Report report_failure(std::string_view what, ExitCode exit, Output output);

}  // namespace ringcast::ctl
