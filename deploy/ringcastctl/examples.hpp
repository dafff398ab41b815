#pragma once

#include <string>
#include <string_view>

namespace ringcast::ctl {

/// What stands below the help of a command, "plan add", or of the program, "". Empty of a command
/// that there is not.
[[nodiscard]] std::string examples_of(std::string_view command);

}  // namespace ringcast::ctl
