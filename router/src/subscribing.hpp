#pragma once

#include "channel_table.hpp"
#include "destinations.hpp"
#include "moving_channels.hpp"
#include "ringcast/router/options.hpp"
#include "routing_actions.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// Which channels are subscribed where, who listens, and what is delivered: a pure machine (events
/// in, actions out, time as a value). Each channel's states are in channel.hpp.
///
/// A handoff may move a million channels, and messages pass through the same loop: whatever is done
/// with all that move is done in slices, one at each `tick`, as long as `next_deadline` is in the
/// past. A channel whose turn has not come is brought up to date by the first event that concerns
/// it, so that nobody can tell the difference.
class Subscribing {
public:
    Subscribing(const RouterOptions& options, RoutingActions& actions)
        : options_(options), actions_(actions) {}

    // Events from above.
    void subscribe(ListenerId listener, std::string name, Router::Handler confirmed,
                   Clock::time_point now);
    void unsubscribe(ListenerId listener, std::string_view name, Clock::time_point now);

    /// Another view is in force that was not prepared: the first, or a later one. Requires: no
    /// handoff. `skipped`: views between it and the one before are unknown.
    void adopt(const Destinations& destinations, bool skipped);

    // A handoff, in this order (subscribing_handoff.cpp).
    /// Subscribes what moves at its next owner, so many channels a second (0: all at once).
    /// Requires: `settled`.
    void prepare(const Destinations& next, std::uint32_t rate, Clock::time_point now);
    /// Whether all that moves is subscribed at its next owner.
    [[nodiscard]] bool prepared() const {
        return all_found_ && to_prepare_.empty() && unprepared_ == 0;
    }
    /// The coordinator is told so: from here on nothing that moves can be missed.
    void acknowledged() { acknowledged_ = true; }
    /// It came too late, and fences were set without it: what was at its former owner first tells a
    /// gap. Requires: none of the fences was told here.
    void acknowledged_too_late() { acknowledged_ = false; }
    /// The former owner on that link has had its last word.
    void fenced(LinkId link);
    /// The next view is in force. What moved is left at the former owners, at the same rate.
    void commit(Clock::time_point now);
    /// The handoff was dropped before any fence.
    void abort();
    /// No handoff matters any more: what it moves has its last word here.
    void finish_handoff(Clock::time_point now);

    /// Fences have begun, as far as is known here: the next view will be in force.
    [[nodiscard]] bool only_forward() const { return committed_ || !fenced_.empty(); }

    /// No channel is on its way from one owner to another, nor to be left.
    [[nodiscard]] bool settled() const { return !next_ && changing_ == 0; }

    // Events from the links.
    void subscribed(LinkId link, std::string_view name, Clock::time_point now);
    void left(LinkId link, std::string_view name);
    void lost(LinkId link, std::string_view name);
    /// `after`: published by that view or a later one (0: nobody knows).
    void message(LinkId link, std::string_view name, std::string_view payload, ViewNumber after);

    // What was published by views that are not known yet (subscribing_unplaced.cpp).
    /// Another view may be known now: decides on what was kept until then.
    void recall();
    /// None will be in time: what was kept is lost, and told.
    void give_up_unplaced();

    // Time.
    void tick(Clock::time_point now);
    [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

    /// Everybody who waits is told `stopped`.
    void stop();

    /// Channels that stand on a link, or are to: it is needed while there are any.
    [[nodiscard]] std::size_t channels_on(LinkId link) const noexcept {
        return index_of(link) < on_link_.size() ? on_link_[index_of(link)] : 0;
    }

    [[nodiscard]] const ChannelTable& channels() const noexcept { return channels_; }
    [[nodiscard]] std::uint64_t pending() const noexcept { return pending_; }
    [[nodiscard]] std::uint64_t changing() const noexcept { return changing_; }
    [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
    [[nodiscard]] std::uint64_t ignored() const noexcept { return ignored_; }
    [[nodiscard]] std::uint64_t gaps() const noexcept { return gaps_; }

    /// How far the handoff has come, in channels.
    struct Progress {
        std::uint64_t moving = 0;
        std::uint64_t prepared = 0;
        std::uint64_t switched = 0;
        std::uint64_t left = 0;
        std::size_t early_bytes = 0;
    };
    [[nodiscard]] Progress progress() const noexcept;

private:
    struct Deadline {
        Clock::time_point at;
        SharedText channel;
        ListenerId listener;  // of a waiting subscribe only
    };
    /// Nobody waits for it, as an event does what is due to its channel: messages go first.
    static constexpr std::chrono::milliseconds switch_every{1};
    using Deadlines = std::deque<Deadline>;  // in order of time; an entry may be out of date
    /// Published by a view that is not known yet. Its channel may have lived elsewhere meanwhile.
    struct Unplaced {
        LinkId link;
        SharedText channel;
        std::string payload;
        ViewNumber after;
    };

    void become(Channel& channel, Channel::State state);
    void stand_on(LinkId link, Channel& channel, Pace pace = Pace::soon);
    void stand_off(LinkId link, Channel& channel, Pace pace = Pace::soon);
    void go_live(Channel& channel, bool gap);
    void tell_gap(const Channel& channel);
    void switch_home(Channel& channel);
    void retarget(Channel& channel, LinkId target);
    void set_next(Channel& channel, LinkId link);

    void begin_move(Channel& channel, Pace pace);
    void end_move(Channel& channel);
    void next_confirmed(Channel& channel);
    void next_lost(Channel& channel);
    [[nodiscard]] ViewNumber latest() const { return next_ ? next_->view : destinations_->view; }
    [[nodiscard]] bool has_left(const Channel& channel, LinkId link, ViewNumber after) const;
    void keep_unplaced(LinkId link, const Channel& channel, std::string_view payload,
                       ViewNumber after);
    void forget_unplaced(std::string_view name, LinkId link = no_link);
    void tell_untold();
    void tell_once(const Channel& channel, ViewNumber after);
    void take(LinkId link, Channel& channel, std::string_view payload, ViewNumber after);
    void keep_early(Channel& channel, std::string_view payload);
    void drop_early(Channel& channel);
    void switch_over(Channel& channel);
    void catch_up(Channel& channel);
    void leave_former(Channel& channel);
    [[nodiscard]] bool find_more_to_prepare();
    void prepare_some(std::size_t count);
    void switch_some(std::size_t count);
    void leave_some(std::size_t count);
    void give_up_last_words();
    [[nodiscard]] bool awaits_last_words() const {
        return committed_ && moving_ > 0 && !last_words_over_;
    }
    void pace(Clock::time_point now);
    [[nodiscard]] std::size_t slice() const;
    [[nodiscard]] Clock::time_point next_pace() const;
    [[nodiscard]] bool has_work_to_pace() const;
    [[nodiscard]] bool is_fenced(LinkId link) const;
    [[nodiscard]] bool is_yet_to_move(const Channel& channel) const;
    template <typename Visit>
    void for_each_moving(Visit visit) const;
    void give_up_waiting(const Deadline& due, Channel& channel);
    void idle(Channel& channel, Clock::time_point now);
    void drop(Channel& channel);

    const RouterOptions& options_;
    RoutingActions& actions_;
    std::optional<Destinations> destinations_;  // the view in force

    // The handoff, from `prepare` until everything is left.
    std::optional<Destinations> next_;
    std::optional<MovingChannels> movers_;  // as long as there is a next
    bool acknowledged_ = false;
    bool committed_ = false;
    bool last_words_over_ = false;
    std::vector<LinkId> fenced_;
    MovingWalk to_find_;                 // those still to be prepared, but for the next few:
    std::deque<SharedText> to_prepare_;  // may have gone, or moved, meanwhile
    bool all_found_ = false;
    std::deque<MovingWalk> to_switch_;  // the old owners were fenced, or are lost after the commit
    Clock::time_point switched_at_{};   // the last slice of them
    std::vector<SharedText> early_;     // channels with something kept, the first to be switched
    std::deque<SharedText> to_leave_;   // may have gone, or moved, meanwhile
    std::uint32_t rate_ = 0;
    Clock::time_point paced_at_{};  // what the rate allowed was done up to here
    Clock::time_point last_words_due_{};
    Progress progress_;
    std::size_t moving_ = 0;      // channels in that condition
    std::size_t unprepared_ = 0;  // of those, not confirmed at `next`; without `next_first`
    std::size_t changing_ = 0;    // channels with a `next` and not moving

    ChannelTable channels_;
    std::deque<Unplaced> unplaced_;  // in the order of arrival
    std::size_t unplaced_bytes_ = 0;
    ViewNumber left_after_{};        // the last by which a channel with a `next` and not moving
                                     // was at its home for sure
    ViewNumber unknown_for_good_{};  // views that nobody told in time, up to this one
    std::set<std::string, std::less<>> untold_;  // channels of which something by such a view was
                                                 // dropped, as they seemed to have left
    std::map<std::string, ViewNumber, std::less<>> told_;  // channels: the last of such views for
                                                           // which a gap was told
    std::vector<std::size_t> on_link_;                     // by LinkId
    Deadlines lingering_;                                  // after the last listener
    Deadlines waiting_;                                    // for a confirmation
    Deadlines leaving_;                                    // for the old home's last word
    std::uint64_t pending_ = 0;                            // channels in state asked or lost
    std::uint64_t messages_ = 0;
    std::uint64_t ignored_ = 0;
    std::uint64_t gaps_ = 0;
};

}  // namespace ringcast::router
