#pragma once

#include <cstdint>
#include <string>

namespace ringcast::test {

/// A port of 127.0.0.1 on which nobody listens, below the range from which the system gives ports
/// to outgoing connections, reserved until this is destroyed: a bound socket that never listens
/// keeps other tests away, and lets a server with SO_REUSEADDR (Redis, Java and Asio set it) in,
/// any number of times. As it would let in whoever draws a port in another way, everybody here
/// takes the UDP port of that number first (deploy/cluster/ports.js does). Without a server,
/// connections to it are refused.
class FreePort {
public:
    FreePort();
    ~FreePort();
    FreePort(const FreePort&) = delete;
    FreePort& operator=(const FreePort&) = delete;

    [[nodiscard]] std::uint16_t number() const { return number_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(number_); }

private:
    int socket_ = -1;
    int reservation_ = -1;
    std::uint16_t number_ = 0;
};

}  // namespace ringcast::test
