#pragma once

#include "ringcast/membership/znodes.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

    /// Called whenever it writes to history, before that is carried out.
    void on_append(std::function<void()> told) { at_append_ = std::move(told); }
    void appends() const { at_append_(); }

    // A request that is being taken from the queue, as the coordinator hears of it.
    void finishes(std::string request) {
        finishing_ = std::move(request);
        told_without_ = false;
    }
    void hears_of(const std::vector<std::string>& requests) {
        if (finishing_.empty() || requests.empty()) return;
        told_without_ = std::ranges::find(requests, finishing_) == requests.end();
    }
    void has_finished() {
        if (!std::exchange(finishing_, {}).empty() && told_without_) ++finished_late_;
    }
    /// Times that it had heard of a queue without the request, and with others, before that.
    [[nodiscard]] std::uint64_t finished_late() const noexcept { return finished_late_; }

private:
    static constexpr std::uint64_t at_view = 0;

    std::uint64_t left_ = at_view;
    std::uint64_t passed_ = 0;
    Side side_ = Side::before;
    bool dead_ = false;
    std::function<void()> spring_;
    std::function<void()> at_append_;
    std::string finishing_;
    bool told_without_ = false;
    std::uint64_t finished_late_ = 0;
};

/// The znodes as a coordinator sees them, with the wire between.
[[nodiscard]] std::unique_ptr<membership::Znodes> watched(membership::Znodes& real,
                                                          Tripwire& tripwire);

}  // namespace ringcast::simulation
