#pragma once

#include <optional>
#include <string_view>

namespace ringcast::ctl {

/// The script that teaches a shell ("bash", "zsh") the commands, their options, and, by asking the
/// cluster, the names of nodes, members, gateways, requests and settings. Nothing for another
/// shell.
[[nodiscard]] std::optional<std::string_view> completion(std::string_view shell);

}  // namespace ringcast::ctl
