#pragma once

#include "client_protocol.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ringcast::bench {

/// One client of a gateway: a WebSocket that says commands and tells every line it hears. It
/// answers the gateway's pings by itself. Lives on the thread of its executor, where all is called
/// and calls back; it keeps itself alive until its socket is closed, and its owner until then
/// keeps what the handlers touch.
class ClientConnection {
public:
    struct Handlers {
        std::function<void()> open;  ///< the gateway took the upgrade: say connect
        std::function<void(std::string_view line)> line;
        /// It is gone without having been asked to close: how, a part of a sentence. The last call.
        std::function<void(std::string why)> lost;
    };

    ClientConnection(boost::asio::any_io_executor executor, const ClientPlace& place,
                     Handlers handlers);
    ~ClientConnection();
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    /// Lines without the last newline. What is said in one turn of the loop goes out in one frame,
    /// as long as it stays below the gateway's limit for frames.
    void say(std::string_view lines);

    /// Says goodbye and waits a second for the answer. No handler is called from here on.
    void close();

    /// Nothing of it is under way any more.
    [[nodiscard]] bool is_closed() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ringcast::bench
