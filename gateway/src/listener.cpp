#include "listener.hpp"

#include <boost/asio/ip/address.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ringcast::gateway {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int closed = -1;

error_code last_error() {
    return {errno, boost::system::system_category()};
}

bool set_option(int socket, int option) {
    const int on = 1;
    return ::setsockopt(socket, SOL_SOCKET, option, &on, sizeof on) == 0;
}

// A socket bound to the endpoint, which then names the port it got; or why there is none.
boost::system::result<int> bind(tcp::endpoint& endpoint, bool shared) {
    const int socket = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket == closed) return last_error();
    socklen_t size = static_cast<socklen_t>(endpoint.capacity());
    const bool bound =
        set_option(socket, SO_REUSEADDR) && (!shared || set_option(socket, SO_REUSEPORT)) &&
        ::bind(socket, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 &&
        ::getsockname(socket, endpoint.data(), &size) == 0;
    if (bound) return socket;
    const error_code failure = last_error();
    ::close(socket);
    return failure;
}

}  // namespace

boost::system::result<Listeners> Listeners::open(const std::string& host, std::uint16_t port,
                                                 std::size_t count) {
    error_code failure;
    const auto address = boost::asio::ip::make_address(host, failure);
    if (failure) return failure;
    tcp::endpoint endpoint(address, port);

    // Alone first: this fails when anybody listens there, whether or not they would share.
    const auto alone = bind(endpoint, false);
    if (!alone) return alone.error();
    if (port != 0) ::close(*alone);

    Listeners listeners(endpoint);
    for (std::size_t i = 0; i < count; ++i) {
        const auto socket = bind(endpoint, true);
        if (!socket) failure = socket.error();
        if (socket) listeners.sockets_.push_back(*socket);
        if (!failure && ::listen(*socket, SOMAXCONN) != 0) failure = last_error();
        if (failure) break;
    }
    if (port == 0) ::close(*alone);  // held until here, so that nobody else was given the port
    if (failure) return failure;
    return listeners;
}

Listeners::~Listeners() {
    for (const int socket : sockets_) {
        if (socket != closed) ::close(socket);
    }
}

int Listeners::release(std::size_t index) noexcept {
    return std::exchange(sockets_[index], closed);
}

}  // namespace ringcast::gateway
