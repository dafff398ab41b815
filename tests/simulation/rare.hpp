#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringcast::simulation {

/// What happens seldom, and what the protocol is made for. Counted so that a test can tell whether
/// the seeds of a run came to all of it; seen from outside, by what stands in the znodes and by
/// what nodes and gateways do.
enum class Rare : std::uint8_t {
    handoff_done,        ///< a proposal became the view in force
    aborted,             ///< a proposal was dropped before the first fence
    resumed_in_prepare,  ///< another coordinator took over a proposal, and brought it into force
    resumed_in_fence,    ///< ... after it had begun to fence
    aside_at_fence,      ///< a coordinator that did not reach an old owner let another lead
    aside_at_removal,    ///< ... or not half of those that it had to tell of a removal
    died_in_prepare,     ///< a member died while a proposal was in prepare
    died_in_fence,       ///< ... while it was fencing
    removal_announced,   ///< a member was announced to be removed as dead
    removal_lifted,      ///< ... and was not
    removed_dead,        ///< a view without a member that had died
    moved_alive,         ///< a member is at another address, and runs at the former one still
    came_back,           ///< a member that was removed as dead has arcs again
    evicted,             ///< a member whose agent had gone was moved out
    alarm,               ///< too many members were unreachable for any to be removed
    in_steps,            ///< a request took more than one handoff
    late_gateway,        ///< a gateway started during a handoff
    gateway_died,        ///< a gateway died during a handoff
    zombie_caught_up,    ///< a gateway without a session learnt a view from a node
    resent,              ///< a node refused a publish as fenced, another accepted it
    refused_lease,       ///< a node refused a publish for want of a lease
    fence_restored,      ///< a Redis lost its fence, and its agent gave it back
    buffered,            ///< a gateway kept what a next owner said until the former was done
    marker_missed,       ///< a gateway was not connected to a node when that was fenced
    link_broken_moving,  ///< a path was reset or blocked during a handoff
    kept_unaware,        ///< a next owner spoke, the former was done, and a gateway that nobody had
                         ///< waited for did not know it yet
    stayer_to_move,    ///< refused by a fence, of a channel that stayed, and later ones of it wait,
                       ///< too, as it is about to move
    dropped_stayer,    ///< sent by the number of a proposal that was dropped, unanswered when its
                       ///< channel had moved, and later ones waited
    finished_late,     ///< a request was taken back while its coordinator took it from the queue,
                       ///< which went on behind it
    sessions_expired,  ///< all sessions expired at once
    gap_told,          ///< a subscriber was told of a gap
    publish_failed,    ///< a publish was answered with an error
    outcome_unknown,   ///< ... that does not tell whether it was published
    count,
};

inline constexpr auto rare_count = static_cast<std::size_t>(Rare::count);

[[nodiscard]] constexpr std::string_view name_of(Rare what) noexcept {
    constexpr std::array<std::string_view, rare_count> names{
        "handoff done",       "aborted",        "resumed in prepare",
        "resumed in fence",   "aside at fence", "aside at removal",
        "died in prepare",    "died in fence",  "removal announced",
        "removal lifted",     "removed dead",   "moved alive",
        "came back",          "evicted",        "alarm",
        "in steps",           "late gateway",   "gateway died",
        "zombie caught up",   "resent",         "refused lease",
        "fence restored",     "buffered",       "marker missed",
        "link broken moving", "kept unaware",   "stayer to move",
        "dropped stayer",     "finished late",  "sessions expired",
        "gap told",           "publish failed", "outcome unknown"};
    return names[static_cast<std::size_t>(what)];
}

class RareCounters {
public:
    void add(Rare what, std::uint64_t times = 1) {
        counts_[static_cast<std::size_t>(what)] += times;
    }
    [[nodiscard]] std::uint64_t of(Rare what) const {
        return counts_[static_cast<std::size_t>(what)];
    }
    void add(const RareCounters& other) {
        for (std::size_t i = 0; i < rare_count; ++i) counts_[i] += other.counts_[i];
    }

private:
    std::array<std::uint64_t, rare_count> counts_{};
};

}  // namespace ringcast::simulation
