#pragma once

#include "ringcast/ring/hash.hpp"
#include "ringcast/ring/outcome.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::ring {

/// Members in line behind the owner of each arc.
inline constexpr std::size_t successor_count = 3;

/// A position in `Ring::members()`. Meaningful together with that ring only.
using MemberIndex = std::uint16_t;
/// Nobody. In a ring of 65,536 members this number is also the last member's; nothing is absent
/// there.
inline constexpr MemberIndex no_member = 0xffff;
/// The largest weight that is not absurd.
inline constexpr std::uint32_t weight_max = 1'000'000;

/// What the ring knows of a node that owns arcs.
struct Member {
    std::string id;              ///< printable ASCII, not empty, unique in the ring
    std::uint32_t weight = 100;  ///< relative share of the arcs; 1 to 1'000'000
    std::string zone;            ///< failure domain, may be empty; successors prefer other zones

    friend bool operator==(const Member&, const Member&) = default;
};

/// Neighbouring arcs of one owner.
struct Stretch {
    MemberIndex owner = no_member;
    std::uint32_t length = 0;

    friend bool operator==(const Stretch&, const Stretch&) = default;
};

/// Channels that live on a given member whatever their arc says: channel name to member id.
using Pins = std::map<std::string, std::string, std::less<>>;

/// 128 bits that are equal exactly when two rings route alike.
struct Digest {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    [[nodiscard]] std::string text() const;  ///< 32 hexadecimal digits
    friend bool operator==(const Digest&, const Digest&) = default;
};

/// Which member owns a channel: an immutable value, cheap to copy (the tables are shared), safe to
/// read from any thread. `owner()` costs one hash and one load, takes no lock and allocates
/// nothing. Members are kept sorted by id, so that no result depends on the order in which they
/// were named.
class Ring {
public:
    /// The first ring of a cluster, from the members alone. `seed` goes into the hash of channels.
    static Outcome<Ring> genesis(std::vector<Member> members, std::uint64_t seed = 0);

    /// The ring after `members` replaced those of `before`: every member gets the floor or the
    /// ceiling of its weighted share, and no more arcs move than that takes. Pins on members that
    /// leave are dropped.
    static Outcome<Ring> next(const Ring& before, std::vector<Member> members);

    /// The ring from its parts, as a view brings them: from arc 0 on. Refused unless there is an
    /// owner within `members` for each of the 65,536 arcs.
    static Outcome<Ring> restore(std::vector<Member> members, std::span<const Stretch> stretches,
                                 Pins pins, std::uint64_t seed);
    static Outcome<Ring> restore(std::vector<Member> members, std::span<const MemberIndex> owners,
                                 Pins pins, std::uint64_t seed);

    /// The ring after a member died: its arcs go to their first successors, nothing else moves. Its
    /// pins are dropped. Refused for the last member.
    [[nodiscard]] Outcome<Ring> without(std::string_view member_id) const;

    /// The same arcs with other pins. Refused when a pin names no member.
    [[nodiscard]] Outcome<Ring> with_pins(Pins pins) const;

    [[nodiscard]] MemberIndex owner(std::string_view channel) const noexcept;
    [[nodiscard]] Arc arc(std::string_view channel) const noexcept;
    [[nodiscard]] MemberIndex owner_of(Arc arc) const noexcept;

    /// The members next in line for an arc, `no_member` where there are too few members.
    [[nodiscard]] std::array<MemberIndex, successor_count> successors(Arc arc) const;

    [[nodiscard]] const std::vector<Member>& members() const noexcept;
    [[nodiscard]] std::optional<MemberIndex> find(std::string_view member_id) const noexcept;
    [[nodiscard]] std::span<const MemberIndex> owners() const noexcept;
    /// The owners in short, from arc 0 on: neighbours differ, and there are few of them.
    [[nodiscard]] std::span<const Stretch> stretches() const noexcept;
    [[nodiscard]] std::size_t arcs_of(MemberIndex member) const noexcept;
    [[nodiscard]] const Pins& pins() const noexcept;
    [[nodiscard]] std::uint64_t seed() const noexcept;
    [[nodiscard]] Digest digest() const noexcept;

    /// Equal when they route alike: the same members, owners, pins and seed.
    friend bool operator==(const Ring& a, const Ring& b) noexcept {
        return a.digest() == b.digest();
    }

private:
    struct Tables;
    explicit Ring(std::shared_ptr<const Tables> tables);
    /// Fills in what follows from members, owners, pins and seed.
    static Ring complete(std::shared_ptr<Tables> tables);

    std::shared_ptr<const Tables> tables_;
};

}  // namespace ringcast::ring
