#include "placements.hpp"

#include "key_slot.hpp"
#include "ringcast/ring/hash.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

namespace ringcast::bench {
namespace {

/// Of each node there is before or after, what it weighs in one of the two; 0: it is not there.
std::vector<std::uint32_t> weights_of(const std::vector<ring::Member>& members, std::size_t nodes) {
    std::vector<std::uint32_t> weights(nodes, 0);
    for (std::size_t i = 0; i < members.size(); ++i) weights[i] = members[i].weight;
    return weights;
}

/// What gets `points_per_member` points: the average before the change.
double usual_weight(const Members& members) {
    double sum = 0;
    for (const ring::Member& member : members.before) sum += member.weight;
    return sum / static_cast<double>(members.before.size());
}

struct Quota {
    std::size_t floor = 0;
    std::size_t ceiling = 0;
};

std::vector<Quota> quotas(std::size_t units, const std::vector<std::uint32_t>& weights) {
    const std::uint64_t whole = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    std::vector<Quota> quotas;
    for (const std::uint64_t weight : weights) {
        quotas.push_back({units * weight / whole, (units * weight + whole - 1) / whole});
    }
    return quotas;
}

std::vector<std::size_t> counts_of(const std::vector<NodeIndex>& owners, std::size_t nodes) {
    std::vector<std::size_t> counts(nodes, 0);
    for (const NodeIndex owner : owners) ++counts[owner];
    return counts;
}

/// A point of the classic ring and whose it is.
using Point = std::pair<std::uint64_t, NodeIndex>;

std::vector<Point> points_of(const std::vector<ring::Member>& members, double usual,
                             std::uint64_t seed) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto count = std::max<std::size_t>(
            1, static_cast<std::size_t>(points_per_member * 1.0 * members[i].weight / usual));
        for (std::size_t point = 0; point < count; ++point) {
            const std::string name = members[i].id + '-' + std::to_string(point);
            points.emplace_back(ring::point(name, seed), static_cast<NodeIndex>(i));
        }
    }
    std::sort(points.begin(), points.end());
    return points;
}

NodeIndex next_owner(const std::vector<Point>& points, std::uint64_t at) {
    const auto next = std::lower_bound(points.begin(), points.end(), Point{at, 0});
    return next == points.end() ? points.front().second : next->second;
}

}  // namespace

std::string_view name_of(Scheme scheme) noexcept {
    switch (scheme) {
        case Scheme::ringcast:
            return "ringcast";
        case Scheme::modulo:
            return "modulo N";
        case Scheme::classic:
            return "classic ring, 160 points";
        case Scheme::slots:
            return "Redis Cluster slots";
    }
    return "?";
}

std::string_view name_of_units(Scheme scheme) noexcept {
    switch (scheme) {
        case Scheme::ringcast:
            return "arcs";
        case Scheme::modulo:
            return "remainders";
        case Scheme::classic:
            return "stretches";
        case Scheme::slots:
            return "slots";
    }
    return "?";
}

std::size_t Placement::units_moved() const noexcept {
    std::size_t moved = 0;
    for (std::size_t unit = 0; unit < before.size(); ++unit) moved += before[unit] != after[unit];
    return moved;
}

Rings rings_of(const Members& members, const Change& change, std::uint64_t seed) {
    const auto before = ring::Ring::genesis(members.before, seed);
    assert(before);
    const auto after = change.kind == Change::Kind::crash
                           ? before->without(members.before.back().id)
                           : ring::Ring::next(*before, members.after);
    assert(after);
    return {*before, *after};
}

Placements::Placements(const Members& members, const Change& change, std::uint64_t seed)
    : Placements(members, rings_of(members, change, seed)) {}

Placements::Placements(const Members& members, const Rings& rings) : seed_(rings.before.seed()) {
    place_arcs(members, rings);
    place_modulo(members);
    place_points(members);
    place_slots(members);
}

void Placements::place_arcs(const Members& members, const Rings& rings) {
    Placement& arcs = mutable_of(Scheme::ringcast);
    arcs.before = members.owners_in(rings.before);
    arcs.after = members.owners_in(rings.after);
    arcs.units_least = units_least(arcs.before, weights_of(members.after, members.nodes()));
}

/// A unit for each pair of remainders. Weights mean nothing to it: then nothing moves, and nothing
/// is balanced. When N stays the same, so does each channel's remainder: no channel has another
/// pair.
void Placements::place_modulo(const Members& members) {
    modulo_before_ = members.before.size();
    modulo_after_ = members.after.size();
    Placement& pairs = mutable_of(Scheme::modulo);
    for (std::size_t from = 0; from < modulo_before_; ++from) {
        for (std::size_t to = 0; to < modulo_after_; ++to) {
            pairs.before.push_back(static_cast<NodeIndex>(from));
            pairs.after.push_back(
                static_cast<NodeIndex>(modulo_before_ == modulo_after_ ? from : to));
        }
    }
}

/// A unit ends at each point of either ring, and belongs to the next point of each.
void Placements::place_points(const Members& members) {
    const double usual = usual_weight(members);
    const auto before = points_of(members.before, usual, seed_);
    const auto after = points_of(members.after, usual, seed_);
    for (const auto& [at, whose] : before) points_.push_back(at);
    for (const auto& [at, whose] : after) points_.push_back(at);
    std::sort(points_.begin(), points_.end());
    points_.erase(std::unique(points_.begin(), points_.end()), points_.end());

    Placement& stretches = mutable_of(Scheme::classic);
    for (const std::uint64_t at : points_) {
        stretches.before.push_back(next_owner(before, at));
        stretches.after.push_back(next_owner(after, at));
    }
    std::uint32_t next = 0;
    for (std::uint64_t bucket = 0; bucket < ring::arc_count; ++bucket) {
        while (next < points_.size() && points_[next] < bucket << 48U) ++next;
        buckets_.push_back(next);
    }
}

void Placements::place_slots(const Members& members) {
    Placement& slots = mutable_of(Scheme::slots);
    // As `redis-cli --cluster create` deals them, equal stretches in a row, and then weighed.
    const double each =
        static_cast<double>(slot_count) / static_cast<double>(members.before.size());
    for (std::size_t i = 0; i < members.before.size(); ++i) {
        const auto end = static_cast<std::size_t>(std::llround(each * static_cast<double>(i + 1)));
        slots.before.resize(end, static_cast<NodeIndex>(i));
    }
    slots.before = rebalanced(slots.before, weights_of(members.before, members.nodes()));
    const auto weights = weights_of(members.after, members.nodes());
    slots.after = rebalanced(slots.before, weights);
    slots.units_least = units_least(slots.before, weights);
}

std::uint32_t Placements::stretch_of(std::uint64_t point) const noexcept {
    std::uint32_t next = buckets_[point >> 48U];
    while (next < points_.size() && points_[next] < point) ++next;
    return next == points_.size() ? 0 : next;
}

std::array<std::uint32_t, schemes.size()> Placements::units_of(
    std::string_view channel) const noexcept {
    const std::uint64_t point = ring::point(channel, seed_);
    const std::uint64_t pair = point % modulo_before_ * modulo_after_ + point % modulo_after_;
    return {ring::arc_at(point), static_cast<std::uint32_t>(pair), stretch_of(point),
            key_slot(channel)};
}

std::size_t units_least(const std::vector<NodeIndex>& before,
                        const std::vector<std::uint32_t>& weights) {
    const auto have = counts_of(before, weights.size());
    const auto want = quotas(before.size(), weights);
    std::size_t give = 0;
    std::size_t take = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (have[i] > want[i].ceiling) give += have[i] - want[i].ceiling;
        if (have[i] < want[i].floor) take += want[i].floor - have[i];
    }
    return std::max(give, take);
}

std::vector<NodeIndex> rebalanced(const std::vector<NodeIndex>& before,
                                  const std::vector<std::uint32_t>& weights) {
    const auto have = counts_of(before, weights.size());
    const auto want = quotas(before.size(), weights);
    // Everybody gets the floor; one more goes to those that have it already, then to whoever may.
    std::vector<std::size_t> target;
    std::size_t left = before.size();
    for (const Quota& quota : want) {
        target.push_back(quota.floor);
        left -= quota.floor;
    }
    for (const bool has_it : {true, false}) {
        for (std::size_t i = 0; i < weights.size() && left > 0; ++i) {
            if (target[i] == want[i].ceiling || (have[i] > target[i]) != has_it) continue;
            ++target[i];
            --left;
        }
    }
    assert(left == 0);

    std::vector<NodeIndex> after = before;
    auto counts = have;
    std::size_t taker = 0;
    for (NodeIndex& owner : after) {
        if (counts[owner] <= target[owner]) continue;
        while (counts[taker] >= target[taker]) ++taker;
        --counts[owner];
        ++counts[taker];
        owner = static_cast<NodeIndex>(taker);
    }
    return after;
}

}  // namespace ringcast::bench
