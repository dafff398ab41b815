#pragma once

#include "channel_table.hpp"
#include "destinations.hpp"
#include "ringcast/router/options.hpp"
#include "routing_actions.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// Which channels are subscribed where, who listens, and what is delivered: a pure machine (events
/// in, actions out, time as a value). Each channel's states are in channel.hpp.
class Subscribing {
public:
    Subscribing(const RouterOptions& options, RoutingActions& actions)
        : options_(options), actions_(actions) {}

    // Events from above.
    void subscribe(ListenerId listener, std::string name, Router::Handler confirmed,
                   Clock::time_point now);
    void unsubscribe(ListenerId listener, std::string_view name, Clock::time_point now);

    /// Another view is in force: the first, or a later one.
    void adopt(const Destinations& destinations);

    // Events from the links.
    void subscribed(LinkId link, std::string_view name, Clock::time_point now);
    void left(LinkId link, std::string_view name);
    void lost(LinkId link, std::string_view name);
    void message(LinkId link, std::string_view name, std::string_view payload);

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
    [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
    [[nodiscard]] std::uint64_t ignored() const noexcept { return ignored_; }
    [[nodiscard]] std::uint64_t gaps() const noexcept { return gaps_; }

private:
    struct Deadline {
        Clock::time_point at;
        SharedText channel;
        ListenerId listener;  // of a waiting subscribe only
    };
    using Deadlines = std::deque<Deadline>;  // in order of time; an entry may be out of date

    void become(Channel& channel, Channel::State state);
    void stand_on(LinkId link, Channel& channel);
    void stand_off(LinkId link, Channel& channel);
    void go_live(Channel& channel, bool gap);
    void tell_gap(const Channel& channel);
    void switch_home(Channel& channel);
    void retarget(Channel& channel, LinkId target);
    void give_up_waiting(const Deadline& due, Channel& channel);
    void idle(Channel& channel, Clock::time_point now);
    void drop(Channel& channel);

    const RouterOptions& options_;
    RoutingActions& actions_;
    std::optional<Destinations> destinations_;
    ChannelTable channels_;
    std::vector<std::size_t> on_link_;  // by LinkId
    Deadlines lingering_;               // after the last listener
    Deadlines waiting_;                 // for a confirmation
    Deadlines leaving_;                 // for the old home's last word
    std::uint64_t pending_ = 0;         // channels in state asked or lost
    std::uint64_t messages_ = 0;
    std::uint64_t ignored_ = 0;
    std::uint64_t gaps_ = 0;
};

}  // namespace ringcast::router
