#pragma once

#include "handshake.hpp"
#include "ringcast/gateway/close_code.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace ringcast::gateway {

/// A number that one thread changes and any thread reads, a little late: whoever reads it sees all
/// that its thread counted before.
class Count {
public:
    void add(std::uint64_t more) noexcept { set(own() + more); }
    void take(std::uint64_t less) noexcept { set(own() - less); }
    [[nodiscard]] std::uint64_t value() const noexcept {
        return value_.load(std::memory_order_acquire);
    }

private:
    [[nodiscard]] std::uint64_t own() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_release); }

    std::atomic<std::uint64_t> value_{0};
};

/// What one thread of the server counts (see `ServerStatus`).
struct Counters {
    Count sessions;
    Count connections;
    Count queue_bytes;
    Count accepted;
    Count commands_in;
    Count messages_out;
    Count frames_out;
    Count bytes_out;
    std::array<Count, close_codes.size()> closes;  // in the order of `close_codes`
    std::array<Count, handshake_refusals> refusals;

    void closed(CloseCode code) noexcept {
        for (std::size_t i = 0; i < close_codes.size(); ++i) {
            if (close_codes[i] == code) closes[i].add(1);
        }
    }
};

}  // namespace ringcast::gateway
