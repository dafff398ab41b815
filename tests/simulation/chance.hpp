#pragma once

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>

namespace ringcast::simulation {

/// Where everything random in a simulation comes from: the same seed and purpose give the same
/// numbers on every machine. Each purpose has a stream of its own, so that one more draw for one
/// does not change what happens to all others.
class Chance {
public:
    using Duration = std::chrono::nanoseconds;

    Chance(std::uint64_t seed, std::uint64_t purpose)
        : engine_(seed * 0x9e37'79b9'7f4a'7c15U + purpose * 0xbf58'476d'1ce4'e5b9U + 1) {}

    /// Requires: bound > 0.
    std::uint64_t below(std::uint64_t bound) {
        assert(bound > 0);
        return engine_() % bound;
    }
    bool one_in(std::uint64_t count) { return below(count) == 0; }
    bool percent(std::uint64_t share) { return below(100) < share; }

    /// Requires: from <= to.
    Duration between(Duration from, Duration to) {
        assert(from <= to);
        return from + Duration{below(static_cast<std::uint64_t>((to - from).count()) + 1)};
    }

    template <typename Container>
    auto& pick(Container& from) {
        return from[below(from.size())];
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace ringcast::simulation
