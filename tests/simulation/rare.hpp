#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringcast::simulation {

/// What happens seldom, and what the protocol is made for. Counted so that a test can tell whether
/// the seeds of a run came to all of it; seen from outside, by what stands in the znodes and by
/// what nodes and gateways do.
enum class Rare : std::uint8_t {
    handoff_done,        ///< a proposal became the view in force
    aborted,             ///< a proposal was dropped before the first fence
    out_of_time,         ///< ... as gateways had not prepared
    resumed_in_prepare,  ///< another coordinator took over a proposal, and brought it into force
    resumed_in_fence,    ///< ... after it had begun to fence
    resumed_in_leave,    ///< ... when it was in force, while gateways left the former owners
    aside_at_fence,      ///< a coordinator that did not reach an old owner let another lead
    aside_at_removal,    ///< ... or not half of those that it had to tell of a removal
    died_in_prepare,     ///< a member died while a proposal was in prepare
    died_in_fence,       ///< ... while it was fencing
    removal_announced,   ///< a member was announced to be removed as dead
    removal_lifted,      ///< ... and was not
    removed_dead,        ///< a view without a member that had died
    out_by_yield,        ///< ... whose agent gave up the lease
    out_by_end,          ///< ... where nothing listened any more
    out_by_time,         ///< ... whose lease had ended
    vouched_for,         ///< a lease was renewed on the word of members, without the ensemble
    moved_alive,         ///< a member is at another address, and runs at the former one still
    came_back,           ///< a member that was removed as dead has arcs again
    came_with_pins,      ///< ... and the channels that were pinned to it
    flaps,               ///< one was taken for dead so often that only an operator takes it back
    evicted,             ///< a member whose agent had gone was moved out
    alarm,               ///< too many members were unreachable for any to be removed
    most_abandoned,      ///< the entries of most members were gone, which answered
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
    one_way,             ///< a path was blocked in one direction only
    hold_full,           ///< a gateway had no room to hold a publish
    early_full,          ///< ... or to keep what a next owner said
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
    constexpr std::array<std::string_view, rare_count> names{"handoff done",
                                                             "aborted",
                                                             "out of time",
                                                             "resumed in prepare",
                                                             "resumed in fence",
                                                             "resumed in leave",
                                                             "aside at fence",
                                                             "aside at removal",
                                                             "died in prepare",
                                                             "died in fence",
                                                             "removal announced",
                                                             "removal lifted",
                                                             "removed dead",
                                                             "out by yield",
                                                             "out by end",
                                                             "out by time",
                                                             "vouched for",
                                                             "moved alive",
                                                             "came back",
                                                             "came with pins",
                                                             "flaps",
                                                             "evicted",
                                                             "alarm",
                                                             "most abandoned",
                                                             "in steps",
                                                             "late gateway",
                                                             "gateway died",
                                                             "zombie caught up",
                                                             "resent",
                                                             "refused lease",
                                                             "fence restored",
                                                             "buffered",
                                                             "marker missed",
                                                             "link broken moving",
                                                             "one way",
                                                             "hold full",
                                                             "early full",
                                                             "kept unaware",
                                                             "stayer to move",
                                                             "dropped stayer",
                                                             "finished late",
                                                             "sessions expired",
                                                             "gap told",
                                                             "publish failed",
                                                             "outcome unknown"};
    return names[static_cast<std::size_t>(what)];
}

/// What a coordinator does to the world, one thing after another: it may die before each of them,
/// and after it before it hears what came of it.
enum class Step : std::uint8_t {
    found,             ///< writes the first view
    propose,           ///< writes a proposal
    drop,              ///< takes it back
    begin_fencing,     ///< writes that the way back is closed
    fence_first,       ///< fences an old owner, when none of them is
    fence_next,        ///< fences an old owner, when one of them is
    commit,            ///< writes the next view as the one in force
    tell,              ///< tells a member of the view in force, or of removals
    append,            ///< writes to history
    finish,            ///< takes a request from the queue
    sweep,             ///< takes acknowledgements away
    announce_removal,  ///< writes that a member is taken for dead, or has moved
    lift_removal,      ///< ... and that it is not
    remove_dead,       ///< writes a view without it
    readdress,         ///< ... or with it at another address
    step_down,         ///< takes its entry in the election away
    other,             ///< anything else: stands for election, repairs what is damaged
};

inline constexpr auto step_count = static_cast<std::size_t>(Step::other);  // that counts

enum class Side : std::uint8_t { before, after };

[[nodiscard]] constexpr std::string_view name_of(Step step) noexcept {
    constexpr std::array<std::string_view, step_count + 1> names{
        "found",        "propose",     "drop",      "begin fencing",
        "fence first",  "fence next",  "commit",    "tell",
        "append",       "finish",      "sweep",     "announce removal",
        "lift removal", "remove dead", "readdress", "step down",
        "other"};
    return names[static_cast<std::size_t>(step)];
}

class RareCounters {
public:
    void add(Rare what, std::uint64_t times = 1) { counts_[index_of(what)] += times; }
    /// A coordinator died there, and another led after it.
    void add_death(Step at, Side side) {
        if (at != Step::other) ++counts_[index_of(at, side)];
    }
    [[nodiscard]] std::uint64_t of(Rare what) const { return counts_[index_of(what)]; }
    void add(const RareCounters& other) {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    }

    /// Calls `visit` with the name of each and how often it happened.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::size_t i = 0; i < rare_count; ++i) {
            const auto what = static_cast<Rare>(i);
            visit(std::string(name_of(what)), of(what));
        }
        for (std::size_t i = 0; i < step_count; ++i) {
            const auto step = static_cast<Step>(i);
            const std::string name(name_of(step));
            visit("died before " + name, counts_[index_of(step, Side::before)]);
            visit("died after " + name, counts_[index_of(step, Side::after)]);
        }
    }

private:
    static constexpr std::size_t index_of(Rare what) { return static_cast<std::size_t>(what); }
    static constexpr std::size_t index_of(Step step, Side side) {
        return rare_count + 2 * static_cast<std::size_t>(step) + static_cast<std::size_t>(side);
    }

    std::array<std::uint64_t, rare_count + 2 * step_count> counts_{};
};

}  // namespace ringcast::simulation
