#include "node_probe.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto patience = 1s;
constexpr auto pause_after_trouble = 5s;
constexpr std::size_t answer_bytes_max = 1U << 20U;

/// Whether the socket is ready for that before the time is over.
bool is_ready(int socket, short events, Clock::time_point end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd one{socket, events, 0};
    return left.count() > 0 && ::poll(&one, 1, static_cast<int>(left.count())) == 1;
}

}  // namespace

NodeProbe::NodeProbe(router::Address address) : address_(std::move(address)) {}

NodeProbe::~NodeProbe() {
    disconnect();
}

NodeSample NodeProbe::sample() {
    if (socket_ < 0 && !connect()) return {};
    const auto end = Clock::now() + patience;
    if (::send(socket_, node_question.data(), node_question.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(node_question.size())) {
        return fail("breaks the connection");
    }
    std::string answer;
    while (answer.size() < answer_bytes_max) {
        if (!is_ready(socket_, POLLIN, end)) return fail("does not answer");
        char part[16'384];
        const ssize_t count = ::recv(socket_, part, sizeof part, 0);
        if (count <= 0) return fail("breaks the connection");
        answer.append(part, static_cast<std::size_t>(count));
        if (answer.front() != '$') {
            if (answer.find("\r\n") != std::string::npos) return fail(refusal_of(answer));
        } else if (is_whole_answer(answer)) {
            return parse_answer(answer);
        }
    }
    return fail("answers something else");
}

NodeSample NodeProbe::fail(std::string why) {
    disconnect();
    try_again_ = Clock::now() + pause_after_trouble;
    trouble_ = std::move(why);
    return {};
}

bool NodeProbe::connect() {
    if (Clock::now() < try_again_) return false;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address_.host.c_str(), std::to_string(address_.port).c_str(), &hints,
                      &found) != 0) {
        (void)fail("has an address that is unknown here");
        return false;
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
    socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = 0;
    if (socket_ < 0 ||
        (::connect(socket_, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS)) {
        error = errno;
    } else if (!is_ready(socket_, POLLOUT, Clock::now() + patience)) {
        error = ETIMEDOUT;
    } else {
        socklen_t size = sizeof error;
        ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) return true;
    (void)fail("cannot be reached: " + std::generic_category().message(error));
    return false;
}

void NodeProbe::disconnect() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

std::string refusal_of(std::string_view error) {
    if (error.starts_with("-NOAUTH") || error.starts_with("-WRONGPASS")) return "wants a password";
    if (error.starts_with("-NOPERM")) return "does not allow INFO";
    if (error.starts_with("-")) {
        return "refuses: " + std::string(error.substr(1, error.find("\r\n") - 1));
    }
    return "is no Redis";
}

}  // namespace ringcast::bench
