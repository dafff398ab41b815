#pragma once

#include "publishing.hpp"
#include "subscribing.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// What a gateway does on the data path: which member is linked to, which channel stands where,
/// where each publish goes. A pure machine of two halves, which share nothing but the view: events
/// and the time go in, actions come out. The router's shell and the simulation obey the same object
/// code.
///
/// An action may have to wait for the end of the turn: call `flush` when `wants_flush` says so, and
/// `tick` when `next_deadline` is reached. Calling either more often does no harm.
class Routing {
public:
    Routing(const RouterOptions& options, RoutingActions& actions);

    /// Acts on a view and tells whether it did: one that is not later than the view in force, or
    /// that places channels by another seed, changes nothing.
    bool adopt(const View& view, Clock::time_point now);

    void subscribe(ListenerId listener, std::string channel, Router::Handler confirmed,
                   Clock::time_point now);
    void unsubscribe(ListenerId listener, std::string_view channel, Clock::time_point now);
    void publish(std::string channel, std::string payload, Router::Handler answered,
                 Clock::time_point now);

    // From the links. What comes from a link that was closed is ignored.
    void publishing_up(LinkId link);
    void publishing_down(LinkId link);
    void answered(LinkId link, const PublishAnswer& answer, Clock::time_point now);
    void subscribed(LinkId link, std::string_view channel, Clock::time_point now);
    void left(LinkId link, std::string_view channel);
    void lost(LinkId link, std::string_view channel);
    void message(LinkId link, std::string_view channel, std::string_view payload) {
        subscribing_.message(link, channel, payload);
    }

    void flush(Clock::time_point now);
    [[nodiscard]] bool wants_flush() const noexcept {
        return publishing_.wants_flush() || !retiring_.empty();
    }
    void tick(Clock::time_point now);
    [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

    /// Everything outstanding fails with `stopped`. Nothing may be called afterwards but this.
    void stop();

    [[nodiscard]] const std::optional<Destinations>& destinations() const noexcept {
        return destinations_;
    }
    [[nodiscard]] const Subscribing& subscribing() const noexcept { return subscribing_; }
    [[nodiscard]] const Publishing& publishing() const noexcept { return publishing_; }

private:
    struct Known {
        std::string member;
        Address address;
        bool open = true;
    };

    [[nodiscard]] LinkId link_to(const std::string& member, const Address& address);
    void retire();

    RoutingActions& actions_;
    Subscribing subscribing_;
    Publishing publishing_;
    std::optional<Destinations> destinations_;
    std::vector<Known> known_;      // by LinkId
    std::vector<LinkId> retiring_;  // open, and in no view any more
};

}  // namespace ringcast::router
