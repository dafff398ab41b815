#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace ringcast::membership {

/// A coordination service within this process: one tree of znodes to which any number of sessions
/// attach. It keeps the rules of ZooKeeper (sessions, ephemerals, sequences, versions, one-shot
/// watches, expiry) without servers, time-outs or disk: `--standalone` runs on it, and so do tests
/// and simulations, which also have the faults below.
///
/// The ensemble and all its sessions live on one thread: their schedulers must run on it. A call
/// takes effect at once; what it answers, and every watch and change of state, comes through the
/// session's own scheduler. The tree lives as long as the ensemble or one of its sessions.
class InProcessEnsemble {
public:
    struct Options {
        std::function<std::int64_t()> unix_ms;  ///< the service's clock; empty: the system's
    };

    InProcessEnsemble();
    explicit InProcessEnsemble(Options options);
    ~InProcessEnsemble();
    InProcessEnsemble(const InProcessEnsemble&) = delete;
    InProcessEnsemble& operator=(const InProcessEnsemble&) = delete;

    /// A client with a session of its own. Destroying it closes the session and removes its
    /// ephemeral entries at once; destroyed while suspended it is a process that died, and they
    /// stay until `expire`. The scheduler outlives it.
    [[nodiscard]] std::unique_ptr<Znodes> attach(Scheduler& scheduler);

    /// Cuts the client off until `resume`: what it has not been answered, and what it calls now,
    /// has an unknown outcome; its watches wait. Its session lives on.
    void suspend(const Znodes& client);
    void resume(const Znodes& client);

    /// Ends the client's session. It is told so, and has a new session as soon as it is not
    /// suspended.
    void expire(const Znodes& client);
    /// Likewise, but a client that is suspended hears of it only when it is back, as it does from a
    /// service on other machines.
    void expire_unheard(const Znodes& client);
    void expire(std::int64_t session);  ///< also one whose client is gone; nothing if it is unknown

    /// The client's session as the service knows it: the client may not have heard of it yet.
    [[nodiscard]] std::int64_t session_of(const Znodes& client) const;

    /// As above for every client, those that attach meanwhile included: the service is away.
    void suspend_all();
    void resume_all();
    void expire_all();

    /// Where the next write of a client loses its connection: before it is carried out or after.
    /// Either way its outcome is unknown to the client, who stays suspended until `resume`.
    enum class Cut { before, after };
    void cut_next_write(const Znodes& client, Cut cut);

    /// How long each call, each answer and each watch of the client travels from now on, asked for
    /// each anew; their order stays. A call takes effect when it arrives. Empty: no time.
    using Delay = std::function<Scheduler::Clock::duration()>;
    void set_latency(const Znodes& client, Delay latency);

    /// The client's server lags behind: each change comes to it so much later, and until then the
    /// client reads what was before and its watches are silent. Its own writes it sees at once, and
    /// with them all before. Empty: no time.
    void set_lag(const Znodes& client, Delay lag);

    struct Service;  // hidden

private:
    std::shared_ptr<Service> service_;
};

}  // namespace ringcast::membership
