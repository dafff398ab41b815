#pragma once

#include "link_id.hpp"
#include "publication.hpp"
#include "ringcast/router/router.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace ringcast::router {

/// One bit for each listener.
using Listeners = std::uint64_t;

[[nodiscard]] constexpr Listeners bit_of(ListenerId listener) noexcept {
    return Listeners{1} << listener;
}

/// What a gateway tells the coordinator in a handoff.
enum class Acknowledgement : std::uint8_t {
    prepare,  ///< fences may be set: nothing will be missed or overtaken
    leave,    ///< nothing is subscribed at former owners any more
};

/// How soon a subscription is to be made or left.
enum class Pace : std::uint8_t {
    soon,     ///< somebody waits for it: at the end of this turn of the loop
    in_bulk,  ///< when a command is full, or nothing more is to come: fewer commands
};

/// What the routing machines tell their shell to do, in this order. The shell must not call a
/// machine from inside one of these: handlers and listeners are called later, from the loop.
class RoutingActions {
public:
    /// A member to be linked to. `close_link`: no channel and no publish needs it any more.
    virtual void open_link(LinkId link, const std::string& member, const Address& address) = 0;
    virtual void close_link(LinkId link) = 0;

    virtual void subscribe(LinkId link, const SharedText& channel, Pace pace) = 0;
    virtual void unsubscribe(LinkId link, const SharedText& channel, Pace pace) = 0;
    /// Nothing more comes in bulk for now: what waits for a full command need not.
    virtual void end_bulk() = 0;
    virtual void publish(LinkId link, ViewNumber view, std::span<const Publication> batch) = 0;

    /// Call the handler of a `subscribe`, unless the listener gives it up before.
    virtual void subscribed(ListenerId listener, const SharedText& channel, Router::Handler handler,
                            boost::system::error_code error) = 0;
    /// Call the handler of a `publish`.
    virtual void published(Router::Handler handler, boost::system::error_code error) = 0;

    /// This gateway has done that part of the handoff to the view.
    virtual void acknowledge(ViewNumber view, Acknowledgement what) = 0;
    /// The node behind the link knows of a later view: ask it for the record.
    virtual void read_view(LinkId link) = 0;

    virtual void deliver(Listeners to, const SharedText& channel, std::string_view payload) = 0;
    virtual void gap(Listeners to, const SharedText& channel) = 0;

protected:
    ~RoutingActions() = default;
};

}  // namespace ringcast::router
