#pragma once

#include "cluster_state.hpp"
#include "command_line.hpp"
#include "exit_code.hpp"
#include "gateway_end.hpp"
#include "move_plan.hpp"
#include "progress.hpp"
#include "ringcast/router/entries.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::ctl {

/// What is printed, and how the program ends. No I/O here: text from values.
struct Report {
    std::string text;   ///< to the output, with its newline
    std::string error;  ///< to the error output, with its newline; may be empty
    ExitCode exit = ExitCode::done;
};

[[nodiscard]] Report report_status(const ClusterState& state, Output output);

/// There is no view of the ring: what cannot be done without is refused, before anything is written
/// into a cluster that is perhaps none. Requires: that is so.
[[nodiscard]] Report report_no_view(const ClusterState& state, Output output);

/// Refused while there is no view.
[[nodiscard]] Report report_locate(const ClusterState& state, std::string_view channel,
                                   Output output);

/// The channels that live on a given member, whatever their arcs say. Refused while there is no
/// view.
[[nodiscard]] Report report_pins(const ClusterState& state, Output output);

/// What a change would move. Incomplete when a gateway did not answer.
[[nodiscard]] Report report_plan(const MovePlan& plan, Output output);

/// An addition that wants a weight other than the member has: nothing would come of it, and not for
/// the reason that it is as was wanted. Wrong use, and what would be right. `then` is the record
/// when the turn of the request comes. Nothing for any other request, and for an undo. Requires:
/// there is a view.
[[nodiscard]] std::optional<Report> report_other_weight(const ClusterState& state,
                                                        const router::ViewRecord& then,
                                                        const router::Request& request,
                                                        Output output);

/// What history says of a request.
[[nodiscard]] Report report_change(const router::HistoryEntry& entry, Output output);

/// A request that was taken back before it began.
[[nodiscard]] Report report_taken_back(const std::string& request, Output output);

/// A request that cannot be cancelled: it has ended, or there is none of that name. How it is taken
/// back is said only where there is something to take back.
[[nodiscard]] Report report_not_cancelled(const std::vector<PastChange>& history,
                                          const std::string& request, Output output);

/// A request that was cancelled before it began, in its first step, or between two.
[[nodiscard]] Report report_cancelled(const std::vector<PastChange>& history,
                                      const std::string& request, Output output);

/// A request that is in the queue, and is not waited for.
[[nodiscard]] Report report_detached(const std::string& name, const router::Request& request,
                                     Output output);

/// A request that history does not mention yet.
[[nodiscard]] Report report_waiting(const std::string& request, const ClusterState& state,
                                    Output output);

[[nodiscard]] Report report_requests(const ClusterState& state, Output output);

/// The last so many entries, 0: all; the newest first in a table, last in JSON.
[[nodiscard]] Report report_history(const ClusterState& state, std::size_t last, Output output);

/// The settings of the cluster, or one of them; wrong use when there is none of that name.
[[nodiscard]] Report report_settings(const router::ClusterSettings& settings,
                                     const std::string& name, Output output);

[[nodiscard]] Report report_locked(std::string_view holder, Output output);

/// Whether a gateway that is not draining is left without this one.
[[nodiscard]] bool others_serve(const ClusterState& state, const router::GatewayEntry& gateway);

/// Nothing when the gateway may be drained: there is one of that name, and others serve, or `force`
/// says that none need.
[[nodiscard]] std::optional<Report> report_not_drained(const ClusterState& state,
                                                       const std::string& gateway, bool force,
                                                       Output output);

struct Drained {
    bool waited = false;  ///< for its end
    bool last = false;    ///< nobody else serves
};
[[nodiscard]] Report report_drained(const std::string& gateway, std::uint64_t sessions,
                                    Drained drained, Output output);

/// Patience has ended before the gateway has.
[[nodiscard]] Report report_not_ended(const std::string& gateway, const GatewayEnd& end,
                                      Output output);

/// It is as was asked for: a sentence.
[[nodiscard]] Report report_success(std::string_view what, Output output);

/// Anything that went wrong before there was an answer.
[[nodiscard]] Report report_failure(std::string_view what, ExitCode exit, Output output);

}  // namespace ringcast::ctl
