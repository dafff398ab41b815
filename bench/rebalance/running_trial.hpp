#pragma once

#include "command_line.hpp"
#include "cost.hpp"
#include "live_plan.hpp"
#include "measurement.hpp"
#include "running_ring.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ringcast::bench {

/// How long the bench's clients have to be let in, by their token: before the change, as long as
/// that should take, with gateways that leave when nobody waits for them any more, and after it.
/// `plan` is the cost of Scheme::ringcast.
[[nodiscard]] std::uint32_t seconds_needed(const Rebalance& wanted, const Cost& plan);

/// One change of a cluster that runs already, from finding out what it is to taking it back. Main
/// thread; throws std::runtime_error with what to do about it.
class RunningTrial {
public:
    using Tell = std::function<void(const std::string&)>;

    /// Reads the cluster and counts what the change should cost; changes nothing. Requires:
    /// `wanted.running`.
    RunningTrial(Rebalance wanted, std::shared_ptr<spdlog::logger> log, Tell tell,
                 std::function<bool()> interrupted);

    struct Outcome {
        Measurement measurement;
        /// Why the change was not taken back, and what to do about it: a sentence without its full
        /// stop. Empty: it was, or nobody asked for that.
        std::string not_undone;
    };
    /// Loads the cluster, changes it, and undoes the change if that was asked for. Once.
    [[nodiscard]] Outcome measure();

    /// What was asked for, with what the cluster itself says of it.
    [[nodiscard]] const Rebalance& wanted() const noexcept { return wanted_; }
    [[nodiscard]] const Members& members() const noexcept { return target_.members; }
    [[nodiscard]] const std::vector<Cost>& costs() const noexcept { return costs_; }
    [[nodiscard]] std::string conditions() const;

private:
    void undo();
    [[nodiscard]] std::string told(const std::runtime_error& error);

    Rebalance wanted_;
    const Tell tell_;
    const std::function<bool()> interrupted_;
    RunningRing ring_;
    const LiveTarget target_;
    std::size_t connections_ = 0;  ///< to each gateway
    std::vector<Cost> costs_;
};

}  // namespace ringcast::bench
