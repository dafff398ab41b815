#include "digest.hpp"

#include "xxh3.hpp"

#include <bit>
#include <string>
#include <string_view>

namespace ringcast::ring {
namespace {

/// All numbers little-endian, every name behind its length (32 bits) and every list behind its
/// count (32 bits), so that no two different rings have one encoding. It is hashed as it goes by.
class Encoding {
public:
    Encoding() { XXH3_128bits_reset(&state_); }

    void number(std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i)
            bytes_.push_back(static_cast<char>(value >> (8 * i)));
    }
    void name(std::string_view text) {
        number(text.size(), 4);
        bytes_.append(text);
    }
    void owners(std::span<const MemberIndex> owners) {
        if constexpr (std::endian::native == std::endian::little) {
            pass_on();
            XXH3_128bits_update(&state_, owners.data(), owners.size_bytes());
        } else {
            for (const MemberIndex owner : owners) number(owner, 2);
        }
    }
    [[nodiscard]] Digest digest() {
        pass_on();
        const XXH128_hash_t hash = XXH3_128bits_digest(&state_);
        return {hash.high64, hash.low64};
    }

private:
    void pass_on() {
        XXH3_128bits_update(&state_, bytes_.data(), bytes_.size());
        bytes_.clear();
    }

    XXH3_state_t state_;
    std::string bytes_;  // not hashed yet
};

}  // namespace

Digest digest_of(const std::vector<Member>& members, std::span<const MemberIndex> owners,
                 const Pins& pins, std::uint64_t seed) {
    Encoding encoding;
    encoding.name("ringcast ring 1");
    encoding.number(seed, 8);
    encoding.number(members.size(), 4);
    for (const Member& member : members) {
        encoding.name(member.id);
        encoding.number(member.weight, 4);
        encoding.name(member.zone);
    }
    encoding.number(owners.size(), 4);
    encoding.owners(owners);
    encoding.number(pins.size(), 4);
    for (const auto& [channel, member_id] : pins) {
        encoding.name(channel);
        encoding.name(member_id);
    }
    return encoding.digest();
}

std::string Digest::text() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(32, '0');
    for (std::size_t i = 0; i < 16; ++i) {
        text[i] = digits[(high >> (60 - 4 * i)) & 0xf];
        text[16 + i] = digits[(low >> (60 - 4 * i)) & 0xf];
    }
    return text;
}

}  // namespace ringcast::ring
