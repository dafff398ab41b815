#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringcast::membership {

/// The way every recipe goes about its work: it looks at the tree, takes one step towards what it
/// wants, and looks again. A round begins when there is a session and a reason (`wake`), makes its
/// calls one after the other, and ends with exactly one of `rest`, `again` and `retry`. Because
/// each round starts from what the tree holds, it does not matter which answer was lost or which
/// session died: nothing is remembered that is not read again.
///
///                 wake, or a session begins or returns
///     resting ------------------------------------------> round
///        ^  ^                                              | | |
///        |  +---------------------- rest ------------------+ | |
///        |                                       again ------+ |   (another round at once)
///        +--- retry: another round after a delay --------------+
///
/// Owned by a recipe through a shared pointer; answers find it through weak ones, so it may go at
/// any time. `retire` hands it over to the znodes instead: it goes on until it calls `finish`, for
/// the entries that must not stay behind when their owner leaves.
class Pursuit : public std::enable_shared_from_this<Pursuit> {
public:
    Pursuit(Znodes& znodes, Scheduler& scheduler) : znodes_(znodes), scheduler_(scheduler) {}
    virtual ~Pursuit() = default;
    Pursuit(const Pursuit&) = delete;
    Pursuit& operator=(const Pursuit&) = delete;

    /// Once, after it is held by a shared pointer.
    void begin();

    /// Something may have changed: a round is due. Never calls back from inside.
    void wake();

    /// The owner has gone: nothing is called any more.
    void stop();

    /// The owner has gone, and there is something left to do.
    void retire();

    /// Why the last round failed; none after one that did not.
    [[nodiscard]] std::error_code trouble() const { return trouble_; }

protected:
    /// Begins a round. It must lead to one of the four below, from this call or an answer to it.
    virtual void round() = 0;
    virtual void session_changed(const Session& /*session*/) {}

    void rest();
    void again();
    void retry(std::error_code why);
    void finish();

    [[nodiscard]] bool stopped() const { return stopped_; }
    [[nodiscard]] bool busy() const { return busy_; }
    [[nodiscard]] Znodes& znodes() const { return znodes_; }
    [[nodiscard]] Scheduler& scheduler() const { return scheduler_; }

    /// The handler as the znodes may keep it: it runs only while the pursuit goes on, and keeps it
    /// alive for the time of the call.
    template <typename Handler>
    auto guarded(Handler handler) {
        return
            [weak = weak_from_this(), handler = std::move(handler)](auto&&... arguments) mutable {
                if (const auto self = weak.lock(); self && !self->stopped()) {
                    handler(std::forward<decltype(arguments)>(arguments)...);
                }
            };
    }

    /// Makes a persistent znode with all that are missing above it; success too if it is there. The
    /// answer comes after every earlier write of anybody is visible to this client, because even a
    /// refused write passes through the leader: so it is also how to look after an unknown outcome.
    void make_path(std::string path, std::function<void(std::error_code)> done);

private:
    void start_round();

    Znodes& znodes_;
    Scheduler& scheduler_;
    Token observation_;
    Token keeper_;  // its observer owns this object once it is retired
    Token delay_;
    std::chrono::milliseconds delay_next_{0};
    bool busy_ = false;
    bool due_ = false;
    bool stopped_ = false;
    std::error_code trouble_;
};

/// Whether a watch is out for a certain read, so that reading again does not pile up watches.
class Arm {
public:
    struct Attempt {
        Znodes::Watch watch;  // empty when one is out already
        std::shared_ptr<bool> out;

        /// The read failed: no watch was set.
        void failed() const {
            if (watch_was_asked) *out = false;
        }
        bool watch_was_asked = false;
    };

    /// Requires: `then` is guarded.
    template <typename Then>
    Attempt set(Then then) {
        if (*out_) return {{}, out_, false};
        *out_ = true;
        return {[out = out_, then = std::move(then)]() mutable {
                    *out = false;
                    then();
                },
                out_, true};
    }

private:
    std::shared_ptr<bool> out_ = std::make_shared<bool>(false);
};

/// Whether trying the same again cannot help: the caller asked for something impossible.
[[nodiscard]] bool is_final(std::error_code error) noexcept;

/// Whether nobody knows what became of the call.
[[nodiscard]] inline bool is_unknown(std::error_code error) noexcept {
    return error == Errc::unknown_outcome;
}

}  // namespace ringcast::membership
