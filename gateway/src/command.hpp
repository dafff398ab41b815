#pragma once

#include "json_text.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringcast::gateway {

/// What a client asks for, in the order in which a command with several methods is read.
enum class Method : std::uint8_t {
    connect,
    subscribe,
    unsubscribe,
    publish,
    presence,
    presence_stats,
    history,
    rpc,
    send,
    refresh,
    sub_refresh,
    none,  ///< no method that is known: with id 0 it is the answer to a ping
};

[[nodiscard]] std::string_view name(Method method) noexcept;

/// One command of a client; `body` is an object that points into the message.
struct Command {
    std::uint32_t id = 0;
    Method method = Method::none;
    json::Value body;
};

/// Takes the commands out of one WebSocket message, one at a time and in order: JSON objects
/// separated by a newline.
class CommandReader {
public:
    /// The message must outlive the reader and its commands.
    CommandReader(std::string_view message, std::size_t depth_max);

    /// The next command; nothing at the end of the message and at the first fault.
    [[nodiscard]] std::optional<Command> next();

    /// What follows is not a command, or there was none at all.
    [[nodiscard]] bool is_faulty() const noexcept { return faulty_; }

private:
    std::optional<Command> refuse();

    std::string_view message_;
    std::size_t depth_max_;
    std::size_t at_ = 0;
    bool faulty_ = false;
};

}  // namespace ringcast::gateway
