#pragma once

#include "ringcast/ring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

struct memcached_st;

namespace ringcast::bench {

inline constexpr unsigned points_per_member = 160;

/// The classic ring: random points of each member in a sorted map; the owner is the next one's.
class MapRing {
public:
    MapRing(const std::vector<ring::Member>& members, std::uint64_t seed);
    [[nodiscard]] ring::MemberIndex owner(std::string_view channel) const;
    [[nodiscard]] std::size_t points() const noexcept { return points_.size(); }

private:
    std::map<std::uint64_t, ring::MemberIndex> points_;
    std::uint64_t seed_;
};

/// libmemcached's ketama: MD5 of the key, then a binary search over 160 points a server. It aborts
/// beyond 100 servers.
class Ketama {
public:
    static constexpr std::size_t members_max = 100;

    /// Requires: not more than `members_max`.
    explicit Ketama(std::size_t members);
    ~Ketama();
    Ketama(const Ketama&) = delete;
    Ketama& operator=(const Ketama&) = delete;

    [[nodiscard]] std::uint32_t owner(std::string_view channel) const;

private:
    memcached_st* handle_;
};

/// The same for any number of members: libmemcached's MD5, and a continuum of our own.
class OwnKetama {
public:
    explicit OwnKetama(const std::vector<ring::Member>& members);
    [[nodiscard]] std::uint32_t owner(std::string_view channel) const;

private:
    struct Point {
        std::uint32_t at;
        std::uint32_t member;
    };
    std::vector<Point> points_;  // sorted
};

}  // namespace ringcast::bench
