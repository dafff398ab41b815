#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ringcast::router {

/// What holds for the whole cluster and may be changed while it runs: the znode `config`, a JSON
/// object. An absent znode, like an absent field, means the default. Coordinators follow it; what
/// it says applies from the next decision on.
struct ClusterSettings {
    /// No proposal is made, and none goes from `prepare` to `fence`. Deaths are still handled.
    bool paused = false;
    std::uint32_t subscribe_rate = 20'000;    ///< channels a second that each gateway subscribes
    std::uint32_t prepare_seconds_max = 120;  ///< a handoff not acknowledged within is aborted
    std::uint32_t leave_seconds_max = 60;     ///< whoever has not left by then is not waited for
    std::optional<std::uint32_t> death_grace_ms = {};  ///< default: as the gateway is configured
    std::optional<std::uint32_t> vanish_percent_max = {};  ///< likewise
    std::uint32_t flap_window_s = 600;  ///< a member that died `flap_count_max` times within that
    std::uint32_t flap_count_max = 3;   ///< ... stays on standby until an operator adds it

    friend bool operator==(const ClusterSettings&, const ClusterSettings&) = default;
};

/// Refuses (nothing) what is not a JSON object or has an impossible value. An empty text holds the
/// defaults; unknown fields are ignored.
[[nodiscard]] std::optional<ClusterSettings> parse_settings(std::string_view json);

[[nodiscard]] std::string encode(const ClusterSettings& settings);

/// Name and value of each, as text, in the order above; one that is left to the gateways'
/// configuration has an empty value.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> describe(
    const ClusterSettings& settings);

/// `json` with one setting changed: "true", "false" or a number; an empty value takes it out, so
/// that the default holds again. Fields that are unknown here are kept.
struct SettingRefused {
    std::string reason;  ///< one sentence for whoever asked
};
[[nodiscard]] std::variant<std::string, SettingRefused> change_setting(std::string_view json,
                                                                       std::string_view name,
                                                                       std::string_view value);

}  // namespace ringcast::router
