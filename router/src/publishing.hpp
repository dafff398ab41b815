#pragma once

#include "destinations.hpp"
#include "ringcast/router/options.hpp"
#include "routing_actions.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ringcast::router {

/// Where each publish goes, and when: a pure machine (events in, actions out, time as a value).
///
/// Publishes of one channel reach its owners in the order of the calls, each at most once, whatever
/// happens to links and views. What keeps the order:
///   - a link sends nothing while it holds back something for the same channel;
///   - a channel that stays with its owner goes by the next view at once, unless something of its
///     own that its link had sent before is unanswered: a fence would refuse the earlier and let
///     the later one pass (design: tagging). Then it waits for those answers;
///   - a channel that moves goes to its former owner, by the former view, until that one is fenced,
///     then waits until everything sent there by that view is answered, and goes to the new owner,
///     what was refused first (design: switch);
///   - what a node refused for the time being goes again before everything later; if something
///     later got through all the same, it fails instead.
/// What is held back is bounded in time and bytes; past the bound the caller gets an error.
///
///     view n --prepare(n+1)--> both --each old owner: fenced--> both --commit--> view n+1
///                                `--abort--> view n
///     any --adopt(m)--> view m: what moved waits for the former owner's answers alone
class Publishing {
public:
    Publishing(const RouterOptions& options, RoutingActions& actions)
        : options_(options), actions_(actions) {}

    // Events from above.
    void publish(std::string channel, std::string payload, Router::Handler answered,
                 Clock::time_point now);

    /// Another view is in force that was not prepared. Ends a handoff, whatever became of it.
    void adopt(const Destinations& destinations);

    /// A handoff to the next view begins. Requires: a view is in force, no other handoff.
    void prepare(const Destinations& next);
    /// Whether nothing that stays can be refused by a fence at the next view. Requires: a handoff.
    [[nodiscard]] bool prepared() const;
    /// The member on that link takes nothing by the view in force any more.
    void fenced(LinkId link);
    /// The next view is in force: all old owners are fenced.
    void commit();
    /// The handoff was dropped: no old owner is fenced.
    void abort();

    /// The end of a turn of the loop: sends what it collected. Requires: called after each turn in
    /// which `wants_flush` was true.
    void flush(Clock::time_point now);
    [[nodiscard]] bool wants_flush() const noexcept { return wants_flush_; }

    // Events from the links.
    void up(LinkId link);
    void down(LinkId link);
    void answered(LinkId link, const PublishAnswer& answer, Clock::time_point now);

    // Time.
    void tick(Clock::time_point now);
    [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

    /// Everything outstanding fails with `stopped`.
    void stop();

    /// Publishes sent over a link and not answered: it is needed while there are any.
    [[nodiscard]] std::size_t unanswered(LinkId link) const noexcept {
        return index_of(link) < lines_.size() ? lines_[index_of(link)].in_flight_count : 0;
    }
    [[nodiscard]] std::size_t held() const noexcept;
    [[nodiscard]] std::uint64_t published() const noexcept { return published_; }
    /// How often one was sent again at another owner, refused by the fence of its former.
    [[nodiscard]] std::uint64_t displaced() const noexcept { return displaced_; }
    /// Those that waited because of a fence, from the call until they went to their next owner.
    [[nodiscard]] const HoldTimes& holds() const noexcept { return holds_; }
    /// How many failed, by `Errc`.
    [[nodiscard]] std::uint64_t failed(Errc why) const noexcept {
        return failed_[static_cast<std::size_t>(why)];
    }

private:
    using Held = std::map<std::uint64_t, Publication>;  // by sequence
    struct Batch {
        ViewNumber view;
        std::vector<Publication> items;
    };
    /// What goes to one link.
    struct Line {
        bool up = false;
        bool fenced = false;            ///< in this handoff
        std::vector<Publication> turn;  ///< to be sent at the end of this turn, by the latest view
        std::vector<Publication> turn_by_former;  ///< ... what is about to move, by the one before
        std::deque<Batch> in_flight;              ///< in the order of sending
        std::size_t in_flight_count = 0;
        std::vector<std::pair<ViewNumber, std::size_t>> in_flight_by_view;  ///< batches; few views
        std::size_t untagged = 0;  ///< of the batches in flight: before they are answered none of
                                   ///< their channels goes by the latest view
        std::size_t outdated = 0;  ///< likewise, of these: nor by the view in force
        std::unordered_set<std::size_t> untagged_channels;  ///< at least those, by hash
        Held held;                                          ///< not to be sent now
        Held arriving;                       ///< likewise, for channels that come by this handoff
        std::vector<Publication> refused;    ///< to be sent again once all others are answered
        std::vector<Publication> displaced;  ///< by a fence: to be sent again, by a later view,
                                             ///< once all by earlier ones are answered
        ViewNumber displaced_by{};           ///< that fence
        bool displaced_stay = false;         ///< some of those go to this link again, as things are
        bool one_at_a_time = false;      ///< the last answer was a refusal: one batch shows the way
        ViewNumber awaited_view{};       ///< the node is fenced at this: nothing goes before it
        Clock::time_point not_before{};  ///< nothing goes before this
    };
    /// A view that was in force, or proposed, and by which something unanswered was sent.
    struct Past {
        Destinations destinations;
        ViewNumber until{};  ///< the highest number it was sent by
    };
    /// Where a channel's publishes go now.
    struct Route {
        LinkId link;
        LinkId former = no_link;  ///< the owner that it has just left by the handoff
        bool by_former = false;   ///< about to move: goes by the view in force, not the next
    };

    Line& line(LinkId link);
    [[nodiscard]] Route route_of(std::string_view channel) const;
    [[nodiscard]] ViewNumber latest() const { return next_ ? next_->view : now_->view; }
    [[nodiscard]] bool may_send(const Line& line, Clock::time_point now) const;
    [[nodiscard]] static bool waits_for_answer(const Line& line, std::string_view channel,
                                               const Route& route);
    [[nodiscard]] bool waits_for_former_owner(std::string_view channel, const Route& route) const;
    [[nodiscard]] static bool owes(const Line& line, ViewNumber before);
    [[nodiscard]] static Held& held_for(Line& line, const Route& route) {
        return route.former == no_link ? line.held : line.arriving;
    }
    void hold(Publication publication);
    void hold_all(std::vector<Publication>& publications);
    void take_unsent(Line& from, Held& unsent);
    void place(Held unsent);
    void place_all_anew();
    void release(Line& line, Held& held, Clock::time_point now);
    void send(LinkId link, Line& line, ViewNumber view, std::vector<Publication>& turn,
              Clock::time_point now);
    static void tag_anew(Line& line);
    [[nodiscard]] bool any_stays(LinkId link, const std::vector<Publication>& displaced) const;
    void look_what_stays();
    void settle(Line& line);
    void expire(Line& line, Held& held, Clock::time_point now);
    void leave_behind(std::optional<Destinations>& destinations, ViewNumber until);
    void forget_past_views();
    void finish(Publication& publication);
    void fail(Publication& publication, Errc why);
    void fail_all(std::vector<Publication>& publications, Errc why);
    [[nodiscard]] Errc why_held(const Line& line) const;

    const RouterOptions& options_;
    RoutingActions& actions_;
    std::optional<Destinations> now_;   // the view in force
    std::optional<Destinations> next_;  // of the handoff
    ViewNumber now_until_{};            // what stayed in a dropped handoff from it went by that
    std::vector<Past> past_;
    std::deque<Line> lines_;  // by LinkId; references stay
    std::uint64_t last_sequence_ = 0;
    std::size_t held_bytes_ = 0;
    bool wants_flush_ = false;
    std::uint64_t published_ = 0;
    std::uint64_t displaced_ = 0;
    HoldTimes holds_;
    std::array<std::uint64_t, 16> failed_{};
    std::vector<std::vector<Publication>> spare_;  // emptied batches, to be used again
};

}  // namespace ringcast::router
