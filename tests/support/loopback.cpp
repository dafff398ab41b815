#include "loopback.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ringcast::test {

std::string ask(std::uint16_t port, std::string_view request,
                const std::function<bool(std::string_view)>& enough,
                std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    // On loopback connecting ends at once, one way or the other.
    if (::connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::send(peer, request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size())) {
        while (!enough(answer)) {
            using std::chrono::milliseconds;
            const auto left =
                std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
            pollfd readable{.fd = peer, .events = POLLIN, .revents = 0};
            if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0)
                break;
            char buffer[4'096];
            const auto count = ::recv(peer, buffer, sizeof buffer, 0);
            if (count <= 0) break;
            answer.append(buffer, static_cast<std::size_t>(count));
        }
    }
    ::close(peer);
    return answer;
}

}  // namespace ringcast::test
