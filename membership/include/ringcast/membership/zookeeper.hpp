#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <spdlog/logger.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ringcast::membership {

/// Where ZooKeeper is and how this process stands before it.
struct ZooKeeperOptions {
    /// "host:port,host:port", one entry for each server of the ensemble. A chroot may follow the
    /// last one ("zk1:2181,zk2:2181/chat"): it must exist, since whoever mistypes it would
    /// otherwise found a second cluster. While it does not, the session stays `connecting` and an
    /// error is logged once.
    std::string hosts = "127.0.0.1:2181";

    /// The cluster's own root, below the chroot: "/" of `Znodes`.
    std::string root = "/ringcast/main";

    /// Whether the root is created with its parents where it is missing. Whoever only looks leaves
    /// that to others: until then every path, "/" too, is one that does not exist.
    bool create_root = true;

    /// How long a silent process keeps its ephemeral entries. The servers clamp it (to 2 to 20 of
    /// their ticks unless configured); the value agreed on is logged.
    std::chrono::milliseconds session_timeout{6'000};

    /// Digest authentication; both empty: none. With it every znode is created for its creator
    /// only, without it for everybody. A wrong password is noticed by the first call that needs it,
    /// which fails with `no_permission`. Never logged.
    std::string user{};
    std::string password{};

    /// Without a session for so long after start, or after the loss of one: a warning, once.
    std::chrono::milliseconds complain_after{3'000};
};

/// Every fault in the options, one sentence each; none: they can be used.
[[nodiscard]] std::vector<std::string> faults_in(const ZooKeeperOptions& options);

/// The tree of znodes in a ZooKeeper ensemble.
///
/// Never waits for a server: it returns at once in state `connecting` and keeps trying for ever.
/// The states follow what the ensemble says. `suspended` comes when the connection breaks, or after
/// two thirds of the session timeout without an answer, and lasts as long as the outage does: no
/// quorum, no expiry, so nobody but the ensemble may call a session `lost`, however long it
/// is away. Whoever needs to stop earlier keeps a clock from `suspended` on. A call made while
/// suspended waits for the connection that is being tried and fails with `unknown_outcome` when
/// that fails too; while `lost` it fails with `session_lost` at once, while `connecting` with
/// `unavailable`.
///
/// Has threads of its own (the client library's two, one that opens and closes sessions), but calls
/// back on the scheduler's thread only. The destructor ends the session, which withdraws its
/// ephemeral entries within milliseconds; it blocks until then, for seconds when servers have
/// fallen silent, so destroy it when traffic has ended.
///
/// Requires: `faults_in(options)` is empty. The scheduler outlives what is returned.
[[nodiscard]] std::unique_ptr<Znodes> make_zookeeper(Scheduler& scheduler, ZooKeeperOptions options,
                                                     std::shared_ptr<spdlog::logger> log);

}  // namespace ringcast::membership
