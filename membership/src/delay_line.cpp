#include "delay_line.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::membership {

void DelayLine::send(Clock::duration delay, Task arrive, Task lost) {
    auto due = scheduler_.now() + delay;
    if (!under_way_.empty()) due = std::max(due, under_way_.back().due);
    under_way_.push_back({due, std::move(arrive), std::move(lost)});
    if (under_way_.size() == 1) wait();
}

void DelayLine::wait() {
    timer_ = scheduler_.after(under_way_.front().due - scheduler_.now(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->hand_over(self->scheduler_.now());
    });
}

void DelayLine::hand_over(Clock::time_point until) {
    while (!under_way_.empty() && under_way_.front().due <= until) {
        const auto arrive = std::move(under_way_.front().arrive);
        under_way_.pop_front();
        arrive();
    }
    if (!under_way_.empty()) wait();
}

void DelayLine::hurry() {
    hand_over(Clock::time_point::max());
}

void DelayLine::lose() {
    timer_.reset();
    for (const Item& item : std::exchange(under_way_, {})) {
        if (item.lost) item.lost();
    }
}

}  // namespace ringcast::membership
