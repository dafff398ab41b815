#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/errc.hpp"
#include "ringcast/router/hold_times.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/view.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>
#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

using SharedText = std::shared_ptr<const std::string>;

/// One thing that happened on a channel that a listener is subscribed to.
struct Delivery {
    enum class Kind {
        message,  ///< `text` is what the encoder made of it
        gap,      ///< messages may have been lost here; what follows is complete again
    };
    Kind kind = Kind::message;
    SharedText channel;
    SharedText text;  ///< null for a gap
};

/// A place in this process where messages go: one for each gateway thread. `deliver` is called on
/// the router's thread, at most once per turn of its loop, with everything since, in order.
class Listener {
public:
    virtual ~Listener() = default;
    virtual void deliver(std::span<const Delivery> deliveries) = 0;
};

/// A listener's number, 0 to `listeners_max` - 1, given by `attach`.
using ListenerId = std::uint8_t;
inline constexpr std::size_t listeners_max = 64;

/// How one member is reached, for status, readiness and metrics.
struct LinkStatus {
    std::string member;
    std::string address;
    bool publishing = false;   ///< the publishing connection is up and the script loaded
    bool subscribing = false;  ///< all subscribing connections are up and their last probe arrived
    bool deaf = false;  ///< its last probe did not come back in time; false once one does again
    bool unreachable = false;      ///< a connection is down for longer than `unreachable_after`
    std::uint64_t channels = 0;    ///< subscribed through it
    std::uint64_t reconnects = 0;  ///< since start
    std::uint64_t unanswered = 0;  ///< publishes sent and not yet answered
};

/// How far this gateway has come in the handoff to a view, in channels.
struct HandoffStatus {
    ViewNumber view{};
    std::string stage;  ///< "prepare", "fence" (acknowledged, waiting for it), "leave"
    std::uint64_t moving = 0;
    std::uint64_t prepared = 0;   ///< subscribed at the new owner, too
    std::uint64_t switched = 0;   ///< delivered from there
    std::uint64_t left = 0;       ///< no longer subscribed at the former owner
    std::size_t early_bytes = 0;  ///< kept of new owners until the former are done
};

struct RouterStatus {
    ViewNumber view{};   ///< 0: none yet
    std::string digest;  ///< of its ring
    std::vector<LinkStatus> links;
    std::optional<HandoffStatus> handoff;
    std::uint64_t channels = 0;           ///< subscribed in all
    std::uint64_t channels_pending = 0;   ///< asked for and not confirmed
    std::uint64_t channels_changing = 0;  ///< on their way to the owner by a view that was not
                                          ///< prepared: no handoff begins before that
    std::uint64_t publishes_held = 0;
    std::uint64_t publishes_displaced = 0;  ///< refused by a fence and sent again to the next owner
    HoldTimes publish_holds;  ///< of those that a fence kept back: from the call until sent to
                              ///< the owner that takes it
    std::uint64_t messages_in = 0;       ///< received from nodes
    std::uint64_t published = 0;         ///< answered with success
    std::uint64_t messages_ignored = 0;  ///< of an unknown kind, or from a node not listened to
    std::uint64_t gaps = 0;              ///< told to listeners
    std::uint64_t views_unreadable = 0;  ///< times `view` held rubbish: the last one stays
    std::vector<std::pair<Errc, std::uint64_t>> publishes_failed;  ///< by reason
};

/// Publish and subscribe on a channel, wherever it lives. Follows the view in the znode `view`,
/// keeps a link to each member, and moves subscriptions when the view changes: by a handoff, which
/// loses, repeats and reorders nothing, when the coordinator proposes one. Lives on one thread,
/// that of its scheduler; every call is made there and every handler runs there.
///
/// Promises: from a subscription's confirmation on, each message accepted on the channel is
/// delivered once, in the order in which its node accepted it, or a gap is told. Publishes of one
/// caller on one channel are sent in the order of the calls. A publish is answered after its node
/// answered, or with an error within the time that publishes are held.
class Router {
public:
    /// Builds, once for all listeners, the text that is delivered from what was published.
    using Encoder = std::function<std::string(std::string_view channel, std::string_view payload)>;
    using Handler = std::function<void(boost::system::error_code)>;

    virtual ~Router() = default;

    /// Requires: fewer than `listeners_max` attached; the listener outlives the router.
    virtual ListenerId attach(Listener& listener) = 0;

    /// Requires: the listener is not subscribed to the channel. On success its messages follow the
    /// confirmation. A subscription that fails is none: no `unsubscribe` is needed.
    virtual void subscribe(ListenerId listener, std::string channel, Handler confirmed) = 0;

    /// Takes effect at once for the listener, also while a `subscribe` waits for its confirmation
    /// (which then never comes); the node's subscription lingers.
    virtual void unsubscribe(ListenerId listener, std::string_view channel) = 0;

    virtual void publish(std::string channel, std::string payload, Handler answered) = 0;

    /// The name of this gateway's entry in the registry, whenever it has a new one: the router
    /// reads the view anew, and acknowledges handoffs under that name. Whoever is registered first
    /// and reads second is waited for by every handoff that it does not know of.
    virtual void announced_as(std::string entry) = 0;

    [[nodiscard]] virtual RouterStatus status() const = 0;

    /// The id of the member that carries the channel, empty without a view.
    [[nodiscard]] virtual std::string owner_of(std::string_view channel) const = 0;

    /// Appends where on the circle (`ring::point`) the channels of an arc lie that this gateway is
    /// subscribed to, or about to be: in no order, none without a view.
    virtual void channels_on(ring::Arc arc, std::vector<std::uint64_t>& points) const = 0;

    /// Called whenever the view in force or the set of unreachable members changes.
    virtual void on_change(std::function<void()> observer) = 0;

    /// Answers everything outstanding with `stopped` and closes the links. Call it last.
    virtual void stop() = 0;
};

/// Where the links of a router come from: Redis servers, or nodes inside this process
/// (`--standalone`). What it does beyond existing is between it and the router.
class LinkFactory {
public:
    virtual ~LinkFactory() = default;
};

/// Links to real Redis servers; their sockets live on `executor`, which is the scheduler's thread.
[[nodiscard]] std::unique_ptr<LinkFactory> make_redis_links(boost::asio::any_io_executor executor,
                                                            membership::Scheduler& scheduler,
                                                            RouterOptions options,
                                                            std::shared_ptr<spdlog::logger> log);

/// A node inside this process that any address reaches.
[[nodiscard]] std::unique_ptr<LinkFactory> make_in_process_links(membership::Scheduler& scheduler);

/// `znodes`, `scheduler` and `links` outlive the router.
[[nodiscard]] std::unique_ptr<Router> make_router(membership::Znodes& znodes,
                                                  membership::Scheduler& scheduler,
                                                  LinkFactory& links, Router::Encoder encode,
                                                  RouterOptions options,
                                                  std::shared_ptr<spdlog::logger> log);

}  // namespace ringcast::router
