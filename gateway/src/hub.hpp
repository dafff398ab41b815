#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/router.hpp"

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ringcast::gateway {

/// One end of the fan-out: a session. Called on its hub's thread; it may subscribe and leave from
/// within these calls.
class Subscriber {
public:
    virtual ~Subscriber() = default;

    /// The outcome of `Hub::subscribe`, unless its place was given up before. Publications of the
    /// channel follow; after a failure the place is void.
    virtual void subscribed(const std::string& channel, boost::system::error_code failure) = 0;

    /// A push made ready by the encoder, shared by all that get it.
    virtual void deliver(const router::SharedText& push) = 0;

    /// Messages of the channel may be lost. The place is void already.
    virtual void lost(const std::string& channel) = 0;
};

/// The fan-out of one gateway thread: which sessions of this thread are on which channel, and the
/// only way of that thread to the router. Lives on its thread; the router lives on another, and
/// what goes between them is collected and posted once per turn of the sender's loop, in order.
///
/// It subscribes at the router when the first local session joins a channel and leaves after the
/// last. It must be destroyed after the router has stopped, and before both schedulers.
class Hub final {
    struct Channel;

public:
    /// A session's place on a channel: giving it up leaves the channel. Must not outlive the hub.
    class [[nodiscard]] Place {
    public:
        Place();  ///< nowhere
        Place(Place&& other) noexcept;
        Place& operator=(Place&& other) noexcept;
        ~Place();

        void leave();  ///< idempotent

    private:
        friend class Hub;
        struct Seat;
        explicit Place(std::unique_ptr<Seat> seat);
        std::unique_ptr<Seat> seat_;
    };

    using Answer = std::function<void(boost::system::error_code)>;

    /// `own` runs this hub's thread, `routers` the router's. `inbox_bytes_max` bounds what is on
    /// the way from the router to this thread; beyond it messages are dropped and their subscribers
    /// told.
    Hub(membership::Scheduler& own, router::Router& router, membership::Scheduler& routers,
        std::size_t inbox_bytes_max);
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Starts to join the channel; `subscriber.subscribed` tells the outcome, never from within
    /// this call. Requires: the subscriber is not on the channel and outlives the place.
    Place subscribe(Subscriber& subscriber, const std::string& channel);

    /// Publishes a Publication (`{"data":...}`, see `compose_publication`). The answer comes on
    /// this thread, never from within the call. Calls from one thread for one channel keep their
    /// order.
    void publish(std::string channel, std::string publication, Answer answer);

    // For status; from any thread.
    [[nodiscard]] std::size_t channels() const noexcept;       ///< with at least one place
    [[nodiscard]] std::size_t subscriptions() const noexcept;  ///< places
    [[nodiscard]] std::uint64_t messages_in() const noexcept;  ///< from the router
    [[nodiscard]] std::uint64_t gaps() const noexcept;  ///< told to subscribers, one per channel
    /// Answers to publishes by outcome; [0] is success, else by `router::Errc`.
    [[nodiscard]] std::uint64_t publishes(std::size_t outcome) const noexcept;
    static constexpr std::size_t publish_outcomes = 8;

private:
    class Far;  // its half on the router's thread
    struct Errand;
    struct News;

    void leave(Place::Seat& seat);
    void send(Errand errand);
    void receive(std::vector<News> batch);
    void joined(const News& news);
    void fan_out(const News& news);
    template <typename Visit>
    void walk(Channel& channel, Visit visit);
    void take(Place::Seat& seat);
    void tell_ready();
    void forget_if_empty(Channel& channel);

    membership::Scheduler& own_;
    std::shared_ptr<Far> far_;
    std::shared_ptr<Hub*> self_;  // emptied by the destructor: what is posted checks it
    std::unordered_map<std::string, std::unique_ptr<Channel>> channels_;
    std::unordered_map<std::uint64_t, Channel*> joining_;  // by the number of their errand
    std::vector<Place::Seat*> ready_;  // joined a channel that was there already; null: left since
    std::vector<Errand> errands_;      // of this turn
    std::unordered_map<std::uint64_t, Answer> answers_;
    std::uint64_t last_number_ = 0;
    struct Counts;
    std::unique_ptr<Counts> counts_;
};

}  // namespace ringcast::gateway
