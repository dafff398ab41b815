#pragma once

#include "ringcast/ring/ring.hpp"
#include "successors.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace ringcast::ring {

/// The pinned channels by their points: a lookup in a ring with pins costs a short binary search
/// more, one in a ring without them a branch that is never taken. Refers to the names in a `Pins`.
class PinIndex {
public:
    PinIndex() = default;
    /// Requires: every pin names one of `members`, which are sorted by id; `pins` outlives this.
    PinIndex(const Pins& pins, const std::vector<Member>& members, std::uint64_t seed);

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::optional<MemberIndex> find(std::uint64_t point,
                                                  std::string_view channel) const noexcept;

private:
    struct Entry {
        std::uint64_t point;
        std::string_view channel;
        MemberIndex owner;
    };
    std::vector<Entry> entries_;  // sorted by point
};

/// What the copies of a ring share. Complete before the ring is handed out, but for the successors:
/// those are computed when somebody first asks, by one thread, while others that ask wait.
struct Ring::Tables {
    std::array<MemberIndex, arc_count> owners;
    std::uint64_t seed = 0;
    PinIndex pin_index;
    Pins pins;
    std::vector<Member> members;      // sorted by id
    std::vector<std::uint32_t> arcs;  // how many each member owns
    Digest digest;

    mutable std::once_flag lined_up;
    mutable std::unique_ptr<const SuccessorTable> successors;
};

}  // namespace ringcast::ring
