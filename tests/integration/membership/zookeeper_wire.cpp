#include "zookeeper_wire.hpp"

#include "child_process.hpp"
#include "loopback.hpp"

#include <stdexcept>

namespace ringcast::test {

using namespace std::chrono_literals;

namespace {

// What the protocol looks like, as far as it is needed here. All numbers are big-endian; every
// packet begins with the length of the rest.
//   first request:   length, version, last zxid (8), timeout, session id (8), 16, password (16)
//   first answer:    length, version, timeout, session id (8), 16, password (16), read-only (1)
//   later requests:  length, number, kind, ...
//   later answers:   length, number, ...
constexpr std::size_t password_size = 16;
constexpr std::size_t session_size = 8 + 4 + password_size;  // id, length of the password, password

std::int32_t number_at(std::string_view bytes, std::size_t position) {
    if (bytes.size() < position + 4) return 0;
    std::uint32_t number = 0;
    for (std::size_t index = 0; index < 4; ++index) {
        number = (number << 8U) | static_cast<unsigned char>(bytes[position + index]);
    }
    return static_cast<std::int32_t>(number);
}

std::string encoded(std::int32_t number) {
    std::string bytes(4, '\0');
    for (std::size_t index = 0; index < 4; ++index) {
        bytes[index] = static_cast<char>(static_cast<std::uint32_t>(number) >> (24 - 8 * index));
    }
    return bytes;
}

std::string encoded(const std::string& text) {
    return encoded(static_cast<std::int32_t>(text.size())) + text;
}

/// A session that is opened or attached to, one request and the end of the session. `session` is id
/// and password as the server sends them.
std::string converse(std::uint16_t port, const std::string& session, const std::string& request) {
    const auto open = encoded(0) + std::string(8, '\0') + encoded(10'000) + session;
    const auto close = encoded(2) + encoded(-11);
    const auto packets =
        encoded(open) + (request.empty() ? "" : encoded(encoded(1) + request)) + encoded(close);
    // The server answers everything and hangs up.
    return ask(
        port, packets, [](std::string_view) { return false; }, 10s);
}

/// Whether the server has closed the session of a conversation without a request, or knew it no
/// more.
bool is_farewell(std::string_view answers) {
    if (answers.size() < 12) return false;
    const auto first_size = 4 + static_cast<std::size_t>(number_at(answers, 0));
    const bool is_unknown = number_at(answers, 8) == 0;  // a timeout of nothing
    return is_unknown || answers.size() > first_size;
}

bool is_write(std::int32_t kind) {
    constexpr std::int32_t create = 1, remove = 2, set = 5, create_with_stat = 15;
    return kind == create || kind == remove || kind == set || kind == create_with_stat;
}

}  // namespace

ZooKeeperWire::ZooKeeperWire(std::uint16_t server_port)
    : server_port_(server_port),
      proxy_(server_port, [this](int connection, bool from_client, std::string_view bytes) {
          return see(connection, from_client, bytes);
      }) {}

void ZooKeeperWire::break_next_write(bool done) {
    const std::lock_guard lock(mutex_);
    trap_ = {.stage = Trap::Stage::awaiting_request, .done = done};
}

bool ZooKeeperWire::has_broken() const {
    const std::lock_guard lock(mutex_);
    return trap_.stage == Trap::Stage::sprung;
}

bool ZooKeeperWire::see(int connection, bool from_client, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    auto& [rest, is_first] = streams_[{connection, from_client}];
    rest += bytes;
    bool all_pass = true;
    while (rest.size() >= 4) {
        const auto size = 4 + static_cast<std::size_t>(number_at(rest, 0));
        if (rest.size() < size) break;
        all_pass =
            passes(from_client, is_first, std::string_view{rest}.substr(0, size)) && all_pass;
        is_first = false;
        rest.erase(0, size);
    }
    return all_pass;
}

bool ZooKeeperWire::passes(bool from_client, bool is_first, std::string_view packet) {
    if (is_first) {
        if (!from_client && packet.size() >= 12 + session_size) {
            session_ = packet.substr(12, session_size);
        }
        return true;
    }
    const auto number = number_at(packet, 4);
    if (from_client && trap_.stage == Trap::Stage::awaiting_request &&
        is_write(number_at(packet, 8))) {
        trap_.request = number;
        trap_.stage = trap_.done ? Trap::Stage::awaiting_answer : Trap::Stage::sprung;
        return trap_.done;
    }
    if (!from_client && trap_.stage == Trap::Stage::awaiting_answer && number == trap_.request) {
        trap_.stage = Trap::Stage::sprung;
        return false;
    }
    return true;
}

void ZooKeeperWire::end_session() {
    std::string session;
    {
        const std::lock_guard lock(mutex_);
        session = session_;
    }
    if (session.empty()) throw std::logic_error("no session has passed this wire");
    // The server closes the connection that the session had until now. Its owner must not hear of
    // it too early, or it takes the session back.
    const bool was_serving = proxy_.is_serving();
    if (was_serving) proxy_.hold();
    // An attempt of its owner to come back may be on its way already, and win.
    const bool ended =
        wait_until([&] { return is_farewell(converse(server_port_, session, "")); }, 10s);
    if (!ended) throw std::runtime_error("the server did not end the session");
    proxy_.cut();
    if (was_serving) proxy_.serve();
}

void create_without_data(std::uint16_t server_port, const std::string& path) {
    const std::string session = std::string(8, '\0') + encoded(std::string(password_size, '\0'));
    const auto everything_for_everybody =
        encoded(1) + encoded(31) + encoded(std::string{"world"}) + encoded(std::string{"anyone"});
    const auto create =
        encoded(1) + encoded(path) + encoded(-1) + everything_for_everybody + encoded(0);
    (void)converse(server_port, session, create);
}

}  // namespace ringcast::test
