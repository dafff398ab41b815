#pragma once

#include "channel_rules.hpp"
#include "command.hpp"
#include "credentials.hpp"
#include "reply.hpp"
#include "ringcast/gateway/close_code.hpp"
#include "ringcast/gateway/options.hpp"
#include "ringcast/gateway/protocol.hpp"
#include "token_bucket.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace ringcast::gateway {

/// What the session is to do, in this order.
namespace action {
struct Send {
    std::string text;
};
/// Join the channel; then tell `ClientMachine::subscribed`.
struct Join {
    std::string channel;
};
struct Leave {
    std::string channel;
};
/// Publish; then tell `ClientMachine::published` with the same id.
struct Publish {
    std::uint32_t id;
    std::string channel;
    std::string publication;
};
/// Send what waits, close with this code, and ask the machine no more.
struct Close {
    CloseCode code;
};
}  // namespace action

using Action =
    std::variant<action::Send, action::Join, action::Leave, action::Publish, action::Close>;
using Actions = std::vector<Action>;

/// One moment on both clocks: the steady one for what is waited for, Unix time for tokens.
struct Now {
    std::chrono::steady_clock::time_point steady;
    std::int64_t unix_seconds = 0;
};

/// What one client may say and what it is answered (docs/protocol.md sections 2 to 7), decided
/// without socket, clock or thread: events come in, actions are appended to the caller's list.
///
///     fresh --connect--> connected --protocol fault, flood, no pong, expired--> closed
///       |  \--connect refused with an error--> refused --5 s--> closed
///       +--no connect in time, protocol fault--> closed
class ClientMachine {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// What all clients of a server share; outlives the machine.
    struct Server {
        const Options& options;
        const ChannelRules& rules;
        const Credentials& credentials;
        /// Counts a connection of the user, or refuses. Once per machine, when it connects.
        std::function<bool(const std::string& user)> admit_user;
        /// Notes a publish that was refused before the router saw it. From any thread.
        std::function<void(ErrorCode)> publish_refused;
    };

    /// `client` is the id of the connection; the first ping goes out `first_ping` after the
    /// connect.
    ClientMachine(const Server& server, std::string client, std::chrono::milliseconds first_ping,
                  Now now);

    /// One WebSocket message of the client.
    void receive(std::string_view message, Now now, Actions& actions);
    void subscribed(const std::string& channel, bool success, Now now, Actions& actions);
    void published(std::uint32_t id, std::optional<ErrorCode> failure, Actions& actions);
    /// Messages of the channel may be lost, and the session is off it.
    void lost(const std::string& channel, Now now, Actions& actions);
    /// To be called at `deadline`, or later.
    void pass_time(Now now, Actions& actions);
    /// The session closes for a reason of its own.
    void close() noexcept { state_ = State::closed; }

    [[nodiscard]] Time deadline() const;
    [[nodiscard]] bool is_closed() const noexcept { return state_ == State::closed; }
    [[nodiscard]] const std::string& client() const noexcept { return info_.client; }
    /// The user, once the connection was admitted (it stays so to the end).
    [[nodiscard]] const std::optional<std::string>& admitted_user() const noexcept {
        return admitted_user_;
    }
    [[nodiscard]] std::uint64_t commands() const noexcept { return commands_; }

private:
    enum class State {
        fresh,      // waits for connect
        connected,  // commands and pushes
        refused,    // connect was answered with an error: nothing more is looked at
        closed,
    };

    // A command that waits for those on its channel that came before it.
    struct Deferred {
        std::uint32_t id;
        Method method;
        std::string body;
    };

    // One channel that the client is on, or about to be.
    struct Channel {
        bool joined = false;
        std::uint32_t subscribe_id = 0;  // to be answered while not joined
        std::optional<Time> answer_by;   // while not joined
        std::vector<Deferred> deferred;  // came in while not joined, an unsubscribe first
        bool was_recovering = false;
        Expiry expires = 0;
        std::optional<Time> leave_by;  // expiry and grace
        std::string info;              // JSON or empty
        std::string data;              // JSON or empty: for the reply
    };
    using Channels = std::unordered_map<std::string, Channel>;

    void obey(const Command& command, Now now, Actions& actions);
    void connect(const Command& command, Now now, Actions& actions);
    void subscribe(const Command& command, Now now, Actions& actions);
    [[nodiscard]] std::optional<ErrorCode> subscribe_fault(const std::string& channel) const;
    void unsubscribe(const Command& command, Actions& actions);
    bool defer(const std::string& channel, const Command& command, Actions& actions);
    void resume(std::vector<Deferred> deferred, Now now, Actions& actions);
    void publish(const Command& command, Now now, Actions& actions);
    void refresh(const Command& command, Now now, Actions& actions);
    void sub_refresh(const Command& command, Now now, Actions& actions);
    void pong(Actions& actions);
    void close(CloseCode code, Actions& actions);
    void refuse_connect(std::uint32_t id, ErrorCode code, Now now, Actions& actions);
    void set_expiry(Expiry expires, Now now);
    void set_expiry(Channel& channel, Expiry expires, Now now);
    void note_due(const std::optional<Time>& time);
    void fail_join(Channels::iterator channel, Now now, Actions& actions);
    [[nodiscard]] bool is_own(const SubscriptionClaims& claims, const std::string& channel) const;
    void pass_time_of_channels(Now now, Actions& actions);

    const Server& server_;
    ClientInfo info_;
    std::chrono::milliseconds first_ping_;
    State state_ = State::fresh;
    std::optional<std::string> admitted_user_;
    Channels channels_;
    TokenBucket command_rate_;
    TokenBucket publish_rate_;
    std::uint64_t commands_ = 0;
    Time give_up_at_;                   // while fresh or refused
    Time ping_at_{};                    // while connected
    std::optional<Time> pong_by_;       // a ping is unanswered
    std::optional<Time> expire_by_;     // expiry and grace
    std::optional<Time> channels_due_;  // nothing is due on any channel before this
};

}  // namespace ringcast::gateway
