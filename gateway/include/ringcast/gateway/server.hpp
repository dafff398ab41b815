#pragma once

#include "ringcast/gateway/close_code.hpp"
#include "ringcast/gateway/options.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/router.hpp"

#include <boost/system/result.hpp>
#include <spdlog/logger.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::gateway {

class Hub;
struct HttpRequest;
struct HttpResponse;
using HttpHandler =
    std::function<void(Hub&, const HttpRequest&, std::function<void(HttpResponse)>)>;

/// What the server is doing, counted over all its threads. Counters only grow.
struct ServerStatus {
    bool draining = false;
    std::uint64_t sessions = 0;     ///< WebSocket connections now, from upgrade to TCP close
    std::uint64_t connections = 0;  ///< of any kind on the client port, now
    std::uint64_t users = 0;  ///< distinct user ids of connected sessions; all anonymous are one
    std::uint64_t subscriptions = 0;  ///< sessions times their channels, now
    std::uint64_t channels = 0;       ///< channels with subscribers here, now
    std::uint64_t queue_bytes = 0;    ///< waiting in outgoing queues, now
    std::uint64_t accepted = 0;       ///< WebSocket handshakes that succeeded
    std::uint64_t commands_in = 0;    ///< commands of clients
    std::uint64_t messages_in = 0;   ///< from the router, once for each thread that has subscribers
    std::uint64_t messages_out = 0;  ///< replies and pushes put into queues
    std::uint64_t frames_out = 0;    ///< WebSocket messages written
    std::uint64_t bytes_out = 0;     ///< payload of those
    std::uint64_t published = 0;     ///< publishes of clients and the API answered with success
    std::uint64_t gaps = 0;  ///< channels whose subscribers were told that messages may be lost
    std::vector<std::pair<std::string, std::uint64_t>> publishes_refused;  ///< by reason
    std::vector<std::pair<CloseCode, std::uint64_t>>
        closes;  ///< `connection_closed`: the peer left
    std::vector<std::pair<std::string, std::uint64_t>> handshakes_refused;  ///< by reason
};

/// How a server sends its clients away.
struct Drain {
    unsigned sessions_per_second = 0;  ///< 0: as fast as `Options::closes_at_once_max` allows
    /// Who is left shortly before is sent away at once, and dropped then. None: it takes as long as
    /// the pace takes, and `TimeOptions::close_timeout` for the last.
    std::optional<std::chrono::milliseconds> limit = {};
};

/// The client port: WebSocket sessions and the HTTP requests that share it. It has threads of its
/// own, each with a listening socket, a hub and the sessions accepted there.
class Server {
public:
    virtual ~Server() = default;

    /// Listens and serves. Fails with the system's word when the address cannot be had. Once.
    [[nodiscard]] virtual boost::system::result<void> start() = 0;

    /// The port that clients reach, also when any was asked for. Requires: started.
    [[nodiscard]] virtual std::uint16_t port() const = 0;

    /// Leaves gracefully: newcomers get 503, sessions are closed with `shutdown`. `drained` is
    /// called once, on a thread of the server, when the last is gone. HTTP requests are served all
    /// the time. From any thread; once.
    virtual void begin_drain(Drain how, std::function<void()> drained) = 0;

    /// Like this from now on; without a limit the one that it has stays. From any thread. Requires:
    /// `begin_drain` was called and has returned.
    virtual void change_drain(Drain how) = 0;

    /// Drops what is left and ends the threads; returns when they have ended. From any thread but
    /// the server's. Idempotent. The router must still be running, or have been stopped but not
    /// destroyed.
    virtual void stop() = 0;

    /// A snapshot, from any thread.
    [[nodiscard]] virtual ServerStatus status() const = 0;
};

/// `router` and its scheduler `routers` outlive the call to `stop`; the server outlives the router,
/// which delivers into it. `handler` serves what is not a WebSocket handshake (`src/http.hpp`);
/// without one such requests get 404. Requires: `faults(options)` is empty.
[[nodiscard]] std::unique_ptr<Server> make_server(Options options, router::Router& router,
                                                  membership::Scheduler& routers,
                                                  HttpHandler handler,
                                                  std::shared_ptr<spdlog::logger> log);

}  // namespace ringcast::gateway
