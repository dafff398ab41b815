#pragma once

#include "gateway_clients.hpp"
#include "gateway_probes.hpp"
#include "live_plan.hpp"
#include "loaded_cluster.hpp"
#include "node_probe.hpp"
#include "running_ring.hpp"
#include "stillness.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::bench {

/// A cluster that runs already, with clients of its own: loaded through the gateways' WebSocket
/// ports, changed as operators change it, and looked at from where the bench runs: nodes and
/// gateways are asked what they tell of themselves. Those that do not answer here are not in its
/// moments.
///
/// It leaves nothing behind: its channels have a prefix of their own, and its clients go when this
/// object does. The change stays, unless it is undone.
class RunningCluster final : public LoadedCluster {
public:
    struct Settings {
        Load load;  ///< `messages_per_second` of one gateway
        std::string token;
        std::string prefix;
        std::size_t connections = 1;                   ///< to each gateway
        std::uint32_t seconds = 0;                     ///< that connections have to last
        std::function<void(const std::string&)> tell;  ///< how far setting up has come
        std::function<bool()> interrupted;             ///< whether it is to end early
    };

    /// The ring outlives it. Requires: `target` is what that ring was read as.
    RunningCluster(RunningRing& ring, LiveTarget target, Settings settings);

    [[nodiscard]] std::vector<std::string> node_names() const override;
    void subscribe() override;
    [[nodiscard]] std::vector<NodeIndex> owners() override;
    void publish() override;
    void stop_publishing() override;
    [[nodiscard]] Moment look() override;

    /// Requires: by handoff. There is no other way that loses nothing of a cluster in use.
    void change(Way way) override;
    [[nodiscard]] Phases phases() override { return ring_.phases(); }
    /// History tells of the end when gateways have left what moved away, or when it was waited for
    /// that long enough (`leave_seconds_max`): what nodes tell decides.
    [[nodiscard]] std::optional<std::int64_t> settled_at(const Moment& now, const Cost&) override {
        return stillness_.look(now);
    }
    [[nodiscard]] Remarks remarks() override;
    [[nodiscard]] Histories take() override;

private:
    void check();
    void look_at_gateways(Moment& moment);

    RunningRing& ring_;
    const LiveTarget target_;
    const Settings settings_;
    Stillness stillness_;
    std::vector<std::unique_ptr<NodeProbe>> probes_;
    GatewayProbes gateway_probes_;
    std::vector<std::unique_ptr<GatewayClients>> gateways_;
};

}  // namespace ringcast::bench
