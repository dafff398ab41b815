#pragma once

#include "asking.hpp"
#include "change_watch.hpp"
#include "desk.hpp"
#include "event_loop.hpp"
#include "live_plan.hpp"
#include "ringcast/membership/znodes.hpp"

#include <spdlog/logger.h>

#include <functional>
#include <memory>
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

    /// Puts the request of the target into the queue, under the operators' lock, and follows it
    /// from then on. Refuses when the cluster, looked at under that lock, is not as the target has
    /// it any more.
    void ask(const LiveTarget& target);

    /// What takes that back, at the same rate, put into the queue likewise and followed instead.
    /// Requires: it is done.
    void undo(const LiveTarget& target);

    /// Of what is followed.
    [[nodiscard]] Phases phases();

    /// How the ring is left by what was asked for so far, as a part of a sentence.
    [[nodiscard]] std::string left_as();

    /// The view in force, as it was seen last.
    [[nodiscard]] router::View view();

private:
    void close();
    template <typename Result>
    Result await(boost::asio::awaitable<Result> work);
    using Make = std::function<router::Request(const ctl::ClusterState&)>;
    boost::asio::awaitable<ctl::Asked> put(std::string what, ChangeWatch& watch, Make make);
    [[nodiscard]] const ChangeWatch& followed() const { return undo_ ? *undo_ : *change_; }

    const ctl::CommandLine line_;
    const std::shared_ptr<spdlog::logger> log_;
    EventLoop loop_;
    // All below lives on the loop's thread.
    std::unique_ptr<membership::Znodes> znodes_;
    std::unique_ptr<ctl::Desk> desk_;
    std::unique_ptr<ChangeWatch> change_;
    std::unique_ptr<ChangeWatch> undo_;  ///< of it; nothing: it was not begun
};

}  // namespace ringcast::bench
