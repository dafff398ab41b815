#pragma once

#include "admin_pages.hpp"
#include "configuration.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/result.hpp>
#include <spdlog/logger.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace ringcast::gateway {

/// The operators' port: small HTTP requests without a body, one answer each, made on the spot or,
/// when it is long, slice by slice as it is written. Lives on the one thread of its executor. What
/// is thrown while one is made costs that connection alone, and is logged.
///
/// Whoever connects while `Limits::connections` are open is refused with 503 and may try again;
/// when as many are being told so, the next ones are closed without a word.
class AdminServer {
public:
    using Handler = std::function<AdminPage(const AdminRequest& request)>;

    struct Limits {
        std::size_t connections = 64;            ///< more are refused with 503; see below
        std::size_t header_bytes = 8'192;        ///< a longer head is refused with 431
        std::chrono::milliseconds idle{30'000};  ///< for a whole request, and for each write
    };

    virtual ~AdminServer() = default;

    /// Listens and serves. Fails with the system's word when the address cannot be had. Once.
    [[nodiscard]] virtual boost::system::result<void> start() = 0;

    [[nodiscard]] virtual std::uint16_t port() const = 0;  ///< Requires: started.

    /// Closes the port and all connections. The handler is not called afterwards.
    virtual void stop() = 0;
};

[[nodiscard]] std::unique_ptr<AdminServer> make_admin_server(boost::asio::any_io_executor executor,
                                                             Endpoint listen,
                                                             AdminServer::Handler handler,
                                                             std::shared_ptr<spdlog::logger> log,
                                                             AdminServer::Limits limits = {});

}  // namespace ringcast::gateway
