#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ringcast::ctl {

/// One value that a handler is told and a coroutine waits for. The handler may outlive everything
/// else; of several calls the first counts. One thread. Waiting throws `operation_aborted` when the
/// program ends.
template <typename Value>
class Answer {
public:
    explicit Answer(boost::asio::any_io_executor executor)
        : state_(std::make_shared<State>(std::move(executor))) {}

    [[nodiscard]] std::function<void(Value)> handler() const {
        return [state = state_](Value value) {
            if (state->value) return;
            state->value.emplace(std::move(value));
            state->timer.cancel();
        };
    }

    /// Waits, at most so long, and tells whether the value is there.
    [[nodiscard]] boost::asio::awaitable<bool> within(std::chrono::milliseconds limit) {
        const auto state = state_;
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!state->value && std::chrono::steady_clock::now() < end) {
            state->timer.expires_at(end);
            boost::system::error_code ignored;  // told by `value`, or by the next co_await
            co_await state->timer.async_wait(
                boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        }
        co_return state->value.has_value();
    }

    /// Waits as long as it takes.
    [[nodiscard]] boost::asio::awaitable<Value> take() {
        const auto state = state_;
        while (!co_await within(std::chrono::hours(1))) {
        }
        co_return std::move(*state->value);
    }

    /// Requires: it is there.
    [[nodiscard]] Value& value() { return *state_->value; }

private:
    struct State {
        explicit State(boost::asio::any_io_executor executor) : timer(std::move(executor)) {}
        boost::asio::steady_timer timer;
        std::optional<Value> value;
    };
    std::shared_ptr<State> state_;
};

/// For how long ZooKeeper has not answered somebody who looks again and again. What is shorter than
/// an election of its leader, a restart of its servers one by one, or a lost session is waited out.
class Silence {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::minutes longest{5};

    void end() { since_.reset(); }

    /// It lasts at this moment; told whether that is too long by now.
    [[nodiscard]] bool too_long(Time now) {
        if (!since_) since_ = now;
        return now - *since_ >= longest;
    }

private:
    std::optional<Time> since_;
};

}  // namespace ringcast::ctl
