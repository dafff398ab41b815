#pragma once

#include "admin_pages.hpp"
#include "admin_server.hpp"
#include "announcer.hpp"
#include "configuration.hpp"
#include "ringcast/gateway/server.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/membership/registry.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/token.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/coordinator.hpp"
#include "ringcast/router/node_control.hpp"
#include "ringcast/router/router.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <spdlog/logger.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::gateway {

/// The gateways in the registry, written by the control thread and read by all.
class KnownGateways {
public:
    using List = std::vector<router::GatewayEntry>;

    void replace(List list) {
        auto made = std::make_shared<const List>(std::move(list));
        const std::lock_guard lock(mutex_);
        list_ = std::move(made);
    }
    [[nodiscard]] std::shared_ptr<const List> list() const {
        const std::lock_guard lock(mutex_);
        return list_;
    }

private:
    mutable std::mutex mutex_;  // guards the pointer
    std::shared_ptr<const List> list_ = std::make_shared<const List>();
};

/// The whole gateway: the one place that builds its parts, in the order in which they need each
/// other, and takes them apart in reverse.
///
/// The calling thread becomes the control thread, on which znodes, router, coordinator and the
/// operators' port live; the server has threads of its own for clients. The gateway registers first
/// and reads the view second, so that every coordinator either waits for it or is read by it: the
/// router and everything above are built once the entry stands.
class Program {
public:
    static constexpr int exit_stopped = 0;
    static constexpr int exit_failed = 1;
    static constexpr int exit_wrong_use = 2;

    /// Requires: the configuration has no faults.
    Program(Configuration configuration, std::shared_ptr<spdlog::logger> log);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// Runs until a signal or a failure ends it; tells the exit status. Once.
    int run();

private:
    enum class Phase {
        joining,   ///< until the entry stands in the registry
        serving,   ///< everything is built
        draining,  ///< clients are being sent away
        leaving,   ///< the entry is being withdrawn
        ended,     ///< everything has stopped
    };

    bool reserve_ports();
    void name_itself();
    void join();
    void serve();
    void refresh();
    void report_reachability();
    void read_gateways();
    void wait_for_signal();
    void signalled(int number);
    void drain(Drain how);
    [[nodiscard]] AdminControls controls();
    void leave();
    void end(int status);
    void fail_to_listen(const char* what, const Endpoint& endpoint,
                        const boost::system::error_code& error);
    [[nodiscard]] Snapshot snapshot() const;
    [[nodiscard]] HttpHandler api();

    Configuration configuration_;
    std::shared_ptr<spdlog::logger> log_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    Phase phase_ = Phase::joining;
    bool signalled_ = false;
    int status_ = exit_stopped;
    KnownGateways known_gateways_;
    std::atomic<bool> serving_ = true;  ///< read by the API on the server's threads
    AdminPages pages_{controls()};

    // Whoever stands below needs those above it.
    boost::asio::io_context control_{1};
    std::unique_ptr<membership::Scheduler> scheduler_;
    boost::asio::signal_set signals_{control_, SIGTERM, SIGINT};
    std::unique_ptr<AdminServer> admin_;
    std::optional<membership::InProcessEnsemble> ensemble_;  ///< standalone
    std::unique_ptr<membership::Znodes> znodes_;
    membership::Token session_;
    std::optional<membership::Roster> roster_;
    std::optional<Announcer> announcer_;
    std::optional<membership::Announcement> node_;  ///< standalone: the one inside this process
    std::unique_ptr<router::NodeControl> nodes_;
    std::unique_ptr<router::LinkFactory> links_;
    std::unique_ptr<Server> server_;  // outlives the router, which delivers into it
    std::unique_ptr<router::Router> router_;
    std::unique_ptr<router::Coordinator> coordinator_;
    membership::Token refresh_;
    membership::Token last_resort_;
    std::uint64_t messages_before_ = 0;  ///< at the last refresh
};

}  // namespace ringcast::gateway
