#pragma once

#include "loaded_cluster.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace ringcast::bench {

/// Tells since when gateways have left what moved away, by what nodes tell of their subscriptions:
/// while they leave these get fewer than ever before, whatever comes and goes besides. A node that
/// does not tell is taken to have what it had; when none tells, nothing can be seen. Decides
/// without a clock, from one look after the other.
class Stillness {
public:
    /// So long there is none left to leave, and after so long it is believed whatever is seen:
    /// then it is others who leave.
    static constexpr auto believed_after = std::chrono::milliseconds(1'500);
    static constexpr auto given_up_after = std::chrono::minutes(4);

    /// The moment from which on they did not get fewer; nothing: that is not known yet.
    [[nodiscard]] std::optional<std::int64_t> look(const Moment& now);

private:
    std::vector<std::optional<std::uint64_t>> subscriptions_;  ///< by node, as it told last
    std::uint64_t fewest_ = 0;
    std::int64_t fewest_since_ = 0;
    std::int64_t first_look_ = 0;
};

}  // namespace ringcast::bench
