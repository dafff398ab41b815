#pragma once

#include "bench_gateway.hpp"
#include "change.hpp"
#include "loaded_cluster.hpp"

#include <spdlog/logger.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::test {
class TcpProxy;
}

namespace ringcast::bench {

/// A cluster to be measured: real redis-servers, each with its agent; a coordinator; gateways that
/// publish and listen. ZooKeeper is somebody else's. Agents and the coordinator share one thread
/// here, so that what gateways cost is seen alone. What it has to do within a minute or two it has
/// two minutes for.
class BenchCluster final : public LoadedCluster {
public:
    struct Settings {
        Load load;  ///< `messages_per_second` of one gateway
        Change change;
        std::uint64_t seed = 1;
        std::uint32_t rate = 0;  ///< channels a second that a gateway subscribes; 0: no limit
        std::string zookeeper;   ///< its hosts
        std::string name;        ///< of the cluster, unique in that ZooKeeper
        /// So much later than the others the last gateway hears of a naive switch; 0: as it comes.
        std::chrono::milliseconds naive_lag{0};
        std::function<void(const std::string&)> tell = {};  ///< how far setting up has come
        /// Whether it is to end early: whoever waits then throws `Interrupted`.
        std::function<bool()> interrupted = [] { return false; };
    };

    /// Starts the nodes, forms the first view of `members.before`, and puts a node that is to be
    /// added on standby.
    BenchCluster(Settings settings, const Members& members, std::shared_ptr<spdlog::logger> log);
    ~BenchCluster() override;

    [[nodiscard]] std::vector<std::string> node_names() const override;
    void subscribe() override;
    [[nodiscard]] std::vector<NodeIndex> owners() override;
    void publish() override;
    void stop_publishing() override;
    [[nodiscard]] Moment look() override;

    /// As an operator would, or fate. The naive switch is the same change without a handoff: the
    /// next view is written as the one in force, and each gateway moves when it hears of it.
    void change(Way way) override;
    [[nodiscard]] Phases phases() override;
    [[nodiscard]] std::optional<std::int64_t> settled_at(const Moment& now,
                                                         const Cost& plan) override;
    [[nodiscard]] Remarks remarks() override { return {}; }
    [[nodiscard]] Histories take() override;

private:
    class Control;
    struct Nodes;

    void form();
    void close();
    template <typename Condition>
    void await(Condition condition, const char* trouble) const;
    void await_first_view();
    void await_links();
    void switch_naively();
    /// All zeros for a node that does not answer.
    [[nodiscard]] std::vector<NodeSample> sample() const;

    const Settings settings_;
    const Members members_;
    const std::shared_ptr<spdlog::logger> log_;
    std::unique_ptr<Nodes> nodes_;
    std::unique_ptr<test::TcpProxy> late_wire_;  ///< of the last gateway to ZooKeeper, if it lags
    EventLoop loop_;
    std::unique_ptr<Control> control_;  ///< lives on the loop
    membership::Token late_news_;       ///< likewise
    std::vector<std::unique_ptr<BenchGateway>> gateways_;
    router::ViewNumber view_before_{};  ///< the change
};

}  // namespace ringcast::bench
