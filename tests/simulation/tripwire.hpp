#pragma once

#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace ringcast::simulation {

/// Counts what a coordinator does to the world, znode writes and calls of nodes, and springs at a
/// given one, or at the next write of the view: before it is carried out or after. Where its
/// process is killed by it, nothing that it does in the rest of the same turn is carried out
/// either.
class Tripwire {
public:
    enum class Side { before, after };
    /// What is done: the view is the only znode that a coordinator writes again and again.
    enum class Act { view, other };

    /// Replaces the one set before. `spring` is called from inside the coordinator, so it must not
    /// destroy it; `kill` ends what it does.
    void set(std::uint64_t act, Side side, std::function<void()> spring) {
        left_ = act;
        side_ = side;
        spring_ = std::move(spring);
    }
    void set_at_view(Side side, std::function<void()> spring) {
        set(at_view, side, std::move(spring));
    }

    void kill() { dead_ = true; }
    void clear() { spring_ = nullptr; }

    /// Calls `carry_out`, and springs if it is the one.
    template <typename CarryOut>
    void pass(CarryOut carry_out, Act act = Act::other) {
        if (dead_) return;
        ++passed_;
        const bool now = spring_ && (left_ == at_view ? act == Act::view : --left_ == 0);
        const auto spring = now ? std::exchange(spring_, nullptr) : nullptr;
        if (now && side_ == Side::before) spring();
        if (!dead_) carry_out();
        if (now && side_ == Side::after) spring();
    }

    [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }

private:
    static constexpr std::uint64_t at_view = 0;

    std::uint64_t left_ = at_view;
    std::uint64_t passed_ = 0;
    Side side_ = Side::before;
    bool dead_ = false;
    std::function<void()> spring_;
};

/// The znodes as a coordinator sees them, with the wire between.
[[nodiscard]] std::unique_ptr<membership::Znodes> watched(membership::Znodes& real,
                                                          Tripwire& tripwire);

}  // namespace ringcast::simulation
