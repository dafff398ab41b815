#pragma once

#include <string>

namespace ringcast::membership {

/// Sixteen hexadecimal digits from the system's source of chance: names one start of a process, or
/// one object among all that ever were. Simulations, which must take the same course twice, make
/// their own.
[[nodiscard]] std::string random_id();

}  // namespace ringcast::membership
