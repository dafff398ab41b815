#pragma once

#include <functional>
#include <utility>

namespace ringcast::membership {

/// What was started, in the hands of whoever wants it: destroying the token undoes it (cancels the
/// call, ends the observation, withdraws the entry). An empty token is harmless.
class [[nodiscard]] Token {
public:
    Token() = default;
    explicit Token(std::function<void()> undo) : undo_(std::move(undo)) {}
    Token(Token&& other) noexcept : undo_(std::exchange(other.undo_, nullptr)) {}
    Token& operator=(Token&& other) noexcept {
        if (this != &other) {
            reset();
            undo_ = std::exchange(other.undo_, nullptr);
        }
        return *this;
    }
    ~Token() { reset(); }

    void reset() {
        if (auto undo = std::exchange(undo_, nullptr)) undo();
    }

private:
    std::function<void()> undo_;
};

}  // namespace ringcast::membership
