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

    /// Where a record comes from: of a proposal that a node was told of only the one counts that is
    /// beyond the first fence.
    enum class Source { znode, node };

    /// Acts on what the znode `view` holds, or what a node was told: adopts the view in force, by a
    /// handoff if it was prepared, else as it is; begins a handoff that is proposed, as soon as the
    /// one before is over; drops one that the record counts among those that were dropped: a record
    /// that only does not propose it may be older. Tells whether another view is in force now. A
    /// record older than that view, or that places channels by another seed, changes nothing.
    bool follow(const ViewRecord& record, Clock::time_point now, Source source = Source::znode);

    /// The name of this gateway's entry, whenever it has a new one. Nothing is acknowledged before.
    void announced_as(std::string entry);

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
    /// `after`: nothing by an earlier view follows on its connection.
    void message(LinkId link, std::string_view channel, std::string_view payload,
                 ViewNumber after) {
        subscribing_.message(link, channel, payload, after);
    }
    /// On every subscribing connection of the link nothing by a view before this one follows.
    void fenced(LinkId link, ViewNumber view, Clock::time_point now);
    /// The node behind the link knows of a record with that number.
    void view_heard(LinkId link, ViewNumber view, Clock::time_point now);

    void flush(Clock::time_point now);
    [[nodiscard]] bool wants_flush() const noexcept {
        return publishing_.wants_flush() || !retiring_.empty() || handoff_ || proposal_;
    }
    void tick(Clock::time_point now);
    [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

    /// Everything outstanding fails with `stopped`. Nothing may be called afterwards but this.
    void stop();

    [[nodiscard]] const std::optional<Destinations>& destinations() const noexcept {
        return destinations_;
    }
    [[nodiscard]] std::optional<HandoffStatus> handoff() const;
    [[nodiscard]] const Subscribing& subscribing() const noexcept { return subscribing_; }
    [[nodiscard]] const Publishing& publishing() const noexcept { return publishing_; }

private:
    struct Known {
        std::string member;
        Address address;
        bool open = true;
        ViewNumber fence{};
    };
    /// Nodes to be asked for the same, one after another: who does not answer is not the only one.
    class InTurns {
    public:
        void add(LinkId link);
        void add_first(LinkId link);
        // Require: there is one.
        [[nodiscard]] LinkId next();
        /// From one to the next.
        [[nodiscard]] Clock::duration pause() const;

    private:
        std::vector<LinkId> links_;
    };
    /// From the moment it begins here until everything is left.
    struct Handoff {
        Destinations next;
        std::vector<std::string> entries;  ///< that acknowledge, or would
        bool late = false;  ///< fences had begun when it was not prepared yet: nobody waits for it
        bool acknowledged = false;
        bool counted = false;  ///< the record told whether the acknowledgement was in time
        std::vector<LinkId> uncounted_fences = {};  ///< heard of before that
        Clock::time_point count_by = Clock::time_point::max();
        bool committed = false;
        InTurns fenced = {};  ///< their nodes have the record that counts
        Clock::time_point ask_at = Clock::time_point::max();
    };
    /// The number of a view that some node knows of and we do not.
    struct Behind {
        ViewNumber view{};
        InTurns who_knows = {};  ///< of that one, or of one before it that is not known either
        bool refused = false;    ///< it is of a view, by which publishes are refused
        Clock::time_point ask_at{};
        Clock::time_point give_up_at{};  ///< what depends on it
    };

    [[nodiscard]] Destinations destinations_of(const View& view);
    [[nodiscard]] LinkId link_to(const std::string& member, const Address& address);
    void fall_behind(LinkId link, ViewNumber view, bool refused, Clock::time_point now);
    void jump(const ViewRecord& record, Clock::time_point now);
    void begin(Clock::time_point now);
    void commit(Clock::time_point now);
    void repeat_fences(Clock::time_point now);
    void abort();
    void end_handoff();
    void count_acknowledgement(const ViewRecord& record);
    void count_as(bool in_time);
    [[nodiscard]] bool only_forward() const;
    void advance(Clock::time_point now);
    void retire();
    [[nodiscard]] ViewNumber latest() const;

    RoutingActions& actions_;
    Subscribing subscribing_;
    Publishing publishing_;
    std::optional<Destinations> destinations_;  // the view in force
    std::optional<Handoff> handoff_;
    std::optional<ViewRecord::Proposal> proposal_;  // begins when the handoff before it is over
    std::string entry_;
    ViewNumber read_{};  // the highest number that a record which was read bears
    std::optional<Behind> behind_;
    std::vector<Known> known_;      // by LinkId
    std::vector<LinkId> retiring_;  // open, and in no view any more
};

}  // namespace ringcast::router
