#include "fake_router.hpp"

#include <cassert>

namespace ringcast::test {

using router::Delivery;
using router::ListenerId;

ListenerId FakeRouter::attach(router::Listener& listener) {
    listeners_.push_back(&listener);
    return static_cast<ListenerId>(listeners_.size() - 1);
}

void FakeRouter::subscribe(ListenerId listener, std::string channel, Handler confirmed) {
    ++subscribes_;
    const std::uint64_t number = ++last_number_;
    const bool fresh = places_[channel].emplace(listener, Place{number}).second;
    assert(fresh && "a listener subscribes to a channel once");
    (void)fresh;
    auto task = [this, listener, channel, number, done = std::move(confirmed)] {
        confirm(listener, channel, number, done);
    };
    if (holds_confirmations_) {
        held_confirmations_.push_back(std::move(task));
    } else {
        scheduler_.post(std::move(task));
    }
}

void FakeRouter::confirm(ListenerId listener, const std::string& channel, std::uint64_t number,
                         const Handler& confirmed) {
    const auto found = places_.find(channel);
    if (found == places_.end()) return;
    const auto place = found->second.find(listener);
    if (place == found->second.end() || place->second.number != number) return;  // left since
    if (subscribe_failure_) {
        found->second.erase(place);
        confirmed(make_error_code(*subscribe_failure_));
        return;
    }
    place->second.confirmed = true;
    confirmed({});
}

void FakeRouter::unsubscribe(ListenerId listener, std::string_view channel) {
    ++unsubscribes_;
    const auto found = places_.find(channel);
    if (found != places_.end()) found->second.erase(listener);  // it may have failed meanwhile
}

void FakeRouter::publish(std::string channel, std::string payload, Handler answered) {
    if (publish_failure_) {
        scheduler_.post([done = std::move(answered), failure = *publish_failure_] {
            done(make_error_code(failure));
        });
        return;
    }
    publish_elsewhere(channel, payload);
    auto task = [done = std::move(answered)] { done({}); };
    if (holds_answers_) {
        held_answers_.push_back(std::move(task));
    } else {
        scheduler_.post(std::move(task));
    }
}

void FakeRouter::publish_elsewhere(const std::string& channel, const std::string& payload) {
    published_.emplace_back(channel, payload);
    deliver(channel, Delivery::Kind::message,
            std::make_shared<const std::string>(encode_(channel, payload)));
}

void FakeRouter::lose(const std::string& channel) {
    deliver(channel, Delivery::Kind::gap, nullptr);
}

void FakeRouter::deliver(const std::string& channel, Delivery::Kind kind, router::SharedText text) {
    const auto found = places_.find(channel);
    if (found == places_.end()) return;
    const auto name = std::make_shared<const std::string>(channel);
    for (const auto& [listener, place] : found->second) {
        if (place.confirmed) outbox_[listener].push_back({kind, name, text});
    }
    if (std::exchange(flush_posted_, true)) return;
    scheduler_.post([this] {
        flush_posted_ = false;
        flush();
    });
}

void FakeRouter::flush() {
    for (const auto& [listener, deliveries] : std::exchange(outbox_, {})) {
        listeners_[listener]->deliver(deliveries);
    }
}

void FakeRouter::release_confirmations() {
    holds_confirmations_ = false;
    for (auto& task : std::exchange(held_confirmations_, {})) task();
}

void FakeRouter::release_answers() {
    holds_answers_ = false;
    for (auto& task : std::exchange(held_answers_, {})) task();
}

void FakeRouter::recover() {
    subscribe_failure_.reset();
    publish_failure_.reset();
}

std::size_t FakeRouter::listeners_on(const std::string& channel) const {
    const auto found = places_.find(channel);
    return found == places_.end() ? 0 : found->second.size();
}

}  // namespace ringcast::test
