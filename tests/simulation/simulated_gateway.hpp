#pragma once

#include "announcer.hpp"
#include "history.hpp"
#include "in_process_node.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/router/coordinator.hpp"
#include "ringcast/router/router.hpp"
#include "seeded_scheduler.hpp"
#include "setup.hpp"
#include "tripwire.hpp"
#include "wires.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::simulation {

class SimulatedNode;

/// What all gateways of a run share.
struct Surroundings {
    SeededScheduler& scheduler;
    membership::InProcessEnsemble& ensemble;
    History& history;
    std::vector<std::unique_ptr<SimulatedNode>>& nodes;
    const std::vector<std::string>& channels;  // names, by number
    Wires::Taps taps;
    std::function<std::chrono::nanoseconds()> latency;  // of links, and of the ensemble
    std::function<std::chrono::nanoseconds()> lag;      // of the ensemble's servers
    std::shared_ptr<spdlog::logger> log;
    bool crowded;  // in gateways
};

/// One gateway process, wired as the program wires it: it announces itself first and reads the view
/// second, and stands for election. In place of clients it has listeners, which write down what
/// they hear, and one publisher for each, which numbers its messages channel by channel.
class SimulatedGateway {
public:
    SimulatedGateway(Surroundings& around, std::uint32_t number);
    ~SimulatedGateway();
    SimulatedGateway(const SimulatedGateway&) = delete;
    SimulatedGateway& operator=(const SimulatedGateway&) = delete;

    /// From here on it is no more: what was under way on its connections still arrives, its session
    /// lives on until it is expired.
    void kill();
    [[nodiscard]] bool alive() const noexcept { return znodes_ != nullptr; }
    [[nodiscard]] bool serving() const noexcept { return router_ != nullptr; }
    /// It has a view: until then it takes no clients.
    [[nodiscard]] bool ready() const { return serving() && !router_->owner_of("any").empty(); }

    // What its clients do. Requires: serving.
    void subscribe(std::size_t listener, std::uint32_t channel);
    void unsubscribe(std::size_t listener, std::uint32_t channel);
    void publish(std::size_t publisher, std::uint32_t channel);
    [[nodiscard]] bool wants(std::size_t listener, std::uint32_t channel) const {
        return wanted_.contains({listener, channel});
    }
    [[nodiscard]] bool wants(std::uint32_t channel) const;
    [[nodiscard]] bool has_clients() const noexcept { return !wanted_.empty(); }
    [[nodiscard]] bool all_confirmed() const;
    [[nodiscard]] std::size_t unanswered() const noexcept { return unanswered_.size(); }
    [[nodiscard]] const std::set<Message>& unanswered_messages() const noexcept {
        return unanswered_;
    }

    [[nodiscard]] const std::shared_ptr<router::InProcessPath>& path_to(const SimulatedNode& node);
    [[nodiscard]] membership::Znodes& znodes() noexcept { return *znodes_; }
    /// Of one that was killed: what it leaves to expire.
    [[nodiscard]] std::int64_t session_left() const noexcept { return session_left_; }
    [[nodiscard]] Process& process() noexcept { return process_; }
    [[nodiscard]] router::Router& router() noexcept { return *router_; }
    [[nodiscard]] router::Coordinator& coordinator() noexcept { return *coordinator_; }
    /// Nodes that its coordinator does not reach, although its router does.
    [[nodiscard]] std::set<const SimulatedNode*>& beyond_coordinator() noexcept {
        return beyond_coordinator_;
    }
    /// What came of its coordinator's last probes of a node.
    struct Probes {
        SeededScheduler::Clock::time_point last;
        unsigned failed = 0;  ///< one after another; 0: the last was answered
        SeededScheduler::Clock::time_point failing_since;
    };
    [[nodiscard]] const Probes* probes_of(const router::Address& address) const;
    void has_probed(const router::Address& address, bool answered);
    /// Between the coordinator and what it acts on.
    [[nodiscard]] Tripwire& tripwire() noexcept { return tripwire_; }
    [[nodiscard]] const Wires& wires() const noexcept { return wires_; }
    /// The names that it had in the registry, in the order of time.
    [[nodiscard]] const std::vector<std::string>& entries() const noexcept { return entries_; }
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
    [[nodiscard]] std::uint32_t listener_id(std::size_t listener) const noexcept {
        return number_ * static_cast<std::uint32_t>(listeners_each) +
               static_cast<std::uint32_t>(listener);
    }

private:
    class Links;
    class Ear;
    struct Wish {
        bool confirmed = false;
        std::uint64_t attempt = 0;
        membership::Token retry;
    };

    void serve();
    void ask(std::size_t listener, std::uint32_t channel);
    void tell(Event event);
    void report_reachability();

    Surroundings& around_;
    const std::uint32_t number_;
    Process& process_;
    std::map<const SimulatedNode*, std::shared_ptr<router::InProcessPath>> paths_;
    std::int64_t session_left_ = 0;
    std::set<const SimulatedNode*> beyond_coordinator_;
    std::map<router::Address, Probes> probes_;
    Tripwire tripwire_;
    std::vector<std::unique_ptr<Ear>> ears_;
    std::map<std::pair<std::size_t, std::uint32_t>, Wish> wanted_;
    std::map<std::pair<std::size_t, std::uint32_t>, std::uint32_t> published_;  // the last number
    std::uint64_t attempts_ = 0;
    std::set<Message> unanswered_;
    Wires wires_;
    std::vector<std::string> entries_;

    std::unique_ptr<membership::Znodes> znodes_;  // what follows needs it
    std::unique_ptr<membership::Znodes> coordinator_znodes_;
    std::unique_ptr<router::NodeControl> control_;
    std::unique_ptr<router::LinkFactory> links_;
    std::optional<gateway::Announcer> announcer_;
    std::unique_ptr<router::Router> router_;
    std::unique_ptr<router::Coordinator> coordinator_;
};

}  // namespace ringcast::simulation
