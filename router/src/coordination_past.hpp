#pragma once

#include "ringcast/router/entries.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router::detail {

// What the view record's note and history say of the past: how a coordinator knows what the one
// before it did and had begun.
//
// The note holds history entries, one a line: those that history has yet to get, and at most one
// that is open, of the handoff, or request of several handoffs, that is under way. What is open has
// no time of its end; it is told in history once it is closed.

[[nodiscard]] inline bool is_open(const HistoryEntry& entry) noexcept {
    return entry.at == 0;
}

/// The same entry: how long it took is known better after the write than before.
[[nodiscard]] bool is_same(const HistoryEntry& a, const HistoryEntry& b);

/// Lines that cannot be read are left out.
[[nodiscard]] std::vector<HistoryEntry> parse_notes(std::string_view note);

/// What fits: when history was out of reach for very long, the oldest entries are given up.
[[nodiscard]] std::string encode_notes(std::span<const HistoryEntry> entries);

/// A node that was a member until it died, or its agent did.
struct Fallen {
    std::uint32_t weight = 0;  ///< that it had; 0: unknown
    bool flaps = false;        ///< it fell too often: only an operator takes it back
    /// Channels that were pinned to it, and that no operator has pinned or unpinned since.
    std::vector<std::string> pins = {};
};

/// Those that are to be members again when they are back: whose last change was their end, and no
/// operator's wish. One flaps that fell `count_max` times within `window_s`, from then on until an
/// operator adds it.
[[nodiscard]] std::map<std::string, Fallen, std::less<>> fallen(
    const std::deque<HistoryEntry>& history, std::uint32_t window_s, std::uint32_t count_max);

}  // namespace ringcast::router::detail
