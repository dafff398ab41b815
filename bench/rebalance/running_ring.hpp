#pragma once

#include "asking.hpp"
#include "change_watch.hpp"
#include "desk.hpp"
#include "event_loop.hpp"
#include "ringcast/membership/znodes.hpp"

#include <spdlog/logger.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace ringcast::bench {

/// The ring of a cluster that runs already, as its operators see it and change it: through
/// ZooKeeper alone, with what `ringcastctl` has for that. Its functions are for the main thread and
/// throw std::runtime_error when ZooKeeper does not answer or the cluster refuses.
class RunningRing {
public:
    /// `line` says where the cluster is. Returns when there is a session.
    RunningRing(ctl::CommandLine line, std::shared_ptr<spdlog::logger> log);
    ~RunningRing();

    [[nodiscard]] ctl::ClusterState read(ctl::ClusterReader::Depth depth);

    /// Puts the request into the queue, under the operators' lock, and follows it from then on.
    void ask(const router::Request& request);
    /// Its znode; empty as long as nothing was asked for.
    [[nodiscard]] const std::string& request() const noexcept { return request_; }
    [[nodiscard]] Phases phases();

    /// What takes the request back that was done, put into the queue likewise.
    void undo();

    /// The view in force, as it was seen last.
    [[nodiscard]] router::View view();

private:
    void close();
    template <typename Result>
    Result await(boost::asio::awaitable<Result> work);
    boost::asio::awaitable<ctl::Asked> put(const router::Request& request);

    const ctl::CommandLine line_;
    const std::shared_ptr<spdlog::logger> log_;
    std::string request_;
    EventLoop loop_;
    // All below lives on the loop's thread.
    std::unique_ptr<membership::Znodes> znodes_;
    std::unique_ptr<ctl::Desk> desk_;
    std::unique_ptr<ChangeWatch> watch_;
};

}  // namespace ringcast::bench
