#pragma once

#include "rare.hpp"
#include "ringcast/membership/znodes.hpp"
#include "ringcast/router/view.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::simulation {

/// Counts what a coordinator does to the world, znode writes and calls of nodes, and springs at a
/// given one, or at the next write of the view: before it is carried out or after. Where its
/// process is killed by it, nothing that it does in the rest of the same turn is carried out
/// either.
class Tripwire {
public:
    using Side = simulation::Side;

    /// Where it is told what a step is: of a write of the view by what is written, against which
    /// version (nothing: there is to be none), of a fence by where it stands. And who is told of
    /// each, just before it is carried out and after.
    struct Observer {
        std::function<Step(std::string_view, std::optional<std::int32_t>)> of_view;
        std::function<Step(const router::Address&, router::ViewNumber)> of_fence;
        std::function<void(Step, Side)> passes;
        std::function<void(std::string_view)> appends;  // to history, before that is carried out
    };
    void observe(Observer observer) { observer_ = std::move(observer); }
    [[nodiscard]] Step step_of_view(std::string_view record,
                                    std::optional<std::int32_t> version) const {
        return observer_.of_view(record, version);
    }
    [[nodiscard]] Step step_of_fence(const router::Address& node, router::ViewNumber at) const {
        return observer_.of_fence(node, at);
    }

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
    void pass(Step step, CarryOut carry_out, bool writes_view = false) {
        if (dead_) return;
        ++passed_;
        const bool now = spring_ && (left_ == at_view ? writes_view : --left_ == 0);
        const auto spring = now ? std::exchange(spring_, nullptr) : nullptr;
        come_to(step, Side::before);
        if (now && side_ == Side::before) spring();
        if (!dead_) carry_out();
        come_to(step, Side::after);
        if (now && side_ == Side::after) spring();
    }

    /// What it is about to do, or has just done.
    [[nodiscard]] Step step() const noexcept { return step_; }
    [[nodiscard]] Side side_of_step() const noexcept { return side_of_step_; }

    [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }

    void appends(std::string_view entry) const { observer_.appends(entry); }

    // Its session, as the coordinator hears of it.
    void hears_of(const membership::Session& session) {
        interruptions_ += session.state == membership::SessionState::connected ? 0 : 1;
    }
    /// Grows with each: who led until then does so no longer, or begins anew.
    [[nodiscard]] std::uint64_t interruptions() const noexcept { return interruptions_; }

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

    void come_to(Step step, Side side) {
        if (dead_) return;
        step_ = step;
        side_of_step_ = side;
        observer_.passes(step, side);
    }

    std::uint64_t left_ = at_view;
    std::uint64_t passed_ = 0;
    std::uint64_t interruptions_ = 0;
    Side side_ = Side::before;
    bool dead_ = false;
    std::function<void()> spring_;
    Observer observer_;
    Step step_ = Step::other;
    Side side_of_step_ = Side::before;
    std::string finishing_;
    bool told_without_ = false;
    std::uint64_t finished_late_ = 0;
};

/// The znodes as a coordinator sees them, with the wire between.
[[nodiscard]] std::unique_ptr<membership::Znodes> watched(membership::Znodes& real,
                                                          Tripwire& tripwire);

}  // namespace ringcast::simulation
