#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace ringcast::router {

/// The name of a channel as the key of a hash table, with its hash: a table that grows does not
/// look at the names again, which lie all over memory, and who looks into several tables hashes
/// once. The text belongs to somebody else.
struct ChannelKey {
    explicit ChannelKey(std::string_view name) noexcept
        : text(name), hash(std::hash<std::string_view>{}(name)) {}

    std::string_view text;
    std::size_t hash;

    friend bool operator==(const ChannelKey& a, const ChannelKey& b) noexcept {
        return a.hash == b.hash && a.text == b.text;
    }

    struct Hash {
        using is_avalanching = void;
        std::size_t operator()(const ChannelKey& key) const noexcept { return key.hash; }
    };
};

}  // namespace ringcast::router
