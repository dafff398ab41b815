#pragma once

#include "event_loop.hpp"
#include "gateway_sample.hpp"

#include <string>
#include <vector>

namespace ringcast::bench {

/// Asks the gateways of somebody else's cluster what they tell of themselves at their admin ports,
/// all at the same time. Blocks for some seconds at most; a gateway that did not answer once is not
/// asked again. Main thread.
class GatewayProbes {
public:
    explicit GatewayProbes(std::vector<GatewayAdmin> places);
    ~GatewayProbes();

    /// In the order of the places; empty of one that does not tell.
    [[nodiscard]] std::vector<GatewaySample> sample();

    /// Which gateway does not tell, and why, a sentence each; empty: all do.
    [[nodiscard]] std::vector<std::string> trouble() const;

private:
    const std::vector<GatewayAdmin> places_;
    std::vector<std::string> trouble_;  ///< of each; written while `sample` waits
    EventLoop loop_;
};

}  // namespace ringcast::bench
