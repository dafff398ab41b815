#pragma once

#include "ringcast/ring/ring.hpp"

#include <boost/system/result.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// Counts the views of a cluster, from 1. Numbers only grow, and may jump: that of a proposal which
/// was dropped is not used again. An older view is never acted on.
enum class ViewNumber : std::uint64_t {};

[[nodiscard]] constexpr ViewNumber successor(ViewNumber number) noexcept {
    return ViewNumber{static_cast<std::uint64_t>(number) + 1};
}

/// Where a node's Redis listens.
struct Address {
    std::string host;
    std::uint16_t port = 0;

    [[nodiscard]] std::string text() const;  ///< "host:port"; IPv6 in brackets
    /// Nothing unless it is `host:port` with a port from 1 to 65535.
    [[nodiscard]] static std::optional<Address> parse(std::string_view text);
    friend auto operator<=>(const Address&, const Address&) = default;
};

/// The numbered, agreed state of the ring: what every gateway routes by. An immutable value.
struct View {
    ViewNumber number{};
    ring::Ring ring;                 ///< members (id, weight, zone), owners, pins
    std::vector<Address> addresses;  ///< of the ring's members, in their order

    [[nodiscard]] const Address& address_of(ring::MemberIndex member) const {
        return addresses[member];
    }
    friend bool operator==(const View&, const View&) = default;
};

/// How far the change from the view in force to the next one has come (design: handoff).
enum class Stage {
    prepare,  ///< proposed: gateways subscribe on the new owners and acknowledge
    fence,    ///< all acknowledged: old owners are being fenced; from here only forward
};

/// What the znode `view` holds: written only by the coordinator, against the version it was read
/// at.
struct ViewRecord {
    View in_force;
    struct Proposal {
        View next;
        Stage stage = Stage::prepare;
        std::uint32_t rate = 0;  ///< channels a second that each gateway subscribes on the new
                                 ///< owners, and leaves on the old ones; 0: no limit
        friend bool operator==(const Proposal&, const Proposal&) = default;
    };
    std::optional<Proposal> proposal;
    std::string request;     ///< the znode name of the last request acted on: it is done once
    std::string note = {};   ///< the history entry of the last change, as the coordinator appends
                             ///< it: the next one appends it when the last died in between
    ViewNumber previous{};   ///< of the view in force before this one; 0: none, or unknown
    ViewNumber last{};       ///< the highest number that a proposal had which was dropped
    std::uint32_t step = 0;  ///< how many steps of `request` are done
    /// Entries of the gateways that had acknowledged when the last handoff began to fence: one that
    /// is not among them, and thought that it had, was too late. None after a view without handoff.
    std::vector<std::string> acknowledged = {};
    /// A member that is to be removed as dead although nobody knows whether it is: from here on its
    /// agent gives it no lease, and no view is without it before its lease has ended.
    struct Removal {
        std::string member;   ///< of the view in force
        ViewNumber number{};  ///< of this announcement: what is said of it names it
        friend bool operator==(const Removal&, const Removal&) = default;
    };
    std::vector<Removal> removals = {};  ///< ascending by member
    ViewNumber removals_changed{};       ///< number of the last change to them; 0: long ago

    friend bool operator==(const ViewRecord&, const ViewRecord&) = default;
};

/// For the next view or proposal. A number is never given twice, not even when its proposal was
/// dropped: acknowledgements of the first would count for the second.
[[nodiscard]] ViewNumber next_number(const ViewRecord& record) noexcept;

/// By which records are compared that nodes were told of: that of the view in force, or of the last
/// change to the removals if that is higher. The later record has the higher one, whatever else
/// differs.
[[nodiscard]] ViewNumber stamp_of(const ViewRecord& record) noexcept;

/// Bytes for the znode; a ring of 1,000 members takes well below the service's limit of 1 MiB.
[[nodiscard]] std::string encode(const ViewRecord& record);

/// Refuses whatever `encode` cannot have made: truncated, wrong checksum, unknown format,
/// impossible ring. Never crashes, never allocates more than a small multiple of the input. The
/// error is `not_supported` for a whole record in a format of another version, else `bad_message`.
[[nodiscard]] boost::system::result<ViewRecord> decode_view_record(std::string_view bytes);

}  // namespace ringcast::router
