#pragma once

#include <boost/asio/awaitable.hpp>
#include <spdlog/logger.h>

#include <exception>
#include <string_view>
#include <utility>

namespace ringcast::gateway {

/// Serves one peer to the end. What is thrown meanwhile costs that peer alone: it is logged as
/// `<event>=<who> reason="..."`, and the answer is false: whoever serves it drops it.
/// Not for what is thrown where Asio begins an operation (no memory for what is to be read): that
/// goes past the coroutine to the loop, and ends the process.
/// Requires: logger and texts outlive the peer.
inline boost::asio::awaitable<bool> guarded(boost::asio::awaitable<void> serving,
                                            spdlog::logger& log, std::string_view event,
                                            std::string_view who) {
    try {
        co_await std::move(serving);
        co_return true;
    } catch (const std::exception& thrown) {
        log.error("{}={} reason=\"{}\"", event, who, thrown.what());
        co_return false;
    }
}

/// For the end of a coroutine that takes peers in: a port that nobody listens to is worse than no
/// process.
inline constexpr auto end_process_on_exception = [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
};

}  // namespace ringcast::gateway
