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
/// more. Refers to the names in a `Pins`.
class PinIndex {
public:
    PinIndex() = default;
    /// Requires: every pin names one of `members`, which are sorted by id; `pins` outlives this.
    PinIndex(const Pins& pins, const std::vector<Member>& members, std::uint64_t seed);

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
    /// Longer names are looked up out of line.
    static constexpr std::size_t short_bytes = 128;

    /// For long names and rings with pins; not inlined, to keep the usual case short.
    [[nodiscard, gnu::noinline]] MemberIndex owner_in_full(std::string_view channel) const noexcept;

    std::uint64_t seed = 0;
    std::size_t short_bytes_max = short_bytes;  // zero when there are pins: one test for both
    alignas(64) std::array<MemberIndex, arc_count> owners;
    PinIndex pin_index;
    Pins pins;
    std::vector<Member> members;      // sorted by id
    std::vector<std::uint32_t> arcs;  // how many each member owns
    std::vector<Stretch> stretches;   // the owners once more
    Digest digest;

    mutable std::once_flag lined_up;
    mutable std::unique_ptr<const SuccessorTable> successors;
};

}  // namespace ringcast::ring
