#pragma once

#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::ctl {

/// What the znodes of a cluster said when they were read.
struct ClusterState {
    std::string cluster;
    std::string zookeeper;  ///< state of the session
    std::optional<router::ViewRecord> record;
    bool view_unreadable = false;
    std::map<std::string, router::NodeEntry> nodes;
    std::vector<router::GatewayEntry> gateways;
    std::optional<std::string> coordinator;  ///< id of the gateway that leads
    std::size_t requests_waiting = 0;
    std::size_t unreadable = 0;  ///< entries with rubbish in them
};

}  // namespace ringcast::ctl
