#include "ringcast/ring/ring.hpp"
#include "ringcast/router/view.hpp"

#include <boost/system/result.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// Every process of a simulated cluster reads every state of the view and many write it down again,
// as nodes are told it; most of these name the rings of the one before, and the first rings are the
// same in thousands of runs: 65,536 owners each time, and a digest over them, would be most of what
// a run costs. All are functions of what they are given alone and what comes out never changes, so
// here each is asked once: the linker puts these functions before those that ship (CMakeLists.txt,
// --wrap).

namespace ringcast {
namespace {

constexpr std::size_t kept_max = 256;

/// Of keys that end in their own checksum: it scatters as well as any hash.
struct HashOfSealed {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept {
        std::uint64_t sum = 0;
        const std::size_t size = std::min(key.size(), sizeof sum);
        std::memcpy(&sum, key.data() + key.size() - size, size);
        return sum;
    }
};

struct HashOfAny {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept {
        return std::hash<std::string_view>{}(key);
    }
};

template <typename Value, typename Hash = HashOfAny>
using Kept = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

template <typename Value, typename Hash, typename Make>
Value made_once(Kept<Value, Hash>& kept, std::string_view key, Make make) {
    if (const auto found = kept.find(key); found != kept.end()) return found->second;
    if (kept.size() == kept_max) kept.clear();
    return kept.emplace(std::string(key), make()).first->second;
}

template <typename Number>
void add_number(std::string& key, Number number) {
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void add_text(std::string& key, std::string_view text) {
    add_number(key, text.size());
    key += text;
}

}  // namespace

namespace router {

using Decoded = boost::system::result<ViewRecord>;

Decoded really_decode(std::string_view bytes) asm(
    "__real__ZN8ringcast6router18decode_view_recordESt17basic_string_viewIcSt11char_traitsIcEE");
Decoded decode_once(std::string_view bytes) asm(
    "__wrap__ZN8ringcast6router18decode_view_recordESt17basic_string_viewIcSt11char_traitsIcEE");

Decoded decode_once(std::string_view bytes) {
    static thread_local Kept<Decoded, HashOfSealed> kept;
    return made_once(kept, bytes, [&] { return really_decode(bytes); });
}

std::string really_encode(const ViewRecord& record) asm(
    "__real__ZN8ringcast6router6encodeB5cxx11ERKNS0_10ViewRecordE");
std::string encode_once(const ViewRecord& record) asm(
    "__wrap__ZN8ringcast6router6encodeB5cxx11ERKNS0_10ViewRecordE");

namespace {

/// A ring's digest stands for all of it.
void add_view(std::string& key, const View& view) {
    add_number(key, view.number);
    add_number(key, view.ring.digest());
    for (const Address& address : view.addresses) {
        add_text(key, address.host);
        add_number(key, address.port);
    }
}

std::string key_of(const ViewRecord& record) {
    std::string key;
    add_text(key, record.request);
    add_text(key, record.note);
    add_number(key, record.step);
    add_number(key, record.previous);
    add_number(key, record.last);
    add_number(key, record.acknowledged.size());
    for (const std::string& gateway : record.acknowledged) add_text(key, gateway);
    add_view(key, record.in_force);
    add_number(key, record.proposal.has_value());
    if (record.proposal) {
        add_number(key, record.proposal->stage);
        add_number(key, record.proposal->rate);
        add_view(key, record.proposal->next);
    }
    add_number(key, record.removals_changed);
    for (const ViewRecord::Removal& removal : record.removals) {
        add_text(key, removal.member);
        add_number(key, removal.number);
    }
    return key;
}

}  // namespace

std::string encode_once(const ViewRecord& record) {
    static thread_local Kept<std::string> kept;
    return made_once(kept, key_of(record), [&] { return really_encode(record); });
}

}  // namespace router

namespace ring {

using Members = std::vector<Member>;
using Stretches = std::span<const Stretch>;

Outcome<Ring> really_restore(Members, Stretches, Pins, std::uint64_t) asm(
    "__real__ZN8ringcast4ring4Ring7restoreESt6vectorINS0_6MemberESaIS3_EESt4spanIKNS0_7StretchELm"
    "18446744073709551615EESt3mapINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESG_St4lessIv"
    "ESaISt4pairIKSG_SG_EEEm");
Outcome<Ring> restore_once(Members, Stretches, Pins, std::uint64_t) asm(
    "__wrap__ZN8ringcast4ring4Ring7restoreESt6vectorINS0_6MemberESaIS3_EESt4spanIKNS0_7StretchELm"
    "18446744073709551615EESt3mapINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESG_St4lessIv"
    "ESaISt4pairIKSG_SG_EEEm");

Outcome<Ring> restore_once(Members members, Stretches stretches, Pins pins, std::uint64_t seed) {
    std::string key;
    key.reserve(64 * (members.size() + pins.size()) + 6 * stretches.size());
    add_number(key, seed);
    add_number(key, members.size());
    for (const Member& member : members) {
        add_text(key, member.id);
        add_text(key, member.zone);
        add_number(key, member.weight);
    }
    add_number(key, pins.size());
    for (const auto& [channel, member] : pins) {
        add_text(key, channel);
        add_text(key, member);
    }
    for (const auto& [owner, length] : stretches) {
        add_number(key, owner);
        add_number(key, length);
    }
    static thread_local Kept<Outcome<Ring>> kept;
    return made_once(kept, key, [&] {
        return really_restore(std::move(members), stretches, std::move(pins), seed);
    });
}

}  // namespace ring
}  // namespace ringcast
