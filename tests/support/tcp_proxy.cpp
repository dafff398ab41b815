#include "tcp_proxy.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool send_all(int peer, const char* data, ssize_t size) {
    while (size > 0) {
        const auto sent = ::send(peer, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data += sent;
        size -= sent;
    }
    return true;
}

}  // namespace

struct TcpProxy::State {
    enum class Mode { serving, holding, refusing };

    struct Connection {
        int client;
        int server;
        int number;
    };

    State(std::uint16_t port, Filter sieve) : target(port), filter(std::move(sieve)) {}

    void run();
    void accept();
    bool forward(Connection& connection, bool from_client);
    void close_all();
    void become(Mode mode);
    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(waker, &one, sizeof one);
    }

    const std::uint16_t target;
    const Filter filter;  // called on the proxy's thread, under the mutex
    int listener = -1;
    int waker = -1;
    std::mutex mutex;  // guards all below; held while forwarding, so a fault is whole when set
    Mode mode = Mode::serving;
    std::list<Connection> connections;
    int accepted = 0;
    bool cut = false;  // the filter wants it
    std::chrono::steady_clock::time_point refused_until{};
    bool stopping = false;
};

void TcpProxy::State::run() {
    while (true) {
        std::vector<pollfd> polled{{.fd = waker, .events = POLLIN, .revents = 0},
                                   {.fd = listener, .events = POLLIN, .revents = 0}};
        {
            const std::lock_guard lock(mutex);
            if (stopping) return;
            const bool holding = mode == Mode::holding;  // poll ignores negative descriptors
            for (const auto& [client, server, number] : connections) {
                polled.push_back({.fd = holding ? -1 : client, .events = POLLIN, .revents = 0});
                polled.push_back({.fd = holding ? -1 : server, .events = POLLIN, .revents = 0});
            }
        }
        ::poll(polled.data(), polled.size(), -1);
        const std::lock_guard lock(mutex);
        std::uint64_t count = 0;
        if (polled[0].revents != 0) {
            // Connections may have changed hands: look again with the new state.
            [[maybe_unused]] const auto got = ::read(waker, &count, sizeof count);
            continue;
        }
        if (mode != Mode::holding) {
            std::size_t next = 2;
            for (auto connection = connections.begin(); connection != connections.end();) {
                bool open = true;
                if (polled[next].revents != 0) open = forward(*connection, true);
                if (open && polled[next + 1].revents != 0) open = forward(*connection, false);
                next += 2;
                if (open) {
                    ++connection;
                } else {
                    ::close(connection->client);
                    ::close(connection->server);
                    connection = connections.erase(connection);
                }
            }
        }
        if (std::exchange(cut, false)) {
            close_all();
            refused_until = std::chrono::steady_clock::now() + pause_after_filter;
        }
        if (polled[1].revents != 0) accept();
    }
}

void TcpProxy::State::accept() {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(target);
    if (mode == Mode::refusing || std::chrono::steady_clock::now() < refused_until ||
        ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(server);
        ::close(client);
        return;
    }
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections.push_back({client, server, ++accepted});
}

bool TcpProxy::State::forward(Connection& connection, bool from_client) {
    char buffer[65'536];
    const int from = from_client ? connection.client : connection.server;
    const auto count = ::recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (count <= 0) return false;
    if (filter &&
        !filter(connection.number, from_client, {buffer, static_cast<std::size_t>(count)})) {
        cut = true;
        return false;
    }
    return send_all(from_client ? connection.server : connection.client, buffer, count);
}

void TcpProxy::State::close_all() {
    for (const auto& connection : connections) {
        ::close(connection.client);
        ::close(connection.server);
    }
    connections.clear();
}

void TcpProxy::State::become(Mode next) {
    {
        const std::lock_guard lock(mutex);
        mode = next;
        if (mode == Mode::refusing) close_all();
    }
    wake();
}

TcpProxy::TcpProxy(std::uint16_t target, Filter filter)
    : state_(std::make_unique<State>(target, std::move(filter))) {
    state_->waker = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    state_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(state_->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto address = loopback(port_.number());
    if (::bind(state_->listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0 ||
        ::listen(state_->listener, 64) != 0) {
        throw std::runtime_error("the proxy cannot listen on " + port_.address());
    }
    thread_ = std::thread([this] { state_->run(); });
}

TcpProxy::~TcpProxy() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake();
    thread_.join();
    state_->close_all();
    ::close(state_->listener);
    ::close(state_->waker);
}

void TcpProxy::cut() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->close_all();
    }
    state_->wake();
}

void TcpProxy::refuse() {
    state_->become(State::Mode::refusing);
}
void TcpProxy::hold() {
    state_->become(State::Mode::holding);
}
void TcpProxy::serve() {
    state_->become(State::Mode::serving);
}

bool TcpProxy::is_serving() const {
    const std::lock_guard lock(state_->mutex);
    return state_->mode == State::Mode::serving;
}

}  // namespace ringcast::test
