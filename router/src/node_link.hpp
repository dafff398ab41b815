#pragma once

#include "backoff.hpp"
#include "lane.hpp"
#include "link_id.hpp"
#include "node_connection.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/options.hpp"
#include "routing_actions.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// The link to one member: one connection that publishes and one or more that subscribe, each with
/// a bounded number of channels. It keeps them up, asks again for what was subscribed when one
/// broke, and finds out whether they deliver: a probe from this gateway to itself goes through the
/// node's control channel every `probe_interval` and must arrive on every subscribing connection
/// within `probe_timeout`. A node that is frozen, or no longer delivers, is noticed by nothing
/// else.
///
/// Lives on the thread of its scheduler. The observer is never called from inside a call to the
/// link; it must not destroy the link from inside a call of its own.
class NodeLink {
public:
    class Observer {
    public:
        /// The publishing connection is up: `publish` may be called. Down: nothing that was sent
        /// and not answered will be.
        virtual void publishing_up(LinkId link) = 0;
        virtual void publishing_down(LinkId link) = 0;
        virtual void answered(LinkId link, const PublishAnswer& answer) = 0;
        /// After each `subscribe`, and again whenever it was lost and is asked for once more.
        virtual void subscribed(LinkId link, std::string_view channel) = 0;
        virtual void left(LinkId link, std::string_view channel) = 0;
        /// It was subscribed and the connection broke. The link asks for it again by itself.
        virtual void lost(LinkId link, std::string_view channel) = 0;
        /// `after`: where the fence stood when it was published, so that was by that view or a
        /// later one. What is said on a new connection is kept until that is known.
        virtual void message(LinkId link, std::string_view channel, std::string_view payload,
                             ViewNumber after) = 0;
        /// The node is fenced at `view`: nothing that is published by an earlier one follows, on
        /// any of the link's subscribing connections that are up.
        virtual void fenced(LinkId link, ViewNumber view) = 0;
        /// The node knows of a view up to this number, by its fence or because it was told.
        virtual void view_heard(LinkId link, ViewNumber view) = 0;
        /// The answer to `read_view`; empty when the node was told of none.
        virtual void view_read(LinkId link, std::string_view record) = 0;
        /// `status().unreachable` has changed.
        virtual void reachability_changed(LinkId link) = 0;

    protected:
        ~Observer() = default;
    };

    /// Begins to connect. Factory, scheduler and observer outlive the link.
    NodeLink(LinkId id, std::string member, Address address, ConnectionFactory& factory,
             membership::Scheduler& scheduler, const RouterOptions& options,
             std::shared_ptr<spdlog::logger> log, Observer& observer);
    ~NodeLink();
    NodeLink(const NodeLink&) = delete;
    NodeLink& operator=(const NodeLink&) = delete;

    /// One call of the script. Requires: publishing is up; at most `publish_batch_max` in the
    /// batch.
    void publish(ViewNumber view, std::span<const Publication> batch);

    /// Asks the node for the record of the view that it was told of. Does nothing while publishing
    /// is down.
    void read_view();

    /// In bulk: when a command is full, and few commands at a time, so that others need not wait
    /// for the node to be done with them. `end_bulk`: what is there may go without filling a
    /// command.
    void subscribe(const SharedText& channel, Pace pace = Pace::soon);
    void unsubscribe(const SharedText& channel, Pace pace = Pace::soon);
    void end_bulk();

    /// All but `unanswered`, which its user counts.
    [[nodiscard]] LinkStatus status() const;

    [[nodiscard]] const std::string& member() const noexcept { return member_; }
    [[nodiscard]] const Address& address() const noexcept { return address_; }

private:
    class Publisher;
    class Subscriber;
    struct Probe {
        std::uint64_t number;
        Clock::time_point sent;
    };

    void send_commands_soon();
    void watch();
    void send_probe();
    void judge_reachability();
    void judge_fence();
    void hear(ViewNumber view);
    void note_failure(std::string_view which, bool was_up, std::string_view why,
                      Clock::duration retry_in);
    [[nodiscard]] Subscriber& subscriber_for(const ChannelKey& channel);
    [[nodiscard]] bool all_up() const;

    const LinkId id_;
    const std::string member_;
    const Address address_;
    ConnectionFactory& factory_;
    membership::Scheduler& scheduler_;
    const RouterOptions& options_;
    const std::shared_ptr<spdlog::logger> log_;
    Observer& observer_;

    std::unique_ptr<Publisher> publisher_;
    std::vector<std::unique_ptr<Subscriber>> subscribers_;  // never empty, never shrinks

    std::deque<Probe> probes_;  // those that may still prove a connection deaf
    std::uint64_t next_probe_ = 1;
    Clock::time_point probe_due_{};
    const std::string probe_words_;  // what each of our probes begins with

    Clock::time_point down_since_;
    bool was_up_ = false;
    bool unreachable_ = false;
    std::string last_failure_;
    std::uint64_t reconnects_ = 0;
    ViewNumber fence_{};  ///< the highest that was told
    ViewNumber view_{};   ///< likewise
    bool commands_due_ = false;
    std::size_t next_to_send_ = 0;  // of the subscribers, who take turns
    membership::Token watch_;
    const std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);  // what is posted asks
};

}  // namespace ringcast::router
