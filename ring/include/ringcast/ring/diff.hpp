#pragma once

#include "ringcast/ring/ring.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace ringcast::ring {

/// Neighbouring arcs that go from one member to one other. `from` counts in the members of the
/// first ring, `to` in those of the second.
struct Run {
    Arc first = 0;
    std::size_t length = 0;
    MemberIndex from = no_member;
    MemberIndex to = no_member;

    friend bool operator==(const Run&, const Run&) = default;
};

/// A channel that moves because of a pin made, changed or lifted, apart from what its arc does.
struct PinnedMove {
    std::string channel;
    MemberIndex from = no_member;
    MemberIndex to = no_member;

    friend bool operator==(const PinnedMove&, const PinnedMove&) = default;
};

/// Exactly what changes owner between two rings of one cluster: the arcs in ascending order,
/// without gaps inside a run, and the pinned channels by name. A channel pinned in either ring is
/// governed by `pinned` alone: when it is not listed there it stays, even if its arc is in a run.
struct Diff {
    std::vector<Run> runs;
    std::vector<PinnedMove> pinned;

    [[nodiscard]] std::size_t arcs_moved() const noexcept;
};

/// Requires: both rings have the same seed.
[[nodiscard]] Diff diff(const Ring& before, const Ring& after);

}  // namespace ringcast::ring
