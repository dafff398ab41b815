#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::gateway {

/// What a session has yet to send: shared texts, bounded by their bytes. Those that are being
/// written count until `written`, for it is the client that has not taken them.
class OutgoingQueue {
public:
    using Text = std::shared_ptr<const std::string>;

    explicit OutgoingQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// False when the text does not fit: the client is too slow. A text larger than the whole bound
    /// fits into an empty queue.
    [[nodiscard]] bool push(Text text) {
        if (bytes_ != 0 && bytes_ + text->size() > bytes_max_) return false;
        bytes_ += text->size();
        waiting_.push_back(std::move(text));
        return true;
    }

    /// Takes the oldest texts, at most `count`, for one write.
    template <typename Container>
    void take(Container& batch, std::size_t count) {
        while (batch.size() < count && !empty()) {
            in_flight_ += waiting_[first_]->size();
            batch.push_back(std::move(waiting_[first_++]));
        }
        if (first_ * 2 >= waiting_.size()) {
            waiting_.erase(waiting_.begin(),
                           waiting_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
    }

    /// What was taken has been written.
    void written() {
        assert(bytes_ >= in_flight_);
        bytes_ -= std::exchange(in_flight_, 0);
    }

    /// Forgets what was not taken.
    void clear() {
        waiting_.clear();
        first_ = 0;
        bytes_ = in_flight_;
    }

    [[nodiscard]] bool empty() const noexcept { return first_ == waiting_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::size_t in_flight_ = 0;
    std::vector<Text> waiting_;  // from `first_` on: a deque would take a kilobyte when idle
    std::size_t first_ = 0;
};

}  // namespace ringcast::gateway
