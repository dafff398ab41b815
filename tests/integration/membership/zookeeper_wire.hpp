#pragma once

#include "tcp_proxy.hpp"
#include "zookeeper_server.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace ringcast::test {

/// The wire between one client and a ZooKeeper server: breaks at a chosen moment of the protocol,
/// and reads along what it takes to end the client's session behind its back.
class ZooKeeperWire {
public:
    explicit ZooKeeperWire(std::uint16_t server_port);

    [[nodiscard]] std::string address() const { return proxy_.address(); }
    [[nodiscard]] TcpProxy& proxy() { return proxy_; }

    /// The next create, set or remove loses its connection: its answer is lost if `done`, else the
    /// request itself.
    void break_next_write(bool done);
    [[nodiscard]] bool has_broken() const;

    /// Attaches to the session as its owner would and closes it. The client learns it when it next
    /// has a connection; one that it has is cut.
    void end_session();

private:
    /// One direction of one connection. Pieces need not begin or end where packets do.
    struct Stream {
        std::string rest;  // of a packet that is not complete
        bool is_first = true;
    };
    struct Trap {
        enum class Stage { none, awaiting_request, awaiting_answer, sprung };
        Stage stage = Stage::none;
        bool done = false;
        std::int32_t request = 0;  // number of the request whose answer is to be lost
    };

    bool see(int connection, bool from_client, std::string_view bytes);
    bool passes(bool from_client, bool is_first, std::string_view packet);

    const std::uint16_t server_port_;
    mutable std::mutex mutex_;  // guards all below
    std::map<std::pair<int, bool>, Stream> streams_;
    Trap trap_;
    std::string session_;  // id and password, as the server sent them
    TcpProxy proxy_;       // last: its thread calls `see`
};

/// Creates a znode open to everybody, as some other tool might: without data, which is not the same
/// as with none. `path` is whole, from the service's own root.
void create_without_data(std::uint16_t server_port, const std::string& path);

}  // namespace ringcast::test
