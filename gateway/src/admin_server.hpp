#pragma once

#include "admin_pages.hpp"
#include "configuration.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/result.hpp>
#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace ringcast::gateway {

/// The operators' port: small HTTP requests without a body, one answer each, made on the spot.
/// Lives on the one thread of its executor.
class AdminServer {
public:
    using Handler = std::function<AdminPage(std::string_view method, std::string_view path)>;

    virtual ~AdminServer() = default;

    /// Listens and serves. Fails with the system's word when the address cannot be had. Once.
    [[nodiscard]] virtual boost::system::result<void> start() = 0;

    [[nodiscard]] virtual std::uint16_t port() const = 0;  ///< Requires: started.

    /// Closes the port and all connections. The handler is not called afterwards.
    virtual void stop() = 0;
};

[[nodiscard]] std::unique_ptr<AdminServer> make_admin_server(boost::asio::any_io_executor executor,
                                                             Endpoint listen,
                                                             AdminServer::Handler handler);

}  // namespace ringcast::gateway
