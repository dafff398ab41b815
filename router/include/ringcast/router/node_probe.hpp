#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/options.hpp"
#include "ringcast/router/view.hpp"

namespace ringcast::router {

/// Asks a node directly whether it lives: a fresh connection, AUTH if configured, PING. Two
/// implementations: over the network, and a fake in tests.
class NodeProbe {
public:
    using Handler = std::function<void(bool reachable)>;

    virtual ~NodeProbe() = default;

    /// The handler is called once, within `timeout`, on the thread of the probe's executor, never
    /// from inside this call.
    virtual void probe(const Address& address, std::chrono::milliseconds timeout, Handler handler) = 0;
};

[[nodiscard]] std::unique_ptr<NodeProbe> make_node_probe(boost::asio::any_io_executor executor,
                                                         NodeOptions options);

}  // namespace ringcast::router
