#include "rivals.hpp"

#include "ringcast/ring/hash.hpp"

#include <libmemcached/memcached.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ringcast::bench {

MapRing::MapRing(const std::vector<ring::Member>& members, std::uint64_t seed) : seed_(seed) {
    for (std::size_t i = 0; i < members.size(); ++i) {
        for (unsigned point = 0; point < points_per_member; ++point) {
            const std::string name = members[i].id + '-' + std::to_string(point);
            points_.emplace(ring::point(name, seed), static_cast<ring::MemberIndex>(i));
        }
    }
}

ring::MemberIndex MapRing::owner(std::string_view channel) const {
    const auto next = points_.lower_bound(ring::point(channel, seed_));
    return next == points_.end() ? points_.begin()->second : next->second;
}

Ketama::Ketama(std::size_t members) : handle_(memcached_create(nullptr)) {
    // The distribution is set last: before that each server added is cheap.
    bool fine = handle_ != nullptr;
    for (std::size_t i = 0; i < members && fine; ++i) {
        const std::string host =
            "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250 + 1);
        fine = memcached_server_add(handle_, host.c_str(), 6379) == MEMCACHED_SUCCESS;
    }
    fine = fine && memcached_behavior_set(handle_, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1) ==
                       MEMCACHED_SUCCESS;
    if (!fine) throw std::runtime_error("libmemcached refused to build its ketama continuum");
}

Ketama::~Ketama() {
    memcached_free(handle_);
}

std::uint32_t Ketama::owner(std::string_view channel) const {
    return memcached_generate_hash(handle_, channel.data(), channel.size());
}

namespace {

std::uint32_t md5(std::string_view text) {
    return memcached_generate_hash_value(text.data(), text.size(), MEMCACHED_HASH_MD5);
}

}  // namespace

OwnKetama::OwnKetama(const std::vector<ring::Member>& members) {
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        for (unsigned point = 0; point < points_per_member; ++point) {
            points_.push_back({md5(members[i].id + '-' + std::to_string(point)), i});
        }
    }
    std::sort(points_.begin(), points_.end(),
              [](const Point& a, const Point& b) { return a.at < b.at; });
}

std::uint32_t OwnKetama::owner(std::string_view channel) const {
    const auto next = std::lower_bound(
        points_.begin(), points_.end(), md5(channel),
        [](const Point& point, std::uint32_t wanted) { return point.at < wanted; });
    return next == points_.end() ? points_.front().member : next->member;
}

}  // namespace ringcast::bench
