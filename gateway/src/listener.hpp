#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ringcast::gateway {

/// Listening sockets that share one port: the system spreads connections over them (SO_REUSEPORT).
class Listeners {
public:
    /// `port` 0: any free one. Fails when the address is not of this machine or somebody else
    /// listens there, also another gateway, with whom the port would be shared unnoticed.
    [[nodiscard]] static boost::system::result<Listeners> open(const std::string& host,
                                                               std::uint16_t port,
                                                               std::size_t count);
    Listeners(Listeners&& other) noexcept = default;
    Listeners& operator=(Listeners&&) = delete;
    ~Listeners();

    [[nodiscard]] std::uint16_t port() const noexcept { return endpoint_.port(); }
    [[nodiscard]] boost::asio::ip::tcp protocol() const noexcept { return endpoint_.protocol(); }
    /// The socket is the caller's from now on.
    [[nodiscard]] int release(std::size_t index) noexcept;

private:
    explicit Listeners(boost::asio::ip::tcp::endpoint endpoint) : endpoint_(std::move(endpoint)) {}

    boost::asio::ip::tcp::endpoint endpoint_;
    std::vector<int> sockets_;
};

}  // namespace ringcast::gateway
