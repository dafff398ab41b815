#pragma once

#include "ringcast/router/entries.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::ctl {

/// What operators write and read of times, rates and steps. Parsing tells nothing unless the whole
/// text makes sense.

/// "02:00-05:00", UTC; 23:00-01:00 passes midnight.
[[nodiscard]] std::optional<router::When> parse_window(std::string_view text);

/// Messages a second: "5000/s" or "5000".
[[nodiscard]] std::optional<std::uint64_t> parse_message_rate(std::string_view text);

/// Whole seconds up to a day: "60", "60s", "5m", "1h".
[[nodiscard]] std::optional<std::uint32_t> parse_seconds(std::string_view text);

/// Rising percents of which the last is 100: "25,50,100".
[[nodiscard]] std::optional<std::vector<std::uint32_t>> parse_steps(std::string_view text);

/// "between 02:00 and 05:00 UTC"; empty for now.
[[nodiscard]] std::string text_of(const router::When& when);

/// "add redis-4 with weight 300", "pin news to redis-2", in steps and at a time if it says so.
[[nodiscard]] std::string text_of(const router::Request& request);

/// The same change asked for in the same way: who asks and when does not count.
[[nodiscard]] bool same_wish(const router::Request& a, const router::Request& b);

/// "3.2 s", "4 min 10 s", "2 h 5 min".
[[nodiscard]] std::string duration_text(double seconds);

/// "2026-11-22 01:02:03", UTC.
[[nodiscard]] std::string date_text(std::int64_t unix_seconds);

}  // namespace ringcast::ctl
