#pragma once

#include "in_process_path.hpp"
#include "node_connection.hpp"
#include "ringcast/membership/scheduler.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// A node inside this process, which behaves as a Redis behind its publish script does: each
/// connection is served in order, all in the order of arrival; a subscription is confirmed in the
/// stream of its messages; fence and lease decide on publishes, probes tell the fence. Several
/// routers on one scheduler may share it. Faults are made by hand: cut, frozen, deaf, fenced,
/// without lease.
class InProcessNode {
public:
    explicit InProcessNode(membership::Scheduler& scheduler) : scheduler_(scheduler) {}
    InProcessNode(const InProcessNode&) = delete;
    InProcessNode& operator=(const InProcessNode&) = delete;

    /// Over a path of its own, if one is given: its faults then are those of this client alone.
    [[nodiscard]] std::unique_ptr<NodeConnection> connect(
        NodeConnection::Purpose purpose, NodeConnection::Observer& observer,
        std::shared_ptr<InProcessPath> path = nullptr);

    /// How long what is sent travels, asked for each thing anew; order on a connection stays.
    /// Nothing: until the next turn.
    void set_latency(std::function<Clock::duration()> latency) { latency_ = std::move(latency); }

    /// What the node's scripts do (node_scripts.hpp): the fence and the view told never go back.
    /// Returns where the fence stands then. 0 leaves it and says nothing.
    ViewNumber fence(ViewNumber at, ViewNumber view = {}, std::string record = {});
    void set_lease(bool held) {
        lease_until_ = held ? Clock::time_point::max() : Clock::time_point::min();
    }
    /// What the agent's scripts do (agent/agent.cpp): the lease ends then, and is not granted by a
    /// record that is no later than a removal for which it was given up.
    void grant_lease(Clock::time_point until, ViewNumber stamp) {
        if (stamp > yielded_ || yielded_ == ViewNumber{}) lease_until_ = until;
    }
    void yield_lease(ViewNumber number) {
        yielded_ = std::max(yielded_, number);
        set_lease(false);
    }

    /// All connections break, what travels on them is lost, new ones fail until `heal`.
    void cut();
    void heal() { reachable_ = true; }
    /// Connections of one purpose, or over one path, break; new ones succeed.
    void break_connections(NodeConnection::Purpose purpose);
    void break_connections(const InProcessPath& path);
    /// Comes back at once and knows nothing any more: neither connections nor fence nor lease.
    void restart();
    /// Does nothing until `thaw`, then what came in meanwhile. New connections wait.
    void freeze() { frozen_ = true; }
    void thaw();
    /// Answers, but delivers no message.
    void set_deaf(bool deaf) { deaf_ = deaf; }

    /// Does something at the node in the turn of one of its connections, as a script would, and
    /// then tells the client: neither if the connection breaks on the way.
    static void run(NodeConnection& connection, std::function<void(InProcessNode&)> work,
                    std::function<void()> done);

    /// Is told of each publish that the node decides on, in the order in which it does.
    using Witness = std::function<void(ViewNumber view, const std::string& channel,
                                       const std::string& payload, PublishAnswer::Kind outcome)>;
    void set_witness(Witness witness) { witness_ = std::move(witness); }
    /// Likewise of each fence that is raised, or confirmed.
    using FenceWitness = std::function<void(ViewNumber fence)>;
    void set_fence_witness(FenceWitness witness) { fence_witness_ = std::move(witness); }

    /// The record that it was told of, and its number; how often it has restarted.
    [[nodiscard]] const std::string& record() const noexcept { return record_; }
    [[nodiscard]] ViewNumber told() const noexcept { return view_; }
    [[nodiscard]] std::uint64_t run() const noexcept { return run_; }

    /// Connections subscribed to the channel.
    [[nodiscard]] std::size_t subscribers(std::string_view channel) const;
    /// Publishes accepted since it was made.
    [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }

private:
    class Session;
    class Connection;
    struct InOrderOfConnecting {
        bool operator()(const std::shared_ptr<Session>& a, const std::shared_ptr<Session>& b) const;
    };
    using Sessions = std::set<std::shared_ptr<Session>, InOrderOfConnecting>;

    void arrived(std::function<void()> work);
    void serve();
    PublishAnswer publish(ViewNumber view,
                          const std::vector<std::pair<SharedText, SharedText>>& batch);
    void deliver(const SharedText& channel, const SharedText& payload);
    void say(std::string words);
    void subscribe(const std::shared_ptr<Session>& session, const SharedText& channel);
    void unsubscribe(const std::shared_ptr<Session>& session, const SharedText& channel);
    void forget(const std::shared_ptr<Session>& session);
    void break_those(const std::function<bool(const Session&)>& which);

    membership::Scheduler& scheduler_;
    std::function<Clock::duration()> latency_;
    Witness witness_;
    FenceWitness fence_witness_;
    ViewNumber fence_{};
    ViewNumber view_{};  // that it was told of, and its record
    std::string record_;
    Clock::time_point lease_until_ = Clock::time_point::max();
    ViewNumber yielded_{};
    std::uint64_t run_ = 0;
    bool reachable_ = true;
    bool frozen_ = false;
    bool deaf_ = false;
    bool serving_ = false;
    std::uint64_t accepted_ = 0;
    std::uint64_t last_session_ = 0;
    std::deque<std::function<void()>> backlog_;
    Sessions sessions_;
    std::map<std::string, Sessions, std::less<>> subscriptions_;
};

/// In-process nodes, one for each address that is asked for. They outlive what connects to them.
class InProcessLinks final : public ConnectionFactory {
public:
    explicit InProcessLinks(membership::Scheduler& scheduler) : scheduler_(scheduler) {}

    [[nodiscard]] InProcessNode& at(const Address& address);

    [[nodiscard]] std::unique_ptr<NodeConnection> connect(
        const Address& address, NodeConnection::Purpose purpose,
        NodeConnection::Observer& observer) override {
        return at(address).connect(purpose, observer);
    }

private:
    membership::Scheduler& scheduler_;
    std::map<Address, std::unique_ptr<InProcessNode>> nodes_;
};

}  // namespace ringcast::router
