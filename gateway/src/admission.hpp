#pragma once

#include "handshake.hpp"
#include "ringcast/gateway/options.hpp"
#include "token_bucket.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace ringcast::gateway {

/// Who is here, over all threads of the server, and whether one more may come. From any thread: its
/// one mutex is taken when connections and users come and go, never for a message.
class Admission {
public:
    explicit Admission(const Options& options);

    /// A connection that is counted until this goes.
    class [[nodiscard]] Ticket {
    public:
        Ticket(Ticket&& other) noexcept;
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket();

    private:
        friend class Admission;
        Ticket(Admission& admission, std::string address);
        Admission* admission_;
        std::string address_;
    };

    /// Counts a connection. Nothing when so many are here that it does not even get an answer.
    [[nodiscard]] std::optional<Ticket> enter(const std::string& address);

    /// Why the connection may not become a WebSocket now, if so. Counts against the rate.
    [[nodiscard]] std::optional<HandshakeRefusal> refusal(
        const Ticket& ticket, std::chrono::steady_clock::time_point now);

    /// Counts a connected client of the user, unless it has too many. `release_user` undoes it.
    [[nodiscard]] bool admit_user(const std::string& user);
    void release_user(const std::string& user);

    void refuse_newcomers();  ///< from now on: draining
    [[nodiscard]] std::size_t users() const;

private:
    void leave(const std::string& address);

    const LimitOptions limits_;
    const std::size_t connections_per_user_max_;
    mutable std::mutex mutex_;  // guards all below
    bool draining_ = false;
    std::size_t connections_ = 0;
    std::unordered_map<std::string, std::size_t> by_address_;
    std::unordered_map<std::string, std::size_t> by_user_;
    TokenBucket rate_;
};

}  // namespace ringcast::gateway
