#pragma once

#include "command_line.hpp"
#include "ringcast/membership/zookeeper.hpp"

#include <string>

namespace ringcast::ctl {

/// Where the tree of a cluster is, as a command line says it, and how to be let in.
struct ZooKeeperPlace {
    membership::ZooKeeperOptions options;
    std::string faults;  ///< one a line; empty: all is well
};

/// Reads the digest file, if one is named.
[[nodiscard]] ZooKeeperPlace zookeeper_place(const CommandLine& line);

}  // namespace ringcast::ctl
