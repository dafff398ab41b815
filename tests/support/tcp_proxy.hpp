#pragma once

#include "free_ports.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace ringcast::test {

/// A wire that a test can cut: forwards connections from a free port of 127.0.0.1 to another one,
/// on a thread of its own. All functions may be called from any thread; a fault is in force when
/// its function returns.
class TcpProxy {
public:
    /// Sees what is about to be forwarded, on the proxy's thread: one piece at a time, as it came
    /// off the wire of that connection (they are counted from 1). False: the piece is dropped,
    /// every connection cut, and none taken for `pause_after_filter`, so that a test can act before
    /// the client is back.
    using Filter = std::function<bool(int connection, bool from_client, std::string_view bytes)>;

    static constexpr std::chrono::milliseconds pause_after_filter{300};

    explicit TcpProxy(std::uint16_t target, Filter filter = {});
    ~TcpProxy();
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    [[nodiscard]] std::string address() const { return port_.address(); }

    void cut();     ///< ends every connection; new ones are served
    void refuse();  ///< ends every connection, and each new one at once, until `serve`
    void hold();    ///< keeps connections and takes new ones, but forwards nothing, until `serve`
    void serve();   ///< forwards again, also what was held back
    [[nodiscard]] bool is_serving() const;

private:
    struct State;

    FreePort port_;
    std::unique_ptr<State> state_;
    std::thread thread_;
};

}  // namespace ringcast::test
