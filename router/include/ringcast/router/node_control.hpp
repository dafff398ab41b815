#pragma once

#include "ringcast/router/options.hpp"
#include "ringcast/router/view.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace ringcast::router {

/// What a direct probe of a node found.
enum class ProbeOutcome {
    answered,  ///< it lives, even if it answered with an error
    refused,   ///< its host is there and nothing listens: whatever ran there has ended
    silent,    ///< no answer, or no way there: it may be frozen or cut off, and reached by others
};

/// The coordinator's hand on the nodes: a fresh connection for each call, AUTH if configured.
/// Handlers are called once each, on the thread of the executor or scheduler that it was made with,
/// never from inside the call. Destroying it drops them. Implementations: over the network, and to
/// nodes inside this process.
class NodeControl {
public:
    using ProbeHandler = std::function<void(ProbeOutcome)>;
    using Handler = std::function<void(std::error_code)>;

    virtual ~NodeControl() = default;

    /// Asks a node directly whether it lives.
    virtual void probe(const Address& address, std::chrono::milliseconds timeout,
                       ProbeHandler handler) = 0;

    /// From then on the node refuses publishes by views before `fence`, and says so on its control
    /// channel; number 0 leaves its fence as it is. `record` is the encoded record of view `view`,
    /// kept there for gateways that are cut off. Neither ever goes back, so it may be done again,
    /// and has to be after an error: what was sent may have been done.
    virtual void fence(const Address& address, ViewNumber fence, ViewNumber view,
                       std::string record, std::chrono::milliseconds timeout, Handler handler) = 0;
};

/// `name` is what the nodes' CLIENT LIST shows of its connections; empty: none is set.
[[nodiscard]] std::unique_ptr<NodeControl> make_node_control(boost::asio::any_io_executor executor,
                                                             NodeOptions options, std::string name);

}  // namespace ringcast::router
