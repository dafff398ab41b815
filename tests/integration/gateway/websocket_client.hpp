#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::test {

/// A small WebSocket client that a test drives by hand: each call runs its sockets until what is
/// asked for is there or the deadline (10 s) is over. It answers pings and close frames, nothing
/// else.
class WebSocketClient {
public:
    struct Options {
        std::string target = "/connection/websocket";
        std::string origin;     ///< empty: none is sent
        std::string protocols;  ///< empty: none are offered
        std::optional<int>
            receive_buffer_bytes;  ///< of the socket; a small one makes a slow client
    };
    struct Close {
        unsigned code = 0;  ///< 0: closed without a close frame
        std::string reason;
    };

    /// Connects; throws when that fails.
    explicit WebSocketClient(std::uint16_t port) : WebSocketClient(port, Options()) {}
    WebSocketClient(std::uint16_t port, const Options& options);
    ~WebSocketClient();
    WebSocketClient(WebSocketClient&&) noexcept;

    void send(std::string_view message);
    void send_binary(std::string_view message);
    void send_raw(std::string_view bytes);  ///< past the WebSocket layer
    void leave();                           ///< close frame 1000, and its answer

    /// The next line of any message, without its newline. Throws when the connection closes or the
    /// deadline passes first.
    std::string line();
    /// Lines until one contains the text; returns that one.
    std::string line_with(std::string_view text);
    /// The number of WebSocket messages read so far.
    [[nodiscard]] std::uint64_t messages() const;
    /// Reads on until the server closes, and tells how it did.
    Close closed(std::chrono::milliseconds limit = std::chrono::seconds(10));
    [[nodiscard]] const std::string& protocol() const;  ///< the one selected

    /// Sends connect and waits for its reply; returns it.
    std::string connect(std::string_view fields = "");
    /// Sends subscribe and waits for its reply; returns it.
    std::string subscribe(std::string_view channel);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ringcast::test
