#pragma once

#include "change.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ringcast::bench {

/// The ways to place channels on nodes that are compared.
enum class Scheme {
    ringcast,  ///< arcs by sticky quotas: this project's ring
    modulo,    ///< the hash modulo the number of nodes
    classic,   ///< the ring of 160 random points a member
    slots,     ///< the 16,384 slots of a Redis Cluster, moved so that every node gets its share
};
inline constexpr std::array schemes{Scheme::ringcast, Scheme::modulo, Scheme::classic,
                                    Scheme::slots};
[[nodiscard]] std::string_view name_of(Scheme scheme) noexcept;

/// Of what changes owner as a whole: "arcs", "slots".
[[nodiscard]] std::string_view name_of_units(Scheme scheme) noexcept;

inline constexpr std::size_t points_per_member = 160;

/// What one scheme does in a change: each channel falls into a unit (an arc, a slot, a stretch of
/// the circle), and each unit has an owner before and after.
struct Placement {
    std::vector<NodeIndex> before;
    std::vector<NodeIndex> after;
    /// Units that change owner at least, however it is done; only of schemes that own whole units
    /// by the weights of their members.
    std::optional<std::size_t> units_least;

    [[nodiscard]] std::size_t units_moved() const noexcept;
};

/// The rings before and after, as this project places arcs.
struct Rings {
    ring::Ring before;
    ring::Ring after;
};

/// Of a cluster that was just founded with the members before the change.
[[nodiscard]] Rings rings_of(const Members& members, const Change& change, std::uint64_t seed);

/// All schemes in one change.
class Placements {
public:
    /// Of a cluster that was just founded.
    Placements(const Members& members, const Change& change, std::uint64_t seed);
    /// Of one with a past. The other schemes are as if founded with the members before the change,
    /// by the seed of the rings.
    Placements(const Members& members, const Rings& rings);

    [[nodiscard]] const Placement& of(Scheme scheme) const noexcept {
        return placements_[static_cast<std::size_t>(scheme)];
    }
    /// The unit of the channel in each scheme, in the order of `schemes`.
    [[nodiscard]] std::array<std::uint32_t, schemes.size()> units_of(
        std::string_view channel) const noexcept;

private:
    [[nodiscard]] std::uint32_t stretch_of(std::uint64_t point) const noexcept;
    void place_arcs(const Members& members, const Rings& rings);
    void place_modulo(const Members& members);
    void place_points(const Members& members);
    void place_slots(const Members& members);

    [[nodiscard]] Placement& mutable_of(Scheme scheme) noexcept {
        return placements_[static_cast<std::size_t>(scheme)];
    }

    std::uint64_t seed_;
    std::array<Placement, schemes.size()> placements_;
    std::uint64_t modulo_before_ = 1;
    std::uint64_t modulo_after_ = 1;
    std::vector<std::uint64_t> points_;  ///< of both classic rings, sorted: the ends of stretches
    std::vector<std::uint32_t>
        buckets_;  ///< the first point not before each 65,536th of the circle
};

/// How many units must change owner at least, so that each member has the floor or the ceiling of
/// its weighted share of them: what those with too much have above the ceiling, or what those with
/// too little lack to the floor, whichever is more. `weights` has a zero for a member that leaves.
[[nodiscard]] std::size_t units_least(const std::vector<NodeIndex>& before,
                                      const std::vector<std::uint32_t>& weights);

/// Owners of as many units as `before` has, after those with too much gave exactly that to those
/// with too little, as `redis-cli --cluster rebalance` does with slots.
[[nodiscard]] std::vector<NodeIndex> rebalanced(const std::vector<NodeIndex>& before,
                                                const std::vector<std::uint32_t>& weights);

}  // namespace ringcast::bench
