#include "refuse.hpp"

#include <algorithm>
#include <string>

namespace ringcast::ring {
namespace {

constexpr std::size_t name_bytes_max = 255;

bool printable(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::optional<Refusal> refuse(const std::vector<Member>& members) {
    if (members.empty()) return Refusal{Errc::no_members, {}};
    if (members.size() > arc_count) {
        return Refusal{Errc::too_many_members, std::to_string(members.size())};
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Member& member = members[i];
        if (member.id.empty() || member.id.size() > name_bytes_max || !printable(member.id)) {
            return Refusal{Errc::bad_id, member.id};
        }
        if (i > 0 && members[i - 1].id == member.id) return Refusal{Errc::duplicate_id, member.id};
        if (member.weight < 1 || member.weight > weight_max) {
            return Refusal{Errc::bad_weight, member.id + " has " + std::to_string(member.weight)};
        }
        if (member.zone.size() > name_bytes_max || !printable(member.zone)) {
            return Refusal{Errc::bad_zone, member.id + " is in " + member.zone};
        }
    }
    return std::nullopt;
}

std::optional<Refusal> refuse(const Pins& pins, const std::vector<Member>& members) {
    for (const auto& [channel, member_id] : pins) {
        if (channel.empty() || channel.size() > name_bytes_max) {
            return Refusal{Errc::bad_pin, channel};
        }
        if (!find_member(members, member_id)) {
            return Refusal{Errc::bad_pin, channel + " on " + member_id};
        }
    }
    return std::nullopt;
}

std::optional<MemberIndex> find_member(const std::vector<Member>& members,
                                       std::string_view id) noexcept {
    const auto found = std::lower_bound(
        members.begin(), members.end(), id,
        [](const Member& member, std::string_view wanted) { return member.id < wanted; });
    if (found == members.end() || found->id != id) return std::nullopt;
    return static_cast<MemberIndex>(found - members.begin());
}

}  // namespace ringcast::ring
