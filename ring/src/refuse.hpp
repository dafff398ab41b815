#pragma once

#include "ringcast/ring/ring.hpp"

#include <optional>
#include <vector>

namespace ringcast::ring {

/// Why these cannot be the members of a ring. Requires: sorted by id.
[[nodiscard]] std::optional<Refusal> refuse(const std::vector<Member>& members);

/// Why these pins cannot hold in a ring of these members. Requires: members sorted by id.
[[nodiscard]] std::optional<Refusal> refuse(const Pins& pins, const std::vector<Member>& members);

/// The position of a member by its id. Requires: sorted by id.
[[nodiscard]] std::optional<MemberIndex> find_member(const std::vector<Member>& members,
                                                     std::string_view id) noexcept;

}  // namespace ringcast::ring
