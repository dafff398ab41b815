#include "free_ports.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

namespace ringcast::test {

namespace {

constexpr int closed = -1;

// A socket bound to the port, if nobody else has one there.
int bound(int type, std::uint16_t port) {
    const int candidate = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(candidate, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return candidate;
    }
    ::close(candidate);
    return closed;
}

}  // namespace

FreePort::FreePort() {
    // Apart from each other at random, so that processes that start together rarely collide.
    std::random_device chance;
    std::uniform_int_distribution<unsigned> ports(12'000, 32'000);
    for (int attempt = 0; attempt < 1'000; ++attempt) {
        const auto port = static_cast<std::uint16_t>(ports(chance));
        reservation_ = bound(SOCK_DGRAM, port);
        if (reservation_ == closed) continue;
        // Bound without SO_REUSEADDR, this fails beside any other socket on the port; set
        // afterwards, it lets those in that have it.
        socket_ = bound(SOCK_STREAM, port);
        if (socket_ != closed) {
            const int on = 1;
            ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
            number_ = port;
            return;
        }
        ::close(reservation_);
    }
    throw std::runtime_error("no free port between 12000 and 32000 on 127.0.0.1");
}

FreePort::~FreePort() {
    ::close(socket_);
    ::close(reservation_);
}

}  // namespace ringcast::test
