#include "in_process_path.hpp"

#include <algorithm>

namespace ringcast::router {

void InProcessWire::send(Clock::duration latency, std::function<void()> arrive) {
    if (broken_) return;
    last_due_ = std::max(last_due_, scheduler_.now() + latency);
    under_way_.push_back({last_due_, std::move(arrive)});
    if (under_way_.size() == 1) wait();
}

void InProcessWire::wake() {
    if (!under_way_.empty()) wait();
}

void InProcessWire::cut() {
    broken_ = true;
    under_way_.clear();
    timer_.reset();
}

void InProcessWire::wait() {
    const auto delay = under_way_.front().due - scheduler_.now();
    auto look = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->hand_over();
    };
    if (delay <= Clock::duration::zero()) {
        scheduler_.post(std::move(look));
    } else {
        timer_ = scheduler_.after(delay, std::move(look));
    }
}

void InProcessWire::hand_over() {
    const auto now = scheduler_.now();
    while (!under_way_.empty() && under_way_.front().due <= now) {
        if (blocked_ && *blocked_) return;  // until it is woken
        const auto arrive = std::move(under_way_.front().arrive);
        under_way_.pop_front();
        arrive();
    }
    if (!under_way_.empty()) wait();
}

void InProcessPath::block(Way way, bool blocked) {
    Direction& affected = direction(way);
    *affected.blocked = blocked;
    if (blocked) return;
    std::erase_if(affected.wires, [](const auto& wire) { return wire.expired(); });
    for (const auto& wire : affected.wires) {
        if (const auto alive = wire.lock()) alive->wake();
    }
}

std::shared_ptr<InProcessWire> InProcessPath::lay(Way way, membership::Scheduler& node) {
    Direction& affected = direction(way);
    auto wire =
        std::make_shared<InProcessWire>(way == Way::to_node ? node : client_, affected.blocked);
    std::erase_if(affected.wires, [](const auto& old) { return old.expired(); });
    affected.wires.push_back(wire);
    return wire;
}

}  // namespace ringcast::router
