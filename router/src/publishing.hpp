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
#include <vector>

namespace ringcast::router {

/// Where each publish goes, and when: a pure machine (events in, actions out, time as a value).
///
/// Publishes of one channel reach its owners in the order of the calls, each at most once, whatever
/// happens to links and views. What keeps the order:
///   - a link sends nothing while it holds back something for the same channel;
///   - when a view gives a channel to another member, nothing goes there until everything sent by
///     an earlier view to the former owner is answered (design: switch);
///   - on a link whose owner stays, nothing goes by the new view until what was sent by the old one
///   is
///     answered: a fence would refuse the earlier and let the later one pass (design: tagging);
///   - what a node refused goes again before everything later; if something later got through all
///     the same, it fails instead.
/// What is held back is bounded in time and bytes; past the bound the caller gets an error.
class Publishing {
public:
    Publishing(const RouterOptions& options, RoutingActions& actions)
        : options_(options), actions_(actions) {}

    // Events from above.
    void publish(std::string channel, std::string payload, Router::Handler answered,
                 Clock::time_point now);
    void adopt(const Destinations& destinations, Clock::time_point now);

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
        std::vector<Publication> turn;  ///< to be sent at the end of this turn
        std::deque<Batch> in_flight;    ///< in the order of sending
        std::size_t in_flight_count = 0;
        Held held;                         ///< not to be sent now
        std::vector<Publication> refused;  ///< to be sent again once all others are answered
        bool one_at_a_time = false;      ///< the last answer was a refusal: one batch shows the way
        ViewNumber awaited_view{};       ///< the node is fenced at this: nothing goes before it
        Clock::time_point not_before{};  ///< nothing goes before this
    };

    Line& line(LinkId link);
    [[nodiscard]] bool may_send(const Line& line, Clock::time_point now) const;
    [[nodiscard]] bool waits_for_former_owner(std::string_view channel, LinkId owner) const;
    void hold(Publication publication);
    void hold_turn(Line& from);
    void release(Line& line, Clock::time_point now);
    void release_all(Clock::time_point now);
    void send(LinkId link, Line& line);
    void drained(Line& line);
    void forget_past_views();
    void finish(Publication& publication);
    void fail(Publication& publication, Errc why);
    void fail_all(std::vector<Publication>& publications, Errc why);
    [[nodiscard]] Errc why_held(const Line& line) const;

    const RouterOptions& options_;
    RoutingActions& actions_;
    std::optional<Destinations> now_;  // the view in force
    std::vector<Destinations> past_;   // earlier ones by which something unanswered was sent
    std::deque<Line> lines_;           // by LinkId; references stay
    std::uint64_t last_sequence_ = 0;
    std::size_t held_bytes_ = 0;
    bool wants_flush_ = false;
    std::uint64_t published_ = 0;
    std::array<std::uint64_t, 16> failed_{};
    std::vector<std::vector<Publication>> spare_;  // emptied batches, to be used again
};

}  // namespace ringcast::router
