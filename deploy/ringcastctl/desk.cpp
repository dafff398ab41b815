#include "desk.hpp"

#include "admin_client.hpp"
#include "ringcast/membership/errc.hpp"

#include <poll.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

namespace ringcast::ctl {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto gateway_timeout = 2s;
constexpr auto gateway_timeout_min = 50ms;

using Read = std::pair<std::error_code, ClusterState>;

std::function<void(std::error_code, const ClusterState&)> into(Answer<Read>& answer) {
    return [told = answer.handler()](std::error_code error, const ClusterState& state) {
        told({error, state});
    };
}

}  // namespace

Screen::Screen(std::ostream& out, int descriptor, Elsewhere elsewhere)
    : out_(out),
      descriptor_(descriptor),
      terminal_(::isatty(descriptor) != 0),
      elsewhere_(elsewhere) {}

/// Each time: people change the size of their terminals.
void Screen::measure() {
    winsize size{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): there is no other way to ask
    if (!terminal_ || ::ioctl(descriptor_, TIOCGWINSZ, &size) != 0) return;
    if (size.ws_col > 20) width_ = size.ws_col - 1U;
    height_ = size.ws_row;
}

bool Screen::is_gone() const {
    pollfd look{descriptor_, 0, 0};
    return !out_ || (::poll(&look, 1, 0) > 0 && (look.revents & (POLLERR | POLLHUP)) != 0);
}

void Screen::show(Progress progress) {
    measure();
    countdown_.count_down(progress, std::chrono::steady_clock::now());
    draw(progress_lines(progress, width_), progress_line(progress));
}

void Screen::show(const std::string& line) {
    measure();
    draw({line.substr(0, width_)}, line);
}

void Screen::draw(const std::vector<std::string>& lines, const std::string& line) {
    if (!terminal_) {
        if (elsewhere_ == Elsewhere::lines && std::exchange(last_, line) != line) {
            out_ << line << std::endl;
        }
        return;
    }
    clear();
    // The cursor stands on a line of its own below. What scrolls out at the top is never cleared.
    const auto shown = height_ == 0 ? lines : lines_that_fit(lines, height_ - 1);
    for (const std::string& each : shown) out_ << each << "\n";
    drawn_ = shown.size();
    out_ << std::flush;
}

void Screen::clear() {
    if (!terminal_ || drawn_ == 0) return;
    out_ << "\x1b[" << drawn_ << "A\x1b[J" << std::flush;
    drawn_ = 0;
}

std::int64_t Desk::unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string Desk::who_asks() {
    const passwd* user = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe)
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::string who =
        (user != nullptr ? user->pw_name : "uid " + std::to_string(::getuid())) + "@" + host.data();
    std::erase_if(who, [](char c) { return c < ' ' || c > '~'; });
    return who;
}

asio::awaitable<ClusterState> Desk::read(ClusterReader::Depth depth) const {
    Answer<Read> answer(executor);
    const ClusterReader reader(znodes, line.cluster, depth, into(answer));
    Read read = co_await answer.take();
    if (read.first) throw std::system_error(read.first);
    co_return std::move(read.second);
}

asio::awaitable<std::optional<ClusterState>> Desk::look(std::chrono::milliseconds limit) {
    std::error_code error = membership::Errc::unknown_outcome;
    if (znodes.session().state == membership::SessionState::connected) {
        Answer<Read> answer(executor);
        const ClusterReader reader(znodes, line.cluster, ClusterReader::Depth::now, into(answer));
        if (co_await answer.within(limit)) {
            error = answer.value().first;
            if (error && !is_interruption(error)) throw std::system_error(error);
            if (!error) {
                silence.end();
                co_return std::move(answer.value().second);
            }
        }
    }
    const bool too_long = silence.too_long(std::chrono::steady_clock::now());
    if (too_long && !line.timeout) throw std::system_error(error);
    co_return std::nullopt;
}

std::chrono::milliseconds Desk::gateways_within(std::chrono::milliseconds most) const {
    if (!deadline) return most;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        *deadline - std::chrono::steady_clock::now());
    return std::clamp<std::chrono::milliseconds>(left / 2, gateway_timeout_min, most);
}

asio::awaitable<void> Desk::ask(ClusterState& state, Whom whom) {
    const auto within = gateways_within(gateway_timeout);
    std::vector<std::pair<std::string, Answer<AdminAnswer>>> answers;
    for (const router::GatewayEntry& gateway : state.gateways) {
        if (whom == Whom::leader && state.coordinator != gateway.id) continue;
        answers.emplace_back(gateway.id, Answer<AdminAnswer>(executor));
        ask_gateway(executor, gateway.admin_url, "GET", "/status", within,
                    answers.back().second.handler());
    }
    for (auto& [id, waiting] : answers) {
        awaited = id;
        const AdminAnswer answer = co_await waiting.take();
        if (answer.trouble.empty()) {
            state.told.push_back(parse_gateway_status(id, answer.body));
        } else {
            GatewayStatus mute;
            mute.id = id;
            mute.trouble = answer.trouble;
            state.told.push_back(std::move(mute));
        }
    }
    awaited.clear();
}

asio::awaitable<void> Desk::pause(std::chrono::milliseconds time) const {
    asio::steady_timer timer(executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

router::Request Desk::signed_request(router::Request request) const {
    request.by = who;
    request.at = unix_seconds();
    return request;
}

}  // namespace ringcast::ctl
