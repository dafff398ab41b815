#pragma once

#include "bench_gateway.hpp"
#include "change.hpp"
#include "node_sample.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {

/// When the cluster came to which point of a change, by the clock of histories; 0: not yet, or
/// never.
struct Phases {
    std::int64_t asked = 0;     ///< the request was written, or the node was killed
    std::int64_t prepare = 0;   ///< the next view was proposed
    std::int64_t fence = 0;     ///< every gateway had acknowledged it
    std::int64_t in_force = 0;  ///< the view came into force
    std::int64_t done = 0;      ///< history told what came of it
    std::string refused;        ///< why nothing came of it
};

/// A cluster to be measured: real redis-servers, each with its agent; a coordinator; gateways that
/// publish and listen. ZooKeeper is somebody else's. Agents and the coordinator share one thread
/// here, so that what gateways cost is seen alone. Its functions are for the main thread and throw
/// std::runtime_error when the cluster does not do what it must within a minute or two.
class BenchCluster {
public:
    struct Settings {
        Load load;  ///< `messages_per_second` of one gateway
        Change change;
        std::uint64_t seed = 1;
        std::uint32_t rate = 0;  ///< channels a second that a gateway subscribes; 0: no limit
        std::string zookeeper;   ///< its hosts
        std::string name;        ///< of the cluster, unique in that ZooKeeper
        std::function<void(const std::string&)> tell = {};  ///< how far setting up has come
    };

    /// Starts the nodes, forms the first view of `members.before`, and puts a node that is to be
    /// added on standby.
    BenchCluster(Settings settings, const Members& members, std::shared_ptr<spdlog::logger> log);
    ~BenchCluster();

    /// Lets every gateway subscribe; returns when all is confirmed.
    void subscribe();

    [[nodiscard]] std::vector<std::unique_ptr<BenchGateway>>& gateways() noexcept {
        return gateways_;
    }

    /// Makes the change as an operator would (or fate): the coordinator carries it out.
    void ask();

    /// The same change without a handoff: the next view is written as the one in force, and each
    /// gateway moves when it hears of it. There is no coordinator from then on.
    void switch_naively();

    [[nodiscard]] Phases phases();

    /// Of every node there is before or after; all zeros for one that does not answer.
    [[nodiscard]] std::vector<NodeSample> sample() const;

private:
    class Control;
    struct Nodes;

    void await_first_view();
    void await_links();

    const Settings settings_;
    const Members members_;
    const std::shared_ptr<spdlog::logger> log_;
    std::unique_ptr<Nodes> nodes_;
    EventLoop loop_;
    std::unique_ptr<Control> control_;  ///< lives on the loop
    std::vector<std::unique_ptr<BenchGateway>> gateways_;
};

}  // namespace ringcast::bench
